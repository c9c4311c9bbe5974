//! Answers of servers, against what a contract expects.
#![allow(missing_docs)]

use std::time::Duration;

use contract::{Case, Options, ServerAnswer, judge, read};
use cors::{Answer, Exchange, Headers, Hop};

fn case(request: &str) -> Case {
    let text = format!(
        "[[request]]\norigin = \"https://app.test\"\nurl = \"https://api.test/x\"\n{request}"
    );
    let mut contract = read(&text, &Options::default());
    assert_eq!(contract.problems, []);
    contract.cases.remove(0)
}

fn answer(status: u16, lines: &str) -> Answer {
    let headers: Headers = lines
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .collect();
    Answer { status, headers }
}

fn seen(case: &Case, preflight: Option<Answer>, response: Option<Answer>) -> ServerAnswer {
    ServerAnswer {
        preflight_took: preflight.as_ref().map(|_| Duration::from_millis(250)),
        exchange: Exchange {
            request: case.request.clone(),
            hops: vec![Hop {
                url: case.request.url().to_string(),
                preflight,
                response,
            }],
        },
    }
}

fn check(request: &str, preflight: Option<Answer>, response: Option<Answer>, expected: &[&str]) {
    let case = case(request);
    let findings = judge(&case, &seen(&case, preflight, response));
    let ids: Vec<&str> = findings.iter().map(|finding| finding.rule.id).collect();
    assert_eq!(ids, expected, "{request}\n{findings:#?}");
    assert!(findings.iter().all(|finding| !finding.evidence.is_empty()));
}

const GOOD: &str = "access-control-allow-origin: https://app.test\nvary: Accept, origin";
const PERMIT: &str = "access-control-allow-origin: *\naccess-control-allow-methods: PUT\naccess-control-max-age: 600";

#[test]
fn a_response_is_held_against_each_expectation() {
    let good = || Some(answer(200, &format!("{GOOD}\nx-total-count: 3")));
    check("", None, good(), &[]);
    check("", None, Some(answer(200, "")), &["contract-blocked"]);
    check("expect = { vary = [\"Origin\"] }", None, good(), &[]);
    check(
        "expect = { vary = [\"X-Tenant\"] }",
        None,
        good(),
        &["contract-vary"],
    );
    check("expect = { status = [201, \"2xx\"] }", None, good(), &[]);
    check(
        "expect = { status = 201 }",
        None,
        good(),
        &["contract-status"],
    );
    check(
        "expect = { readable = [\"X-Total-Count\"] }",
        None,
        good(),
        &["contract-unreadable-header"],
    );
    check(
        "expect = { readable = [\"Cache-Control\"] }",
        None,
        good(),
        &["contract-unreadable-header"],
    );
    let exposed = answer(
        200,
        &format!("{GOOD}\nx-total-count: 3\naccess-control-expose-headers: x-total-count"),
    );
    check(
        "expect = { readable = [\"X-Total-Count\"] }",
        None,
        Some(exposed),
        &[],
    );
    check(
        "expect = { preflight = true }",
        None,
        good(),
        &["contract-preflight"],
    );
}

#[test]
fn with_credentials_a_wildcard_exposes_nothing() {
    let lines = format!(
        "{GOOD}\naccess-control-allow-credentials: true\naccess-control-expose-headers: *\nx-a: 1"
    );
    let request = "credentials = \"include\"\nexpect = { readable = [\"x-a\"] }";
    check(
        request,
        None,
        Some(answer(200, &lines)),
        &["contract-unreadable-header"],
    );
    let omit = request.replace("include", "omit");
    check(&omit, None, Some(answer(200, &lines)), &[]);
}

#[test]
fn a_request_that_must_be_blocked_has_to_be_and_for_the_reason_given() {
    let wrong = || {
        Some(answer(
            200,
            "access-control-allow-origin: https://other.test",
        ))
    };
    let blocked = "expect = { verdict = \"blocked\" }";
    check(blocked, None, wrong(), &[]);
    check(
        blocked,
        None,
        Some(answer(200, GOOD)),
        &["contract-allowed"],
    );
    let mismatch = "expect = { error = \"AllowOriginMismatch\" }";
    check(mismatch, None, wrong(), &[]);
    check(
        mismatch,
        None,
        Some(answer(200, "")),
        &["contract-other-reason"],
    );
}

#[test]
fn a_preflight_alone_decides_where_nothing_may_be_sent() {
    let put = "method = \"PUT\"\n";
    check(put, Some(answer(204, PERMIT)), None, &[]);
    check(put, Some(answer(404, PERMIT)), None, &["contract-blocked"]);
    check(
        &format!("{put}expect = {{ verdict = \"blocked\" }}"),
        Some(answer(204, PERMIT)),
        None,
        &["contract-allowed"],
    );
    for (bounds, expected) in [
        ("max_age = { min = \"10m\", max = \"10m\" }", &[][..]),
        ("max_age = { min = \"11m\" }", &["contract-max-age"]),
        ("max_age = { max = \"9m\" }", &["contract-max-age"]),
        ("preflight_within = \"250ms\"", &[]),
        ("preflight_within = \"249ms\"", &["contract-slow-preflight"]),
        ("preflight = false", &["contract-preflight"]),
    ] {
        let request = format!("{put}expect = {{ {bounds} }}");
        check(&request, Some(answer(204, PERMIT)), None, expected);
    }
    let silent = answer(
        204,
        "access-control-allow-origin: *\naccess-control-allow-methods: PUT",
    );
    check(
        &format!("{put}expect = {{ max_age = {{ min = \"6s\" }} }}"),
        Some(silent),
        None,
        &["contract-max-age"],
    );
}

#[test]
fn the_finding_names_rule_header_and_fix() {
    let case = case("credentials = \"include\"");
    let findings = judge(
        &case,
        &seen(
            &case,
            None,
            Some(answer(200, "access-control-allow-origin: *")),
        ),
    );
    assert!(
        findings[0]
            .message
            .starts_with("blocked: WildcardOriginNotAllowed. GET https://api.test/x")
    );
    assert!(findings[0].fix[0].starts_with("access-control-allow-origin: https://app.test"));
    assert_eq!(
        findings[0].evidence,
        [
            "response https://api.test/x -> 200",
            "  access-control-allow-origin: `*`"
        ]
    );
}
