//! What browsers write to the console, as people copy it: alone, in an issue's Markdown, beside a dump.
#![allow(missing_docs)]

use cors::CorsError;
use explain::dump::{self, BadDump, Given};
use explain::recorded;

fn read(text: &str) -> Result<dump::Dump, BadDump> {
    let given = Given {
        // Not every message says which page asked.
        origin: (!text.contains("rigin https:") && !text.contains("origin '"))
            .then(|| APP.to_owned()),
        ..Given::default()
    };
    dump::read(text.as_bytes(), &given)
}

const APP: &str = "https://app.test";

/// `METHOD URL from ORIGIN: stage error [parameter]`
fn shown(text: &str) -> String {
    let dump = read(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let request = &dump.exchange.request;
    let verdict = recorded(&dump.exchange);
    let judgement = &verdict.judgement;
    let stage = judgement.stage.map_or("-", |stage| stage.as_str());
    let error = judgement.error.map_or("-", |error| error.as_str());
    let parameter = String::from_utf8_lossy(&judgement.parameter).into_owned();
    assert!(!verdict.fix.is_empty(), "{text}");
    let (method, url, origin) = (request.method(), request.url(), request.page_origin());
    format!("{method} {url} from {origin}: {stage} {error} {parameter}")
        .trim_end()
        .to_owned()
}

fn chromium(rule: &str) -> String {
    format!(
        "Access to fetch at 'https://api.test/x' from origin 'https://app.test' has been blocked by CORS policy: {rule}"
    )
}

const PREFLIGHT: &str = "Response to preflight request doesn't pass access control check: ";

#[test]
fn each_message_of_chromium_is_the_rule_that_it_names() {
    for (rule, expected) in [
        (
            "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
            "response MissingAllowOriginHeader",
        ),
        (
            "The 'Access-Control-Allow-Origin' header has a value 'https://www.test' that is not equal to the supplied origin.",
            "response AllowOriginMismatch https://www.test",
        ),
        (
            "The 'Access-Control-Allow-Origin' header contains multiple values 'https://app.test, *', but only one is allowed.",
            "response MultipleAllowOriginValues https://app.test, *",
        ),
        (
            "The 'Access-Control-Allow-Origin' header contains the invalid value 'all'.",
            "response InvalidAllowOriginValue all",
        ),
        (
            "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.",
            "response WildcardOriginNotAllowed",
        ),
        (
            "The value of the 'Access-Control-Allow-Credentials' header in the response is 'True' which must be 'true' when the request's credentials mode is 'include'.",
            "response InvalidAllowCredentials True",
        ),
        (
            "The value of the 'Access-Control-Allow-Credentials' header in the response is '' which must be 'true' when the request's credentials mode is 'include'.",
            "response InvalidAllowCredentials",
        ),
        (
            "Request header field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response.",
            "preflight HeaderDisallowedByPreflightResponse x-api-key",
        ),
    ] {
        assert_eq!(
            shown(&chromium(rule)),
            format!("GET https://api.test/x from https://app.test: {expected}")
        );
    }
    let method =
        "Method PATCH is not allowed by Access-Control-Allow-Methods in preflight response.";
    assert_eq!(
        shown(&chromium(method)),
        "PATCH https://api.test/x from https://app.test: preflight MethodDisallowedByPreflightResponse PATCH"
    );
    for (rule, expected) in [
        (
            "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
            "PreflightMissingAllowOriginHeader",
        ),
        (
            "The 'Access-Control-Allow-Origin' header has a value 'https://www.test' that is not equal to the supplied origin.",
            "PreflightAllowOriginMismatch https://www.test",
        ),
        (
            "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.",
            "PreflightWildcardOriginNotAllowed",
        ),
        ("It does not have HTTP ok status.", "PreflightInvalidStatus"),
        (
            "Redirect is not allowed for a preflight request.",
            "PreflightDisallowedRedirect",
        ),
    ] {
        let shown = shown(&chromium(&format!("{PREFLIGHT}{rule}")));
        let expected =
            format!("GET https://api.test/x from https://app.test: preflight {expected}");
        assert!(shown.starts_with(&expected), "{shown}");
    }
}

#[test]
fn messages_of_former_releases_of_chromium_are_read_too() {
    let end = "Origin 'https://app.test' is therefore not allowed access.";
    for (text, expected) in [
        (
            "XMLHttpRequest cannot load https://api.test/x. No 'Access-Control-Allow-Origin' header is present on the requested resource. END",
            "response MissingAllowOriginHeader",
        ),
        (
            "Failed to load https://api.test/x: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource. END The response had HTTP status code 405.",
            "preflight PreflightMissingAllowOriginHeader",
        ),
        (
            "Fetch API cannot load https://api.test/x. The 'Access-Control-Allow-Origin' header has a value 'https://www.test' that is not equal to the supplied origin. END",
            "response AllowOriginMismatch https://www.test",
        ),
        (
            "XMLHttpRequest cannot load https://api.test/x. A wildcard '*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true. END",
            "response WildcardOriginNotAllowed",
        ),
        (
            "XMLHttpRequest cannot load https://api.test/x. Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is ''. It must be 'true' to allow credentials. END",
            "response InvalidAllowCredentials",
        ),
        (
            "XMLHttpRequest cannot load https://api.test/x. Response for preflight has invalid HTTP status code 404",
            "preflight PreflightInvalidStatus",
        ),
        (
            "XMLHttpRequest cannot load https://api.test/x. Response for preflight is invalid (redirect)",
            "preflight PreflightDisallowedRedirect",
        ),
        (
            "Failed to load https://api.test/x: Request header field x-key is not allowed by Access-Control-Allow-Headers in preflight response.",
            "preflight HeaderDisallowedByPreflightResponse x-key",
        ),
    ] {
        let text = text.replace("END", end);
        let shown = shown(&text);
        assert!(
            shown.starts_with(&format!(
                "GET https://api.test/x from https://app.test: {expected}"
            )),
            "{text}\n{shown}"
        );
    }
    let unknown = read(&chromium(&format!(
        "{PREFLIGHT}It does not have HTTP ok status."
    )))
    .expect("a message");
    let change = &recorded(&unknown.exchange).fix[0].change;
    assert!(
        change.contains("does not say which") && !change.contains("999"),
        "{change}"
    );
    let cut = chromium(PREFLIGHT.trim_end_matches(": "));
    assert!(
        shown(&cut).contains(": preflight "),
        "whose answer it was is told"
    );
}

fn firefox(reason: &str) -> String {
    format!(
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/x. (Reason: {reason})."
    )
}

#[test]
fn each_message_of_firefox_is_the_rule_that_it_names() {
    for (reason, expected) in [
        (
            "CORS header \u{2018}Access-Control-Allow-Origin\u{2019} missing). Status code: 200",
            "response MissingAllowOriginHeader",
        ),
        (
            "CORS header \u{2018}Access-Control-Allow-Origin\u{2019} does not match \u{2018}https://www.test\u{2019}",
            "response AllowOriginMismatch https://www.test",
        ),
        (
            "Multiple CORS header \u{2018}Access-Control-Allow-Origin\u{2019} not allowed",
            "response MultipleAllowOriginValues *, *",
        ),
        (
            "Credential is not supported if the CORS header \u{2018}Access-Control-Allow-Origin\u{2019} is \u{2018}*\u{2019}",
            "response WildcardOriginNotAllowed",
        ),
        (
            "expected \u{2018}true\u{2019} in CORS header \u{2018}Access-Control-Allow-Credentials\u{2019}",
            "response InvalidAllowCredentials",
        ),
        (
            "CORS preflight response did not succeed). Status code: 403",
            "preflight PreflightInvalidStatus",
        ),
        (
            "header \u{2018}x-key\u{2019} is not allowed according to header \u{2018}Access-Control-Allow-Headers\u{2019} from CORS preflight response",
            "preflight HeaderDisallowedByPreflightResponse x-key",
        ),
        (
            "missing token \u{2018}x-key\u{2019} in CORS header \u{2018}Access-Control-Allow-Headers\u{2019} from CORS preflight channel",
            "preflight HeaderDisallowedByPreflightResponse x-key",
        ),
    ] {
        assert_eq!(
            shown(&firefox(reason)),
            format!("GET https://api.test/x from https://app.test: {expected}")
        );
    }
}

#[test]
fn messages_of_safari_name_the_page_in_one_line_and_the_url_in_another() {
    let end = "[Error] Fetch API cannot load https://api.test/x due to access control checks.\n";
    for (rule, expected) in [
        (
            "Origin https://app.test is not allowed by Access-Control-Allow-Origin. Status code: 200",
            "response MissingAllowOriginHeader",
        ),
        (
            "Request header field x-key is not allowed by Access-Control-Allow-Headers.",
            "preflight HeaderDisallowedByPreflightResponse x-key",
        ),
    ] {
        let shown = shown(&format!("[Error] {rule}\n{end}"));
        assert_eq!(
            shown,
            format!("GET https://api.test/x from https://app.test: {expected}")
        );
    }
}

#[test]
fn lines_around_a_message_tell_method_and_status() {
    let missing =
        chromium("No 'Access-Control-Allow-Origin' header is present on the requested resource.");
    let text = format!(
        "```\n{missing}\napp.js:7\n PUT https://api.test/x net::ERR_FAILED 502 (Bad Gateway)\n```\n"
    );
    let dump = read(&text).expect("a message");
    assert_eq!(dump.exchange.request.method(), "PUT");
    let verdict = recorded(&dump.exchange);
    assert_eq!(
        verdict.judgement.error.map(|error| error.as_str()),
        Some("MissingAllowOriginHeader")
    );
    let answer = dump
        .exchange
        .hops
        .last()
        .and_then(|hop| hop.response.as_ref());
    assert_eq!(answer.map(|answer| answer.status), Some(502));
    assert!(
        dump.explanation
            .is_some_and(|text| text.contains("No 'Access-Control-Allow-Origin' header"))
    );
    let broken = missing
        .replace("' from", "'\nfrom")
        .replace("policy: No", "policy:\nNo");
    assert!(
        shown(&broken).ends_with("response MissingAllowOriginHeader"),
        "{broken}"
    );
    let redirected = missing.replace(
        "'https://api.test/x'",
        "'https://cdn.test/y' (redirected from 'https://api.test/x')",
    );
    let dump = read(&redirected).expect("a message");
    assert_eq!(recorded(&dump.exchange).judgement.hop, 1);
}

#[test]
fn answers_beside_a_message_decide_and_the_message_says_what_they_leave_out() {
    let message = chromium(
        "The 'Access-Control-Allow-Origin' header has a value 'https://www.test' that is not equal to the supplied origin.",
    );
    let head = "HTTP/2 200\naccess-control-allow-origin: https://www.test\nvary: Origin\n";
    for text in [format!("{message}\n\n{head}"), format!("{head}{message}\n")] {
        assert_eq!(
            shown(&text),
            "GET https://api.test/x from https://app.test: response AllowOriginMismatch https://www.test"
        );
        assert_eq!(read(&text).expect("a dump").notes, [""; 0]);
    }
    let other = format!("{message}\n\nHTTP/2 200\ncontent-type: text/plain\n");
    let dump = read(&other).expect("a dump");
    assert!(
        dump.notes
            .iter()
            .any(|note| note.contains("another answer")),
        "{:?}",
        dump.notes
    );
}

#[test]
fn where_the_server_is_of_others_the_page_is_shown_a_way_around_it() {
    for (page, url, is_other) in [
        (
            "https://shop.example.com",
            "https://maps.vendor.net/x?q=1",
            true,
        ),
        (
            "http://localhost:3000",
            "https://maps.vendor.net/x?q=1",
            true,
        ),
        (
            "https://shop.example.com",
            "https://api.example.com/x",
            false,
        ),
        (
            "https://shop.example.co.uk",
            "https://shop.other.co.uk/x",
            true,
        ),
        ("https://shop.example.com", "http://127.0.0.1:8080/x", false),
    ] {
        let text = format!(
            "Access to fetch at '{url}' from origin '{page}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
        );
        let verdict = recorded(&read(&text).expect("a message").exchange);
        let note = verdict
            .caveats
            .iter()
            .find(|note| note.contains("is not your server"));
        assert_eq!(note.is_some(), is_other, "{page} {url}: {note:?}");
    }
}

#[test]
fn a_request_that_ends_at_a_login_is_to_be_answered_before_it() {
    for login in [
        "https://login.test/oauth2/authorize?x=1",
        "https://api.test/users/sign-in",
    ] {
        let text = format!(
            "Access to fetch at '{login}' (redirected from 'https://api.test/me') from origin '{APP}' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
        );
        let verdict = recorded(&read(&text).expect("a message").exchange);
        let [fix] = verdict.fix.as_slice() else {
            panic!("{:?}", verdict.fix)
        };
        assert_eq!(
            (fix.hop, &fix.action),
            (0, &explain::fix::Action::Status(401)),
            "{fix:?}"
        );
    }
}

#[test]
fn a_page_from_the_disk_is_to_be_served() {
    let text = "Access to script at 'file:///C:/app/main.js' from origin 'null' has been blocked by CORS policy: Cross origin requests are only supported for protocol schemes: http, data, chrome, https.";
    let verdict = recorded(&read(text).expect("a message").exchange);
    let error = verdict.judgement.error.map(|error| error.as_str());
    assert_eq!(error, Some("CorsDisabledScheme"));
    assert!(
        verdict.fix[0].change.contains("web server"),
        "{:?}",
        verdict.fix
    );
    let url = explain::fix::Action::Url("http://localhost/C:/app/main.js".to_owned());
    assert_eq!(verdict.fix[0].action, url);
}

#[test]
fn what_no_header_decides_is_refused_with_its_reason() {
    for (text, reason) in [
        (
            chromium("Permission was denied for this request to access the `local` address space."),
            "local_network",
        ),
        (
            firefox("CORS request did not succeed). Status code: (null)"),
            "network",
        ),
    ] {
        let error = read(&text).expect_err("no CORS");
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn a_message_that_names_no_page_is_explained_for_one_that_stands_for_it() {
    for (text, error) in [
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.test/x. (Reason: expected \u{2018}true\u{2019} in CORS header \u{2018}Access-Control-Allow-Credentials\u{2019}).\n",
            CorsError::InvalidAllowCredentials,
        ),
        (
            "[Error] Preflight response is not successful. Status code: 401\n[Error] Fetch API cannot load https://api.test/x due to access control checks.\n",
            // A login refuses it, and sends no headers either.
            CorsError::PreflightMissingAllowOriginHeader,
        ),
        (
            "[Error] Request header field X-Tenant is not allowed by Access-Control-Allow-Headers.\n[Error] Fetch API cannot load https://api.test/x due to access control checks.\n",
            CorsError::HeaderDisallowedByPreflightResponse,
        ),
    ] {
        let dump = dump::read(text.as_bytes(), &Given::default()).expect(text);
        assert_eq!(
            recorded(&dump.exchange).judgement.error,
            Some(error),
            "{text}"
        );
        assert!(dump.notes.concat().contains("--origin"), "{:?}", dump.notes);
    }
}
