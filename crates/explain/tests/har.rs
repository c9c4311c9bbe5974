//! HAR files of every tool: each cross-origin request ends in exactly one outcome.
#![allow(missing_docs)]

use explain::har::{self, HarReport, Outcome};

fn report(file: &str) -> HarReport {
    let path = format!("{}/tests/reports/{file}", env!("CARGO_MANIFEST_DIR"));
    har::explain(&std::fs::read(path).expect("a file of the tests")).expect("a HAR file")
}

/// Each request as `entry outcome error-or-reason parameter`.
fn shown(report: &HarReport) -> Vec<String> {
    let one = |request: &har::HarRequest| {
        let judgement = &request.verdict.judgement;
        let outcome = match request.outcome {
            Outcome::Allowed => "allowed",
            Outcome::Blocked => "blocked",
            Outcome::Other => "other",
            Outcome::Untold => "untold",
        };
        let why = match (judgement.error, request.verdict.reason) {
            (Some(error), _) => error.as_str(),
            (None, Some(reason)) => reason.as_str(),
            (None, None) => "",
        };
        let parameter = judgement.parameter_text().unwrap_or_default();
        let text = format!("{} {outcome} {why} {parameter}", request.entry);
        text.trim_end().to_owned()
    };
    report.requests.iter().map(one).collect()
}

const HAR: &str = r#"{"log":{"version":"1.2","entries":[
 {"request":{"method":"PUT","url":"https://api.test/a","headers":[{"name":"Origin","value":"https://app.test"},{"name":"x-custom","value":"1"},{"name":"User-Agent","value":"x"}]},"response":{"status":0,"headers":[]},"_resourceType":"fetch"},
 {"request":{"method":"OPTIONS","url":"https://api.test/a","headers":[{"name":"Origin","value":"https://app.test"},{"name":"Access-Control-Request-Method","value":"PUT"},{"name":"Access-Control-Request-Headers","value":"x-custom"}]},"response":{"status":405,"headers":[{"name":"Allow","value":"GET"}]},"_resourceType":"preflight"},
 {"request":{"url":"https://api.test/broken"},"response":{"status":200}},
 {"request":{"method":"GET","url":"https://api.test/r","headers":[{"name":":authority","value":"api.test"},{"name":"origin","value":"https://app.test"},{"name":"cookie","value":"a=b"}]},"response":{"status":302,"headers":[{"name":"location","value":"/final"},{"name":"access-control-allow-origin","value":"https://app.test"},{"name":"access-control-allow-credentials","value":"true"}]}},
 {"request":{"method":"GET","url":"https://api.test/final","headers":[{"name":"origin","value":"https://app.test"},{"name":"cookie","value":"a=b"}]},"response":{"status":200,"headers":[{"name":"access-control-allow-origin","value":"*"}]}},
 {"request":{"method":"GET","url":"https://api.test/good","headers":[{"name":"origin","value":"https://app.test"}]},"response":{"status":200,"headers":[{"name":"access-control-allow-origin","value":"*"}]}},
 {"request":{"method":"POST","url":"https://api.test/cached","headers":[{"name":"origin","value":"https://app.test"},{"name":"content-type","value":"application/json"}]},"response":{"status":500,"headers":[]}},
 {"request":{"method":"POST","url":"https://app.test/own","headers":[{"name":"origin","value":"https://app.test"}]},"response":{"status":200,"headers":[]}},
 {"request":{"method":"GET","url":"https://cdn.test/image.png","headers":[]},"response":{"status":200,"headers":[]}}
]}}"#;

#[test]
fn a_har_file_lists_the_requests_with_their_outcome() {
    let report = har::explain(HAR.as_bytes()).expect("a HAR file");
    assert_eq!(
        shown(&report),
        [
            "0 blocked PreflightMissingAllowOriginHeader",
            "3 blocked WildcardOriginNotAllowed",
            "5 allowed",
            "6 blocked MissingAllowOriginHeader",
        ]
    );
    assert_eq!(report.requests[1].verdict.judgement.hop, 1);
    assert_eq!(report.requests[1].entries, [3, 4]);
    let bad: Vec<_> = report.bad_entries.iter().map(|bad| bad.entry).collect();
    assert_eq!(bad, [2]);
    let blocked = |request: &&har::HarRequest| request.outcome == Outcome::Blocked;
    assert!(
        report
            .requests
            .iter()
            .filter(blocked)
            .all(|request| !request.verdict.fix.is_empty())
    );
    assert!(har::explain(b"{}").is_err());
}

fn check(file: &str, expected: &[&str]) -> HarReport {
    let report = report(file);
    assert_eq!(shown(&report), expected, "{file}");
    assert_eq!(report.bad_entries, [], "{file}");
    let summary = report.summary();
    let sum = summary.allowed + summary.blocked + summary.other + summary.untold;
    assert_eq!(summary.cross_origin, sum, "{file}");
    report
}

#[test]
fn requests_that_failed_at_their_preflight_are_not_lost() {
    let report = check(
        "23-chrome-failed-preflights.har",
        &[
            "1 blocked PreflightMissingAllowOriginHeader",
            "2 blocked PreflightDisallowedRedirect",
            "4 blocked MissingAllowOriginHeader",
            "6 blocked HeaderDisallowedByPreflightResponse x-tenant",
            "8 blocked MissingAllowOriginHeader",
        ],
    );
    assert_eq!(report.summary().blocked, 5);
}

#[test]
fn a_request_belongs_to_the_preflight_nearest_to_it() {
    check(
        "25-before-and-after.har",
        &[
            "0 blocked HeaderDisallowedByPreflightResponse x-tenant",
            "2 allowed",
        ],
    );
}

#[test]
fn a_byte_order_mark_is_fine() {
    check(
        "27-fiddler-bom.har",
        &["0 blocked MissingAllowOriginHeader"],
    );
}

#[test]
fn an_answer_out_of_a_cache_is_called_so() {
    let report = check(
        "31-cached-without-acao.har",
        &["0 blocked MissingAllowOriginHeader"],
    );
    let verdict = &report.requests[0].verdict;
    let caveats = verdict.caveats.join("\n");
    for sign in [
        "Hit from cloudfront",
        "age: 583098",
        "disk cache",
        "without Origin",
    ] {
        assert!(caveats.contains(sign), "{sign}: {caveats}");
    }
    assert!(
        verdict
            .fix
            .iter()
            .any(|fix| fix.header() == Some("vary")
                && fix.value() == Some("Accept-Encoding, Origin"))
    );
}

#[test]
fn a_test_tool_that_keeps_no_blocked_answers_is_not_believed_to_tell_why() {
    check(
        "playwright.har",
        &[
            "1 untold unknown",
            "2 allowed",
            "3 untold unknown",
            "4 allowed",
            "5 untold unknown",
            "6 untold unknown",
            "7 allowed",
            "9 other network",
            "10 allowed",
            "11 allowed",
            "12 other network",
            "13 other network",
            "14 allowed",
        ],
    );
}

#[test]
fn what_an_export_leaves_out_is_inferred() {
    let report = check(
        "33-chrome-sanitized.har",
        &[
            "0 blocked WildcardOriginNotAllowed",
            "1 blocked HeaderDisallowedByPreflightResponse authorization",
        ],
    );
    assert!(report.requests[0].likely_credentialed && !report.requests[1].likely_credentialed);
}
