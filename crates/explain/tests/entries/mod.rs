//! Entries of HAR files, and what becomes of them.

use explain::har::{self, HarReport};
use serde_json::{Value, json};

pub(crate) const ORIGIN: &str = "Origin: https://app.test";
pub(crate) const STAR: &str = "Access-Control-Allow-Origin: *";
pub(crate) const GET: &str = "GET https://api.test/x";
pub(crate) const FETCH: &str = "fetch";

/// Header lines as HAR writes them, from `name: value`.
pub(crate) fn headers(lines: &[&str]) -> Vec<Value> {
    lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// An entry: `METHOD URL`, request headers, status, response headers, further members.
pub(crate) fn entry(asked: &str, sent: &[&str], status: Value, got: &[&str], more: Value) -> Value {
    let (method, url) = asked.split_once(' ').expect("METHOD URL");
    let mut entry = json!({
        "request": {"method": method, "url": url, "headers": headers(sent)},
        "response": {"status": status, "headers": headers(got)},
    });
    merge(&mut entry, more);
    entry
}

pub(crate) fn merge(into: &mut Value, more: Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (name, value) in more {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more,
    }
}

pub(crate) fn report(log: Value) -> HarReport {
    har::explain(json!({ "log": log }).to_string().as_bytes()).expect("a HAR file")
}

/// Each request as `entry outcome error-or-reason`.
pub(crate) fn shown(report: &HarReport) -> Vec<String> {
    let one = |request: &har::HarRequest| {
        let why = match (request.verdict.judgement.error, request.verdict.reason) {
            (Some(error), _) => error.as_str(),
            (None, Some(reason)) => reason.as_str(),
            (None, None) => "",
        };
        let outcome = serde_json::to_value(request.outcome).expect("a word");
        let text = format!(
            "{} {} {why}",
            request.entry,
            outcome.as_str().expect("a word")
        );
        text.trim_end().to_owned()
    };
    report.requests.iter().map(one).collect()
}

pub(crate) fn check(what: &str, entries: &[Value], expected: &[&str]) -> HarReport {
    let report = report(json!({"version": "1.2", "entries": entries}));
    assert_eq!(shown(&report), expected, "{what}");
    assert_eq!(report.bad_entries, [], "{what}");
    report
}
