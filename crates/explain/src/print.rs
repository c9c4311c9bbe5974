//! Verdicts on paper: JSON for programs, text for people.

use std::io;

use cors::{CorsError, Exchange, Ruling, Stage};
use serde_json::{Value, json};

use crate::fix::{FixTarget, Platform, Policy, snippet};
use crate::har::{HarReport, HarRequest};
use crate::verdict::Verdict;
use crate::wire::ByEngine;

/// A verdict as a JSON object, with the members of the lines that `corswatch explain --jsonl` writes.
#[must_use]
pub fn verdict_json(verdict: &Verdict) -> Value {
    let judgement = &verdict.judgement;
    let mut value = json!({
        "verdict": judgement.ruling.as_str(),
        "stage": judgement.stage.map(Stage::as_str),
        "error": judgement.error.map(CorsError::as_str),
        "parameter": judgement.parameter_text(),
        "hop": judgement.hop,
        "preflight_sent": judgement.preflight_sent,
        "explanation": verdict.explanation,
        "fix": verdict.fix,
        "reason": verdict.reason,
        "caveats": verdict.caveats,
    });
    if !verdict.by_engine.is_empty() {
        value["by_engine"] = json!(ByEngine(verdict.by_engine.clone()));
    }
    value
}

/// The same with `snippet`: the configuration that mends it at `platform`, null where none does.
#[must_use]
pub fn verdict_json_for(exchange: &Exchange, verdict: &Verdict, platform: Platform) -> Value {
    let mut value = verdict_json(verdict);
    let policy = Policy::of(exchange, &verdict.judgement);
    value["snippet"] = json!(configuration(verdict, policy.as_ref(), platform));
    value
}

/// What stands in the configuration of `platform` afterwards, where a server is to be changed.
fn configuration(verdict: &Verdict, policy: Option<&Policy>, platform: Platform) -> Option<String> {
    let is_of_server = verdict.fix.iter().any(|fix| fix.on != FixTarget::Page);
    policy
        .filter(|_| is_of_server)
        .map(|policy| snippet(platform, policy))
}

/// The verdict on an exchange in words, with the configuration that mends it where that is asked for.
///
/// # Errors
/// Those of the writer.
pub fn text(
    exchange: &Exchange,
    verdict: &Verdict,
    fix_for: Option<Platform>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    let policy = Policy::of(exchange, &verdict.judgement);
    verdict_text(verdict, policy.as_ref(), fix_for, output)
}

fn verdict_text(
    verdict: &Verdict,
    policy: Option<&Policy>,
    fix_for: Option<Platform>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    write!(output, "  {verdict}")?;
    let is_of_server = verdict.fix.iter().any(|fix| fix.on != FixTarget::Page);
    let (Some(platform), true) = (fix_for, is_of_server) else {
        return Ok(());
    };
    let Some(policy) = policy else {
        return writeln!(
            output,
            "  no configuration to copy: the origin is `null`, which every sandboxed page has"
        );
    };
    writeln!(output, "  {}:\n", platform.as_str())?;
    // Without an indent: what is copied has to be right as it is, also for Python.
    writeln!(output, "{}", snippet(platform, policy))
}

/// A HAR file's report as JSON: an object a line for each cross-origin request, then one for each
/// entry that cannot be read, and at the end one that counts them. With a platform each request has
/// its `snippet` as in [`verdict_json_for`].
///
/// # Errors
/// Those of the writer.
pub fn har_json(
    report: &HarReport,
    fix_for: Option<Platform>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    for request in &report.requests {
        let mut value = request_json(request);
        if let Some(platform) = fix_for {
            let policy = request.policy.as_ref();
            value["snippet"] = json!(configuration(&request.verdict, policy, platform));
        }
        writeln!(output, "{value}")?;
    }
    for bad in &report.bad_entries {
        let line = json!({"entry": bad.entry, "line": bad.line, "error_text": bad.reason});
        writeln!(output, "{line}")?;
    }
    let end = json!({
        "left_out": report.left_out,
        "bad_entries": report.bad_entries.len(),
        "summary": report.summary(),
    });
    writeln!(output, "{end}")
}

fn request_json(request: &HarRequest) -> Value {
    let mut value = json!({
        "entry": request.entry,
        "line": request.line,
        "entries": request.entries,
        "method": request.method,
        "url": request.url,
        "page_origin": request.page_origin,
        "page_origin_from": request.page_source,
        "outcome": request.outcome,
        "likely_credentialed": request.likely_credentialed,
    });
    if let (Value::Object(members), Value::Object(verdict)) =
        (&mut value, verdict_json(&request.verdict))
    {
        members.extend(verdict);
    }
    value
}

/// A HAR file's report in words: every request that the page got no response of, every entry that
/// cannot be read, and the count of all.
///
/// # Errors
/// Those of the writer.
pub fn har_text(
    report: &HarReport,
    fix_for: Option<Platform>,
    output: &mut impl io::Write,
) -> io::Result<()> {
    let passed = |request: &HarRequest| request.verdict.judgement.ruling == Ruling::Allowed;
    for request in report.requests.iter().filter(|request| !passed(request)) {
        let HarRequest {
            entry,
            line,
            method,
            url,
            verdict,
            policy,
            ..
        } = request;
        let page = request.page_origin.as_deref().unwrap_or("an unknown page");
        writeln!(
            output,
            "entry {entry} (line {line}): {method} {url} from {page}"
        )?;
        verdict_text(verdict, policy.as_ref(), fix_for, output)?;
    }
    for bad in &report.bad_entries {
        let (entry, line, reason) = (bad.entry, bad.line, &bad.reason);
        writeln!(
            output,
            "entry {entry} (line {line}): cannot be read: {reason}"
        )?;
    }
    let summary = report.summary();
    writeln!(
        output,
        "{} cross-origin requests: {} allowed, {} blocked, {} failed for another reason, {} of which the file does not tell",
        summary.cross_origin, summary.allowed, summary.blocked, summary.other, summary.untold
    )?;
    let left = &report.left_out;
    writeln!(
        output,
        "CORS has no part in: {} of the page's own origin, {} documents, {} of other schemes, {} that name no page and were sent without Origin",
        left.same_origin, left.navigations, left.other_schemes, left.no_page
    )
}
