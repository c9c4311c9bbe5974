//! Inputs rebuilt from public bug reports, with what is right for them.
#![allow(missing_docs)]

use explain::line;
use serde_json::Value;

/// The answers to a file of lines.
fn answers(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/reports/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a file of the tests");
    (1..)
        .zip(text.lines())
        .map(|(number, text)| serde_json::from_str(&line(text, number)).expect("JSON"))
        .collect()
}

fn the_answer(file: &str) -> Value {
    answers(file).remove(0)
}

fn verdict(answer: &Value) -> (&str, &str, &str, &str) {
    let text = |name: &str| answer[name].as_str().unwrap_or("-");
    (
        text("verdict"),
        text("reason"),
        text("error"),
        text("parameter"),
    )
}

/// The changes as `place: what`.
fn changes(answer: &Value) -> Vec<String> {
    let fixes = answer["fix"].as_array().expect("a list");
    let one = |fix: &Value| {
        let on = fix["on"].as_str().expect("a place");
        let what = ["status", "method", "url", "credentials", "mode"]
            .into_iter()
            .find(|name| !fix[name].is_null());
        match (fix["header"].as_str(), fix["value"].as_str(), what) {
            (Some(header), Some(value), _) => format!("{on}: {header}: {value}"),
            (Some(header), None, _) => format!("{on}: no {header}"),
            (None, _, Some(what)) => format!("{on}: {what} {}", fix[what]).replace('"', ""),
            (None, _, None) => format!("{on}: {}", fix["change"]),
        }
    };
    fixes.iter().map(one).collect()
}

#[test]
fn a_method_in_lower_case_is_written_in_upper_case_by_the_page() {
    let answer = the_answer("01-lowercase-patch.jsonl");
    assert_eq!(
        verdict(&answer),
        (
            "blocked",
            "cors",
            "MethodDisallowedByPreflightResponse",
            "patch"
        )
    );
    assert_eq!(changes(&answer), ["page: method PATCH"]);
}

#[test]
fn what_made_a_preflight_necessary_is_named_and_may_be_left_out() {
    let answer = the_answer("02-accept-profile.jsonl");
    assert_eq!(verdict(&answer).2, "PreflightMissingAllowOriginHeader");
    let explanation = answer["explanation"].as_str().expect("a text");
    assert!(
        explanation.contains(
            "because of the header `accept` with the value `application/ld+json;profile="
        ),
        "{explanation}"
    );
    assert_eq!(changes(&answer).last().expect("changes"), "page: no accept");
}

#[test]
fn a_redirect_from_https_to_http_is_mixed_content() {
    let answer = the_answer("06-https-to-http-redirect.jsonl");
    assert_eq!(verdict(&answer), ("blocked", "mixed_content", "-", "-"));
    assert_eq!(
        (&answer["stage"], &answer["hop"]),
        (&"redirect".into(), &0.into())
    );
    assert_eq!(
        changes(&answer),
        ["redirect: location: https://api.example.net/ml/models/"]
    );
}

#[test]
fn a_preflight_refused_by_a_login_is_mended_in_one_round() {
    let answer = the_answer("08-preflight-401.jsonl");
    assert_eq!(verdict(&answer).2, "PreflightMissingAllowOriginHeader");
    assert_eq!(
        changes(&answer),
        [
            "preflight: status 204",
            "preflight: access-control-allow-origin: https://app.example.com",
            "preflight: access-control-allow-headers: authorization",
            "preflight: vary: Origin",
            "response: access-control-allow-origin: https://app.example.com",
            "response: vary: Origin",
        ]
    );
    let first = answer["fix"][0]["change"].as_str().expect("a text");
    assert!(first.contains("let OPTIONS past authentication"), "{first}");
}

#[test]
fn a_page_with_an_opaque_origin_is_not_taken_for_a_redirect() {
    let answer = the_answer("10-opaque-page.jsonl");
    assert_eq!(verdict(&answer).2, "MissingAllowOriginHeader");
    assert_eq!(
        changes(&answer),
        ["response: access-control-allow-origin: *"]
    );
    let text = answer.to_string();
    assert!(
        text.contains("opaque origin") && !text.contains("redirect"),
        "{text}"
    );
}

#[test]
fn pages_of_apps_and_extensions_have_origins() {
    let found: Vec<_> = answers("11-custom-scheme-origin.jsonl")
        .iter()
        .map(|answer| (verdict(answer).0.to_owned(), verdict(answer).2.to_owned()))
        .collect();
    let expected = [
        ("blocked", "PreflightWildcardOriginNotAllowed"),
        ("blocked", "AllowOriginMismatch"),
        ("allowed", "-"),
        ("blocked", "MissingAllowOriginHeader"),
        ("blocked", "MissingAllowOriginHeader"),
    ];
    let expected = expected.map(|(verdict, error)| (verdict.to_owned(), error.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn a_wildcard_for_authorization_passes_with_a_note() {
    let answers = answers("15-star-and-authorization.jsonl");
    assert_eq!(verdict(&answers[0]).0, "allowed");
    let caveat = answers[0]["caveats"][0].as_str().expect("a caveat");
    assert!(caveat.contains("does not cover Authorization"), "{caveat}");
    assert_eq!(
        verdict(&answers[1]),
        (
            "blocked",
            "cors",
            "HeaderDisallowedByPreflightResponse",
            "authorization"
        )
    );
}

#[test]
fn a_target_on_a_local_network_needs_permission_besides() {
    let answers = answers("17-private-network.jsonl");
    for (answer, word) in answers.iter().zip([
        "asks the user for permission",
        "blocks the request without asking",
    ]) {
        let caveat = answer["caveats"][0].as_str().expect("a caveat");
        assert!(
            caveat.contains("Local Network Access") && caveat.contains(word),
            "{caveat}"
        );
    }
}

#[test]
fn a_header_of_answers_is_taken_out_of_the_request() {
    let answer = the_answer("21-page-sends-acao.jsonl");
    assert_eq!(verdict(&answer).3, "access-control-allow-origin");
    assert_eq!(changes(&answer), ["page: no access-control-allow-origin"]);
}
