//! The lines of `corswatch explain --jsonl`, byte for byte.
#![allow(missing_docs)]

use explain::{Summary, jsonl, line};
use serde_json::Value;

const BLOCKED: &str = r#"{"id":"r1","request":{"page_origin":"https://app.test","url":"https://api.test/x","method":"PUT","mode":"cors","credentials":"omit","headers":[["x-custom","1"]]},"hops":[{"url":"https://api.test/x","preflight":{"status":204,"headers":[["access-control-allow-origin","*"],["access-control-allow-methods","PUT"]]},"response":null}]}"#;

#[test]
fn a_verdict_has_its_fields_in_the_order_of_the_contract() {
    let answer = line(BLOCKED, 1);
    let expected = r#"{"id":"r1","verdict":"blocked","stage":"preflight","error":"HeaderDisallowedByPreflightResponse","parameter":"x-custom","hop":0,"preflight_sent":true,"explanation":"The preflight asked https://api.test/x for the header `x-custom`; Access-Control-Allow-Headers is missing. The preflight is sent because of the method PUT and the header `x-custom`.","fix":[{"on":"preflight","header":"access-control-allow-headers","value":"x-custom","change":"List every header the page sends beyond the safelisted ones, by name, separated by commas.","hop":0}],"reason":"cors","caveats":[]}"#;
    assert_eq!(answer, expected);
}

fn check(input: &str, expect: &str) {
    assert_eq!(line(input, 7), expect, "{input}");
}

#[test]
fn the_other_kinds_answer_with_one_field() {
    check(
        r#"{"id":1,"kind":"exposed","response_headers":[["X-A","1"],["ETag","1"],["Set-Cookie","1"],["access-control-expose-headers","*"]],"credentials":"omit"}"#,
        r#"{"id":1,"readable":["access-control-expose-headers","etag","x-a"]}"#,
    );
    check(
        r#"{"id":"a","kind":"exposed","response_headers":[["X-A","1"],["Pragma","1"],["access-control-expose-headers","*"]],"credentials":"include","names":["PRAGMA","x-a"]}"#,
        r#"{"id":"a","readable":["pragma"]}"#,
    );
    check(
        r#"{"id":"b","kind":"safelisted","name":"Accept","value":" x "}"#,
        r#"{"id":"b","safelisted":true}"#,
    );
    check(
        r#"{"id":null,"kind":"cache","first":{"page_origin":"https://app.test","url":"https://api.test/x","method":"PUT"},"preflight":{"status":204,"headers":[["access-control-allow-origin","*"],["access-control-allow-methods","*"]]},"elapsed_seconds":3,"second":{"page_origin":"https://app.test","url":"https://api.test/x","method":"DELETE"}}"#,
        r#"{"id":null,"second_preflight":false}"#,
    );
}

#[test]
fn header_strings_are_bytes_one_character_each() {
    let of = |value: &str| {
        let input = BLOCKED
            .replace(r#""PUT","mode""#, r#""GET","mode""#)
            .replace(
                r#"["access-control-allow-origin","*"]"#,
                &format!(r#"["access-control-allow-origin","{value}"]"#),
            );
        serde_json::from_str::<Value>(&line(&input, 1)).expect("JSON")["parameter"].clone()
    };
    assert_eq!(
        of("http://\\u00c3\\u00bc"),
        "http://\u{fc}",
        "UTF-8 bytes come back as text"
    );
    assert_eq!(of("http://\\u00fc"), Value::Null, "other bytes do not");
}

fn check_cache(max_age: Option<&str>, elapsed: f64, expect: bool) {
    let age = max_age
        .map(|age| format!(r#",["access-control-max-age","{age}"]"#))
        .unwrap_or_default();
    let request = r#"{"page_origin":"https://app.test","url":"https://api.test/x","method":"PUT"}"#;
    let input = format!(
        r#"{{"id":0,"kind":"cache","first":{request},"preflight":{{"status":204,"headers":[["access-control-allow-origin","*"],["access-control-allow-methods","PUT"]{age}]}},"elapsed_seconds":{elapsed},"second":{request}}}"#
    );
    assert_eq!(
        line(&input, 1),
        format!(r#"{{"id":0,"second_preflight":{expect}}}"#),
        "{max_age:?} {elapsed}"
    );
}

#[test]
fn a_preflight_is_kept_for_its_max_age_between_nothing_and_two_hours() {
    for (max_age, elapsed, expect) in [
        (None, 4.9, false),
        (None, 5.0, true),
        (Some("0"), 0.0, true),
        (Some("-1"), 0.0, true),
        (Some("10"), 9.0, false),
        (Some("10"), 10.0, true),
        (Some("+10"), 9.0, false),
        (Some("10.5"), 6.0, true),
        (Some("x"), 4.0, false),
        (Some(""), 6.0, true),
        (Some("86400"), 7199.0, false),
        (Some("86400"), 7200.0, true),
        (Some("99999999999999999999"), 6.0, true),
    ] {
        check_cache(max_age, elapsed, expect);
    }
}

#[test]
fn a_line_that_cannot_be_read_is_answered_by_number_and_the_others_all_the_same() {
    let input = format!(
        "{BLOCKED}\n\nnot json\n{}\n{}\n{BLOCKED}",
        BLOCKED.replace("\"PUT\"", "\"TRACE\""),
        r#"{"id":"x","kind":"other"}"#
    );
    let mut output = Vec::new();
    let summary = jsonl(input.as_bytes(), &mut output).expect("memory does not fail");
    assert_eq!(
        summary,
        Summary {
            answered_lines: 2,
            failed_lines: 3
        }
    );
    let lines: Vec<Value> = String::from_utf8(output)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let numbers: Vec<_> = lines.iter().map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers, [None, Some(3), Some(4), Some(5), None]);
    assert!(lines[1]["id"].is_null() && lines[1]["error_text"].is_string());
    assert_eq!(lines[0], lines[4]);
}

#[test]
fn engines_that_decide_otherwise_are_named_and_only_those() {
    let ask = |request: Value, hops: Value| -> Value {
        let text = serde_json::json!({"id": 1, "request": request, "hops": hops}).to_string();
        serde_json::from_str(&line(&text, 1)).expect("JSON")
    };
    let request = |method: &str, headers: Value| serde_json::json!({"page_origin": "https://app.test", "url": "https://api.test/x", "method": method, "headers": headers});
    let star =
        serde_json::json!({"status": 200, "headers": [["access-control-allow-origin", "*"]]});
    // A client hint is on Chromium's safelist alone.
    let hint = ask(
        request("GET", serde_json::json!([["save-data", "on"]])),
        serde_json::json!([{"preflight": star, "response": star}]),
    );
    let blocked =
        serde_json::json!({"verdict": "blocked", "error": "HeaderDisallowedByPreflightResponse"});
    assert_eq!(hint["verdict"], "allowed");
    assert_eq!(
        hint["by_engine"],
        serde_json::json!({"firefox": blocked, "webkit": blocked})
    );
    // Behind a redirect from one foreign origin to another Firefox' preflight has the page's origin.
    let allows = |origin: &str| serde_json::json!({"status": 200, "headers": [["access-control-allow-origin", origin], ["access-control-allow-methods", "PUT"]]});
    let tainted = ask(
        request("PUT", serde_json::json!([])),
        serde_json::json!([
            {"preflight": allows("*"), "response": {"status": 307, "headers": [["access-control-allow-origin", "*"], ["location", "https://other.test/"]]}},
            {"preflight": allows("null"), "response": allows("null")},
        ]),
    );
    assert_eq!(tainted["verdict"], "allowed");
    assert_eq!(
        tainted["by_engine"],
        serde_json::json!({"firefox": {"verdict": "blocked", "error": "PreflightAllowOriginMismatch"}})
    );
    // WebKit takes http://localhost for mixed content.
    let local = ask(
        serde_json::json!({"page_origin": "https://app.test", "url": "http://localhost:1234/"}),
        serde_json::json!([{"response": star}]),
    );
    assert_eq!(
        local["by_engine"],
        serde_json::json!({"webkit": {"verdict": "blocked", "error": null}})
    );
    let same = ask(
        request("GET", serde_json::json!([])),
        serde_json::json!([{"response": star}]),
    );
    assert_eq!(same.get("by_engine"), None);
}

#[test]
fn what_a_page_does_not_send_and_cannot_read_is_told() {
    let caveats = |mode: &str, headers: Value, got: Value| -> String {
        let text = serde_json::json!({"id": 1,
            "request": {"page_origin": "https://app.test", "url": "https://api.test/x", "method": "GET", "mode": mode, "headers": headers},
            "hops": [{"response": {"status": 200, "headers": got}}]});
        let answer: Value = serde_json::from_str(&line(&text.to_string(), 1)).expect("JSON");
        assert_eq!(answer["verdict"], "allowed", "{text}");
        answer["caveats"].to_string()
    };
    let star = serde_json::json!([
        ["access-control-allow-origin", "*"],
        ["X-Total-Count", "3"],
        ["ETag", "1"],
        ["X-Frame-Options", "deny"]
    ]);
    let told = caveats(
        "no-cors",
        serde_json::json!([
            ["Authorization", "Bearer x"],
            ["content-type", "application/json"]
        ]),
        star.clone(),
    );
    assert!(
        told.contains("leaves `authorization`, `content-type` out") && told.contains("no-cors"),
        "{told}"
    );
    let told = caveats(
        "cors",
        serde_json::json!([["Cookie", "a=b"], ["Origin", "https://x.test"]]),
        star.clone(),
    );
    assert!(told.contains("leaves `cookie`, `origin` out"), "{told}");
    assert!(
        told.contains("reads null for `x-total-count`, `etag`:"),
        "{told}"
    );
    let exposed = serde_json::json!([
        ["access-control-allow-origin", "*"],
        ["X-Total-Count", "3"],
        ["access-control-expose-headers", "x-total-count"]
    ]);
    assert_eq!(caveats("cors", serde_json::json!([]), exposed), "[]");
}

#[test]
fn a_server_that_is_asked_over_http_for_a_secure_page_is_judged_by_its_headers() {
    let line = r#"{"request":{"page_origin":"https://app.test","url":"http://api.test/x"},"hops":[{"response":{"status":200,"headers":[["access-control-allow-origin","*"]]}}]}"#;
    let explain::Asked::Exchange(_, exchange) = explain::ask(line) else {
        panic!("an exchange");
    };
    let reasons = [explain::recorded(&exchange), explain::explain(&exchange)].map(|v| v.reason);
    assert_eq!(reasons, [Some(explain::Reason::MixedContent), None]);
}

#[test]
fn many_lines_are_answered_in_their_order_whatever_is_read_at_a_time() {
    let mut input = String::new();
    for number in 1..=3000 {
        input += &match number % 7 {
            0 => "{broken\n".to_owned(),
            1 => "\n".to_owned(),
            _ => format!(
                "{{\"id\":{number},\"kind\":\"safelisted\",\"name\":\"dpr\",\"value\":\"2\"}}\n"
            ),
        };
    }
    input.truncate(input.len() - 1);
    for buffer in [1, 64, 5000, 1 << 22] {
        let mut output = Vec::new();
        let reader = std::io::BufReader::with_capacity(buffer, input.as_bytes());
        let summary = explain::jsonl(reader, &mut output).expect("no I/O");
        assert_eq!((summary.answered_lines, summary.failed_lines), (2143, 428));
        let output = String::from_utf8(output).expect("UTF-8");
        let numbers: Vec<u64> = output
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .map(|line| line["id"].as_u64().or(line["line"].as_u64()).expect("one"))
            .collect();
        let expected: Vec<u64> = (1..=3000).filter(|number| number % 7 != 1).collect();
        assert_eq!(numbers, expected, "read by {buffer} bytes");
    }
}
