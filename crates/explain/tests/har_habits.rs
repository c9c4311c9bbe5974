//! What browsers do of their own accord, as HAR files show it, and what tools write that the format does
//! not know.
#![allow(missing_docs)]

mod entries;

use entries::{FETCH, GET, ORIGIN, STAR, check, entry, merge, report, shown};
use explain::har;
use serde_json::{Value, json};

const PUT: &str = "PUT https://api.test/x";

/// A request that failed and its preflight, as Chromium writes them.
fn failed_at(asked: &str, names: &[&str], status: u16, got: &[&str]) -> [Value; 2] {
    let (method, url) = asked.split_once(' ').expect("METHOD URL");
    let lines = [ORIGIN, &format!("Access-Control-Request-Method: {method}")];
    let sent: Vec<&str> = lines.iter().copied().chain(names.iter().copied()).collect();
    let failed = json!({"_resourceType": "xhr", "response": {"_error": "net::ERR_FAILED"}});
    [
        entry(
            asked,
            &["Referer: https://app.test/"],
            json!(0),
            &[],
            failed,
        ),
        entry(
            &format!("OPTIONS {url}"),
            &sent,
            json!(status),
            got,
            json!({"_resourceType": "preflight"}),
        ),
    ]
}

#[test]
fn a_page_that_watches_its_upload_sends_a_preflight_that_nothing_else_needs() {
    let report = check(
        "refused",
        &failed_at("POST https://api.test/up", &[], 404, &[]),
        &["0 blocked PreflightMissingAllowOriginHeader"],
    );
    let explanation = &report.requests[0].verdict.explanation;
    assert!(explanation.contains("xhr.upload"), "{explanation}");
    check(
        "refused by its status",
        &failed_at("POST https://api.test/up", &[], 401, &[STAR]),
        &["0 blocked PreflightInvalidStatus"],
    );
    let [mut post, options] = failed_at("POST https://api.test/up", &[], 204, &[STAR]);
    merge(
        &mut post,
        json!({"response": {"status": 201, "_error": null, "headers": [{"name": "Access-Control-Allow-Origin", "value": "*"}]}}),
    );
    check("granted", &[post, options], &["0 allowed"]);
}

#[test]
fn a_preflight_may_ask_for_headers_in_several_lines() {
    let names = [
        "Access-Control-Request-Headers: x-a",
        "Access-Control-Request-Headers: x-b",
    ];
    let got = [
        STAR,
        "Access-Control-Allow-Methods: PUT",
        "Access-Control-Allow-Headers: x-a",
    ];
    let report = check(
        "the second one is refused",
        &failed_at(PUT, &names, 204, &got),
        &["0 blocked HeaderDisallowedByPreflightResponse"],
    );
    let parameter = report.requests[0].verdict.judgement.parameter_text();
    assert_eq!(parameter, Some("x-b"));
}

#[test]
fn a_redirect_to_https_of_the_browsers_own_is_mended_in_the_page() {
    let report = check(
        "HSTS",
        &failed_at(
            "PUT http://api.test/x",
            &[],
            307,
            &[
                "Location: https://api.test/x",
                "Non-Authoritative-Reason: HSTS",
                "Access-Control-Allow-Origin: https://app.test",
            ],
        ),
        // The page came over https here: nothing is sent to http before HSTS is looked at.
        &["0 other mixed_content"],
    );
    assert_eq!(report.requests[0].verdict.fix.len(), 1);
    let [mut put, mut options] = failed_at(
        "PUT http://api.test/x",
        &[],
        307,
        &[
            "Location: https://api.test/x",
            "Non-Authoritative-Reason: HSTS",
        ],
    );
    put["request"]["headers"][0]["value"] = json!("http://app.test/");
    options["request"]["headers"][0]["value"] = json!("http://app.test");
    let report = check(
        "of a page over http",
        &[put, options],
        &["0 blocked PreflightDisallowedRedirect"],
    );
    let fix = serde_json::to_value(&report.requests[0].verdict.fix).expect("JSON");
    assert_eq!(fix[0]["url"], "https://api.test/x", "{fix}");
    assert_eq!(fix.as_array().map(Vec::len), Some(1), "{fix}");
}

#[test]
fn what_a_service_worker_hands_out_is_not_checked() {
    for member in [
        json!({"_fetchedViaServiceWorker": true}),
        json!({"_fetchType": "Service Worker"}),
    ] {
        let got = |more: &Value, status| {
            let mut all = member.clone();
            merge(&mut all, json!({"_resourceType": FETCH}));
            merge(&mut all, more.clone());
            entry(GET, &[ORIGIN], json!(status), &[], all)
        };
        let report = check("answered", &[got(&json!({}), 200)], &["0 allowed"]);
        let verdict = &report.requests[0].verdict;
        assert!(verdict.explanation.contains("service worker"), "{verdict}");
        assert_eq!((verdict.reason, verdict.fix.len()), (None, 0));
        let failed = json!({"response": {"_error": "net::ERR_FAILED"}});
        check("an error", &[got(&failed, 0)], &["0 untold unknown"]);
    }
}

#[test]
fn an_image_over_http_is_loaded_into_a_secure_page() {
    let image = |status: u16| {
        entry(
            "GET http://img.test/a.png",
            &["Referer: https://app.test/", "Sec-Fetch-Mode: no-cors"],
            json!(status),
            &[],
            json!({"_resourceType": "image"}),
        )
    };
    check("loaded", &[image(200)], &["0 allowed"]);
    check("not loaded", &[image(0)], &["0 other mixed_content"]);
}

/// A message of Safari, the request it is about, the rule that it names, and what is changed.
type Said = (&'static str, &'static str, &'static str, &'static str);

fn messages_of_webkit() -> Vec<Said> {
    vec![
        (
            "Origin https://app.test is not allowed by Access-Control-Allow-Origin. Status code: 200",
            GET,
            "cors",
            "access-control-allow-origin: https://app.test",
        ),
        (
            "Preflight response is not successful. Status code: 401",
            PUT,
            "PreflightInvalidStatus",
            "access-control-allow-methods: PUT",
        ),
        (
            "Request header field X-Tenant is not allowed by Access-Control-Allow-Headers.",
            GET,
            "HeaderDisallowedByPreflightResponse",
            "access-control-allow-headers: x-tenant",
        ),
        (
            "Method PUT is not allowed by Access-Control-Allow-Methods.",
            PUT,
            "MethodDisallowedByPreflightResponse",
            "access-control-allow-methods: PUT",
        ),
        (
            "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true.",
            GET,
            "WildcardOriginNotAllowed",
            "access-control-allow-credentials: true",
        ),
        (
            "Access-Control-Allow-Origin cannot contain more than one origin.",
            GET,
            "MultipleAllowOriginValues",
            "access-control-allow-origin: https://app.test",
        ),
        (
            "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\".",
            GET,
            "InvalidAllowCredentials",
            "access-control-allow-credentials: true",
        ),
    ]
}

#[test]
fn a_message_tells_what_to_change_where_the_answer_is_missing() {
    for (message, asked, rule, change) in messages_of_webkit() {
        let failed = json!({"response": {"_error": message}});
        let report = check(
            message,
            &[entry(asked, &[ORIGIN], json!(0), &[], failed)],
            &[&format!("0 blocked {rule}")],
        );
        let verdict = &report.requests[0].verdict;
        let changes: Vec<String> = verdict.fix.iter().map(ToString::to_string).collect();
        let starts = |text: &String| text.starts_with(change);
        assert!(changes.iter().any(starts), "{message}: {changes:?}");
        assert!(verdict.explanation.contains(message), "{verdict}");
        assert!(report.requests[0].policy.is_some(), "{message}");
    }
}

#[test]
fn firefox_names_no_reason_of_what_cors_blocks() {
    let failed = json!({"response": {"_failureText": "NS_ERROR_DOM_BAD_URI"}});
    check(
        "nothing recorded",
        &[entry(GET, &[ORIGIN], json!(-1), &[], failed.clone())],
        &["0 untold unknown"],
    );
    check(
        "answered",
        &[entry(GET, &[ORIGIN], json!(200), &[STAR], failed)],
        &["0 blocked WildcardOriginNotAllowed"],
    );
}

#[test]
fn what_the_format_does_not_know_is_read_all_the_same() {
    let good = json!({"entries": [entry(GET, &[ORIGIN], json!(200), &[STAR], json!({"time": 1, "note": "text"}))]});
    let text = json!({ "log": good }).to_string();
    for (what, from, to) in [
        ("half a character in a body", "\"text\"", "\"\\ud83d\""),
        (
            "half a character in a header",
            "\"*\"",
            "\"*\"},{\"name\":\"x-note\",\"value\":\"a\\uDE00b\"",
        ),
        (
            "whole characters",
            "\"text\"",
            "\"\\ud83d\\ude00 \\\\ud83d NaN\"",
        ),
        ("no number", "\"time\":1", "\"time\":NaN"),
        ("no end", "\"time\":1", "\"time\":-Infinity"),
        (
            "a member twice",
            "\"time\":1",
            "\"pageref\":\"a\",\"pageref\":\"b\"",
        ),
        ("a truth for a text", "\"time\":1", "\"_fromCache\":false"),
    ] {
        let file = text.replacen(from, to, 1);
        assert_ne!(file, text, "{what}");
        let report =
            har::explain(file.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(shown(&report), ["0 allowed"], "{what}: {file}");
        assert_eq!(report.bad_entries, [], "{what}");
    }
}

#[test]
fn headers_may_be_an_object() {
    let mut by_name = entry(GET, &[], json!(200), &[], json!({}));
    by_name["request"]["headers"] = json!({"Origin": "https://app.test"});
    by_name["response"]["headers"] = json!({"access-control-allow-origin": "https://other.test"});
    let report = report(json!({"entries": [by_name]}));
    assert_eq!(shown(&report), ["0 blocked AllowOriginMismatch"]);
}

#[test]
fn a_value_that_looks_right_is_told_apart_from_the_right_one() {
    for (value, word) in [
        ("\"https://app.test\"", "quotes"),
        ("https://app.test/", "trailing slash"),
        ("https://app.test/shop", "path"),
        ("app.test", "scheme is missing"),
        ("http://app.test", "scheme differs"),
        ("https://app.test:8443", "port differs"),
        ("https://APP.test", "case"),
        ("https://*.test", "pattern"),
    ] {
        let line = format!("Access-Control-Allow-Origin: {value}");
        let entry = entry(GET, &[ORIGIN], json!(200), &[&line], json!({}));
        let report = report(json!({"entries": [entry]}));
        let explanation = &report.requests[0].verdict.explanation;
        assert!(explanation.contains(word), "{value}: {explanation}");
    }
}

#[test]
fn a_redirect_that_was_followed_was_not_blocked_for_its_credentials() {
    let login = "https://login.test/";
    let allowed = [
        "Access-Control-Allow-Origin: https://app.test",
        "Location: https://login.test/",
    ];
    let failed = json!({"_resourceType": "xhr", "response": {"_error": "net::ERR_FAILED"}});
    let first = entry(
        GET,
        &[ORIGIN],
        json!(302),
        &allowed,
        json!({"_resourceType": "xhr", "response": {"redirectURL": login}}),
    );
    let second = entry(
        &format!("GET {login}"),
        &["Origin: null"],
        json!(0),
        &[],
        failed,
    );
    check(
        "to a login that is not recorded",
        &[first, second],
        &["0 untold unknown"],
    );
}
