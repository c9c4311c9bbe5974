//! The habits of the tools that write HAR files.
#![allow(missing_docs)]

mod entries;

use entries::{FETCH, GET, ORIGIN, STAR, check, entry, merge, report, shown};
use explain::har::{self, Outcome};
use serde_json::{Value, json};

const PAGE: &str = "https://app.test";

type Failure = (&'static str, Value, Value, &'static str);

/// Tool, status, members of the entry, and what becomes of it.
fn failures_of_browsers() -> Vec<Failure> {
    vec![
        (
            "Chromium",
            json!(0),
            json!({"response": {"_error": "net::ERR_CONNECTION_REFUSED"}}),
            "0 other network",
        ),
        (
            "Chromium, an extension",
            json!(0),
            json!({"response": {"_error": "net::ERR_BLOCKED_BY_CLIENT.Inspector"}}),
            "0 other client_blocked",
        ),
        (
            "Chromium, local network",
            json!(0),
            json!({"response": {"_error": "net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"}}),
            "0 other local_network",
        ),
        (
            "Chromium, nothing sent",
            json!(0),
            json!({"response": {"_error": ""}}),
            "0 untold unknown",
        ),
        (
            "Chromium, CSP",
            json!(0),
            json!({"response": {"_error": "net::ERR_BLOCKED_BY_CSP"}}),
            "0 other csp",
        ),
        (
            "Safari",
            json!(0),
            json!({"response": {"_error": "Origin https://app.test is not allowed by Access-Control-Allow-Origin. Status code: 200"}}),
            "0 blocked cors",
        ),
        ("Firefox", json!(0), json!({}), "0 untold unknown"),
        ("Charles", Value::Null, json!({}), "0 untold unknown"),
    ]
}

fn failures_of_tools() -> Vec<Failure> {
    vec![
        (
            "Playwright",
            json!(-1),
            json!({"response": {"_failureText": "net::ERR_NAME_NOT_RESOLVED"}}),
            "0 other network",
        ),
        (
            "Playwright, Firefox",
            json!(-1),
            json!({"response": {"_failureText": "NS_ERROR_CONNECTION_REFUSED"}}),
            "0 other network",
        ),
        (
            "a recorder for Puppeteer",
            json!(0),
            json!({"_failureReason": "net::ERR_CERT_AUTHORITY_INVALID"}),
            "0 other network",
        ),
        (
            "a recorder on CDP",
            json!(0),
            json!({"_blockedReason": "csp"}),
            "0 other csp",
        ),
        (
            "a status as a text",
            json!("0"),
            json!({}),
            "0 untold unknown",
        ),
        (
            "no answer at all",
            json!(0),
            json!({"response": Value::Null}),
            "0 untold unknown",
        ),
    ]
}

#[test]
fn every_tool_has_its_own_way_to_say_that_there_was_no_answer() {
    let rows = failures_of_browsers()
        .into_iter()
        .chain(failures_of_tools());
    for (tool, status, more, expected) in rows {
        let mut member = json!({"_resourceType": FETCH});
        merge(&mut member, more);
        check(
            tool,
            &[entry(GET, &[ORIGIN], status, &[], member)],
            &[expected],
        );
    }
}

#[test]
fn the_page_is_found_from_origin_preflight_referer_or_page() {
    let preflight = entry(
        "OPTIONS https://api.test/x",
        &[ORIGIN, "Access-Control-Request-Method: PUT"],
        json!(204),
        &[],
        json!({}),
    );
    let failed = json!({"_resourceType": FETCH, "response": {"_error": "net::ERR_FAILED"}});
    let put = |sent: &[&str], more: Value| {
        let mut member = failed.clone();
        merge(&mut member, more);
        entry("PUT https://api.test/x", sent, json!(0), &[], member)
    };
    let document = entry(
        "GET https://app.test/",
        &["Upgrade-Insecure-Requests: 1"],
        json!(200),
        &[],
        json!({"pageref": "page_2"}),
    );
    let lone = json!([{"id": "page_1", "title": "https://app.test/cart"}]);
    let rows = [
        ("origin", vec![put(&[ORIGIN], json!({}))], json!([])),
        ("preflight", vec![put(&[], json!({})), preflight], json!([])),
        (
            "referer",
            vec![put(&["Referer: https://app.test/a?b"], json!({}))],
            json!([]),
        ),
        ("page", vec![put(&[], json!({"pageref": "page_1"}))], lone),
        (
            "page",
            vec![put(&[], json!({"pageref": "page_2"})), document],
            json!(null),
        ),
    ];
    for (source, entries, pages) in rows {
        let report = report(json!({"entries": entries, "pages": pages}));
        let request = &report.requests[0];
        assert_eq!(request.page_origin.as_deref(), Some(PAGE), "{source}");
        assert_eq!(
            request.page_source.map(har::PageSource::as_str),
            Some(source)
        );
        let inferred = request
            .verdict
            .caveats
            .iter()
            .any(|caveat| caveat.contains("inferred"));
        assert_eq!(inferred, ["referer", "page"].contains(&source), "{source}");
    }
    let nowhere = report(json!({"entries": [put(&[], json!({}))]}));
    assert_eq!(shown(&nowhere), ["0 untold unknown"]);
    assert!(
        nowhere.requests[0]
            .verdict
            .explanation
            .contains("names the page")
    );
}

#[test]
fn what_proxies_record_of_a_failed_preflight_is_all_there_is() {
    // Fiddler, Charles and mitmproxy see no more of the request than its OPTIONS.
    let asked = [
        ORIGIN,
        "Access-Control-Request-Method: PUT",
        "Access-Control-Request-Headers: x-tenant",
    ];
    let report = check(
        "refused",
        &[entry(
            "OPTIONS https://api.test/x",
            &asked,
            json!(403),
            &["Server: nginx"],
            json!({"comment": "[#12]"}),
        )],
        &["0 blocked PreflightMissingAllowOriginHeader"],
    );
    assert_eq!(report.requests[0].method, "PUT");
    assert!(
        report.requests[0].verdict.fix[0]
            .change
            .contains("by `nginx`")
    );
    check(
        "granted, and then nothing",
        &[entry(
            "OPTIONS https://api.test/x",
            &asked,
            json!(204),
            &[
                STAR,
                "Access-Control-Allow-Methods: PUT",
                "Access-Control-Allow-Headers: *",
            ],
            json!({}),
        )],
        &["0 untold unknown"],
    );
    // Fiddler writes local times with seven digits; the OPTIONS comes first.
    let at = |second: u32| json!({"startedDateTime": format!("2026-05-04T12:00:{second:02}.1234567+02:00")});
    let put = |status: u16, second| {
        entry(
            "PUT https://api.test/x",
            &[ORIGIN, "x-tenant: 1"],
            json!(status),
            &[STAR],
            at(second),
        )
    };
    let options = |headers: &str, second| {
        entry(
            "OPTIONS https://api.test/x",
            &asked,
            json!(204),
            &[STAR, "Access-Control-Allow-Methods: PUT", headers],
            at(second),
        )
    };
    check(
        "an OPTIONS before each request",
        &[
            options("X: 1", 1),
            options("Access-Control-Allow-Headers: x-tenant", 30),
            put(200, 31),
        ],
        &["0 blocked HeaderDisallowedByPreflightResponse", "2 allowed"],
    );
}

#[test]
fn an_answer_without_its_headers_is_no_answer_without_headers() {
    for more in [
        json!({"response": {"headers": null}}),
        json!({"response": {}}),
    ] {
        let mut entry = entry(GET, &[ORIGIN], json!(200), &[], json!({}));
        entry["response"]
            .as_object_mut()
            .expect("an object")
            .remove("headers");
        merge(&mut entry, more);
        check("not written down", &[entry], &["0 untold unknown"]);
    }
    let empty = entry(GET, &[ORIGIN], json!(200), &[], json!({}));
    check("none", &[empty], &["0 blocked MissingAllowOriginHeader"]);
}

#[test]
fn cookies_and_logins_make_a_request_credentialed() {
    let rows = [
        (
            json!({}),
            vec!["Cookie: a=b"],
            "0 blocked WildcardOriginNotAllowed",
        ),
        (
            json!({"request": {"cookies": [{"name": "a", "value": "b"}]}}),
            vec![],
            "0 blocked WildcardOriginNotAllowed",
        ),
        (json!({"request": {"cookies": []}}), vec![], "0 allowed"),
        (
            json!({"response": {"_error": "net::ERR_FAILED"}}),
            vec![],
            "0 blocked WildcardOriginNotAllowed",
        ),
    ];
    for (more, sent, expected) in rows {
        let mut lines = vec![ORIGIN];
        lines.extend(sent);
        let what = more.to_string();
        let report = check(
            &what,
            &[entry(GET, &lines, json!(200), &[STAR], more)],
            &[expected],
        );
        let likely = what.contains("ERR_FAILED");
        assert_eq!(report.requests[0].likely_credentialed, likely, "{what}");
        let caveats = report.requests[0].verdict.caveats.join(" ");
        assert_eq!(caveats.contains("Likely credentialed"), likely, "{what}");
    }
}

#[test]
fn a_revalidated_answer_keeps_the_headers_that_are_stored() {
    let stored = entry(
        GET,
        &[ORIGIN],
        json!(200),
        &[STAR, "ETag: \"1\""],
        json!({}),
    );
    let sent = [ORIGIN, "If-None-Match: \"1\""];
    let again = entry(GET, &sent, json!(304), &["ETag: \"1\""], json!({}));
    check(
        "stored",
        &[stored, again.clone()],
        &["0 allowed", "1 allowed"],
    );
    let report = check("stored elsewhere", &[again], &["0 untold unknown"]);
    assert!(report.requests[0].verdict.explanation.contains("304"));
    // A page that asks itself gets the 304, and its headers count.
    let asked = [
        ORIGIN,
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: if-none-match",
    ];
    let options = entry(
        "OPTIONS https://api.test/x",
        &asked,
        json!(204),
        &[STAR, "Access-Control-Allow-Headers: *"],
        json!({}),
    );
    let again = entry(GET, &sent, json!(304), &[], json!({}));
    check(
        "the page's own",
        &[options, again],
        &["1 blocked MissingAllowOriginHeader"],
    );
}

/// Documents, parts of documents, other schemes, and one CORS request.
fn of_all_kinds() -> Vec<Value> {
    let referer = "Referer: https://app.test/";
    vec![
        entry(
            "GET https://app.test/",
            &["Sec-Fetch-Mode: navigate"],
            json!(200),
            &[],
            json!({}),
        ),
        entry(
            "GET https://cdn.test/a.png",
            &[referer, "Sec-Fetch-Mode: no-cors"],
            json!(200),
            &[],
            json!({}),
        ),
        entry(
            "GET https://cdn.test/b.png",
            &[referer],
            json!(200),
            &[],
            json!({"_resourceType": "image"}),
        ),
        entry(
            "GET https://cdn.test/c.png",
            &[referer],
            json!(200),
            &[],
            json!({}),
        ),
        entry(
            "GET wss://api.test/socket",
            &[ORIGIN],
            json!(101),
            &[],
            json!({}),
        ),
        entry(
            "GET https://app.test/own",
            &[referer],
            json!(200),
            &[],
            json!({"_resourceType": FETCH}),
        ),
        entry(
            "POST https://pay.test/form",
            &[ORIGIN, "Upgrade-Insecure-Requests: 1"],
            json!(200),
            &[],
            json!({}),
        ),
        entry(
            "GET https://fonts.test/f.woff2",
            &[ORIGIN],
            json!(200),
            &[],
            json!({"_resourceType": "font"}),
        ),
        entry("GET https://other.test/", &[], json!(200), &[], json!({})),
    ]
}

#[test]
fn what_is_no_cors_request_is_not_judged_as_one() {
    let entries = of_all_kinds();
    let report = check(
        "kinds",
        &entries,
        &[
            "1 allowed",
            "2 allowed",
            "3 allowed",
            "7 blocked MissingAllowOriginHeader",
        ],
    );
    let left = report.left_out;
    assert_eq!(
        (
            left.same_origin,
            left.navigations,
            left.other_schemes,
            left.no_page
        ),
        (1, 2, 1, 1)
    );
    let counted = report.requests.len()
        + left.same_origin
        + left.navigations
        + left.other_schemes
        + left.no_page;
    assert_eq!(counted, entries.len(), "nothing is dropped");
}

#[test]
fn headers_of_the_browser_are_not_taken_for_the_pages() {
    // A User-Agent that the page sets needs a preflight in Firefox and WebKit; the browser's own does not.
    let sent = [
        ORIGIN,
        "User-Agent: Mozilla/5.0",
        "Host: api.test",
        "Priority: u=1, i",
    ];
    let report = check(
        "own",
        &[entry(GET, &sent, json!(200), &[STAR], json!({}))],
        &["0 allowed"],
    );
    let verdict = &report.requests[0].verdict;
    assert_eq!(
        (verdict.by_engine.len(), verdict.caveats.len()),
        (0, 0),
        "{verdict}"
    );
}

#[test]
fn a_secure_page_that_asks_http_fails_for_mixed_content() {
    let more = json!({"_resourceType": FETCH, "response": {"_error": ""}});
    let report = check(
        "mixed",
        &[entry(
            "GET http://api.test/x",
            &["Referer: https://app.test/"],
            json!(0),
            &[],
            more,
        )],
        &["0 other mixed_content"],
    );
    assert_eq!(report.requests[0].outcome, Outcome::Other);
}

#[test]
fn the_policy_of_the_document_tells_why_nothing_was_sent() {
    let document = |policy: &str| {
        entry(
            "GET https://app.test/",
            &["Sec-Fetch-Mode: navigate"],
            json!(200),
            &[policy],
            json!({}),
        )
    };
    let failed = || {
        entry(
            GET,
            &["Referer: https://app.test/"],
            json!(0),
            &[],
            json!({"_resourceType": FETCH, "response": {"_error": ""}}),
        )
    };
    for (policy, expected) in [
        ("connect-src 'self'", "1 other csp"),
        ("default-src 'self'; img-src *", "1 other csp"),
        ("connect-src https://*.test", "1 untold unknown"),
        ("connect-src api.test:443/x", "1 untold unknown"),
        ("connect-src api.test/y", "1 other csp"),
        ("connect-src https:", "1 untold unknown"),
        ("script-src 'self'", "1 untold unknown"),
        ("connect-src *, connect-src 'none'", "1 other csp"),
    ] {
        check(
            policy,
            &[
                document(&format!("Content-Security-Policy: {policy}")),
                failed(),
            ],
            &[expected],
        );
    }
}

#[test]
fn a_page_from_elsewhere_that_asks_a_local_server_may_lack_permission() {
    let document = entry(
        "GET https://app.test/",
        &["Sec-Fetch-Mode: navigate"],
        json!(200),
        &[],
        json!({"serverIPAddress": "203.0.113.7"}),
    );
    let answered = |address: &str| {
        entry(
            GET,
            &[ORIGIN],
            json!(200),
            &[
                ORIGIN,
                "Access-Control-Allow-Origin: https://app.test",
                "Access-Control-Allow-Credentials: true",
            ],
            json!({"serverIPAddress": address, "response": {"_error": "net::ERR_FAILED"}}),
        )
    };
    for (address, expected) in [
        ("[fd00::1]", "1 other local_network"),
        ("192.168.1.4", "1 other local_network"),
        ("203.0.113.9", "1 untold unknown"),
    ] {
        check(address, &[document.clone(), answered(address)], &[expected]);
    }
}

#[test]
fn what_is_whole_of_a_damaged_file_is_answered_and_the_rest_is_named() {
    let good = entry(
        GET,
        &[ORIGIN],
        json!(200),
        &[],
        json!({"startedDateTime": "2026-05-04T10:00:00Z"}),
    )
    .to_string();
    let whole = format!("{{\"log\": {{\"entries\": [\n{good},\n{good},\n{good}\n]}}}}");
    let cut = whole.rfind("api.test").expect("the last entry");
    let broken = whole.replacen("\"status\":200", "\"status\":2x0", 1);
    let unclosed = whole.replacen("\"method\":\"GET\"", "\"method\":\"GET", 1);
    let no_list = "{\"log\": {\"version\": \"1.2\"";
    for (what, file, requests, bad) in [
        ("whole", whole.as_str(), 3, vec![]),
        ("cut within an entry", &whole[..cut], 2, vec![4]),
        (
            "cut between entries",
            &whole[..whole.rfind(",\n").expect("two") + 1],
            2,
            vec![3],
        ),
        (
            "cut behind the list",
            whole.trim_end_matches('}'),
            3,
            vec![5],
        ),
        ("not a number", &broken, 2, vec![2]),
        ("a quote too few", &unclosed, 2, vec![2]),
    ] {
        let report =
            har::explain(file.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(report.requests.len(), requests, "{what}");
        let lines: Vec<_> = report.bad_entries.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, bad, "{what}: {:?}", report.bad_entries);
    }
    for (what, file, expected) in [
        ("no list", no_list.as_bytes(), "EOF"),
        ("empty", b"", "is empty"),
        ("zip", b"PK\x03\x04", "zip"),
        ("gzip", &[0x1f, 0x8b, 8], "gzip"),
        ("a page", b"<html>", "not a HAR file"),
    ] {
        let error = har::explain(file).expect_err(what).to_string();
        assert!(error.contains(expected), "{what}: {error}");
    }
}

#[test]
fn redirects_are_one_request() {
    let first = entry(
        "GET https://app.test/go",
        &["Referer: https://app.test/"],
        json!(302),
        &[],
        json!({"_resourceType": FETCH, "response": {"redirectURL": "https://api.test/x"}}),
    );
    let second = entry(
        GET,
        &[ORIGIN],
        json!(200),
        &[],
        json!({"_resourceType": FETCH, "response": {"_error": "net::ERR_FAILED"}}),
    );
    let report = check(
        "from home",
        &[first, second],
        &["0 blocked MissingAllowOriginHeader"],
    );
    assert_eq!(
        (
            report.requests[0].entries.as_slice(),
            report.requests[0].verdict.judgement.hop
        ),
        ([0, 1].as_slice(), 1)
    );
}
