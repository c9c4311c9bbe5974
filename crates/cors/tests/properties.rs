//! Properties that hold for any exchange; the standard's algorithms are written here a second time,
//! from the text of the standard and not from the engine.
#![allow(missing_docs)]

use cors::{
    Answer, Credentials, Exchange, Headers, Hop, Mode, Request, RequestParts, Ruling, judge,
};
use proptest::prelude::*;

const PAGE: &str = "https://app.test";

fn any_origin() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*".to_owned()),
        Just(PAGE.to_owned()),
        Just("null".to_owned()),
        Just(format!("{PAGE}, {PAGE}")),
        "[ -~]{0,12}",
    ]
}

fn any_list() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*".to_owned()),
        Just("PUT, x-custom".to_owned()),
        Just("PUT,,X-CUSTOM,".to_owned()),
        "(PUT|x-custom|GET|put|[ ,;*\"])( ?, ?(PUT|x-custom|x-b|\\*)){0,3}",
    ]
}

fn any_headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let line = prop_oneof![
        any_origin().prop_map(|value| ("Access-Control-Allow-Origin".to_owned(), value)),
        prop_oneof![Just("true"), Just("True"), Just("")].prop_map(|value| (
            "access-control-allow-credentials".to_owned(),
            value.to_owned()
        )),
        any_list().prop_map(|value| ("access-control-allow-methods".to_owned(), value)),
        any_list().prop_map(|value| ("Access-Control-Allow-Headers".to_owned(), value)),
    ];
    prop::collection::vec(line, 0..6)
}

fn any_credentials() -> impl Strategy<Value = Credentials> {
    prop::sample::select(Credentials::ALL.to_vec())
}

fn exchange(
    method: &str,
    custom: bool,
    credentials: Credentials,
    preflight: (u16, Vec<(String, String)>),
    response: Vec<(String, String)>,
) -> Exchange {
    let headers: Headers = custom.then_some(("X-Custom", "1")).into_iter().collect();
    let parts = RequestParts {
        page_origin: PAGE,
        url: "https://api.test/x",
        method,
        mode: Mode::Cors,
        credentials,
        headers,
    };
    let hop = Hop {
        url: "https://api.test/x".to_owned(),
        preflight: Some(Answer {
            status: preflight.0,
            headers: preflight.1.into_iter().collect(),
        }),
        response: Some(Answer {
            status: 200,
            headers: response.into_iter().collect(),
        }),
    };
    Exchange {
        request: Request::new(parts).expect("a request"),
        hops: vec![hop],
    }
}

/// "To get a header": values of one name joined with `, `.
fn get(lines: &[(String, String)], name: &str) -> Option<String> {
    let values: Vec<_> = lines
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_matches([' ', '\t']))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// <https://fetch.spec.whatwg.org/#concept-cors-check>
fn cors_check(lines: &[(String, String)], credentials: Credentials) -> bool {
    let Some(origin) = get(lines, "access-control-allow-origin") else {
        return false;
    };
    if credentials != Credentials::Include && origin == "*" {
        return true;
    }
    if origin != PAGE {
        return false;
    }
    credentials != Credentials::Include
        || get(lines, "access-control-allow-credentials").as_deref() == Some("true")
}

/// "To extract header list values" of a list of tokens.
fn extract(lines: &[(String, String)], name: &str) -> Option<Vec<String>> {
    let is_token = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
    };
    let value = get(lines, name).unwrap_or_default();
    let elements: Vec<_> = value
        .split(',')
        .map(|part| part.trim_matches([' ', '\t']))
        .filter(|part| !part.is_empty())
        .collect();
    elements
        .iter()
        .all(|part| is_token(part))
        .then(|| elements.into_iter().map(str::to_owned).collect())
}

/// <https://fetch.spec.whatwg.org/#cors-preflight-fetch>, step 7.
fn preflight_passes(
    method: &str,
    custom: bool,
    credentials: Credentials,
    preflight: &(u16, Vec<(String, String)>),
) -> bool {
    let (status, lines) = preflight;
    if !cors_check(lines, credentials) || !(200..=299).contains(status) {
        return false;
    }
    let (Some(methods), Some(headers)) = (
        extract(lines, "access-control-allow-methods"),
        extract(lines, "access-control-allow-headers"),
    ) else {
        return false;
    };
    let star = |list: &[String]| {
        credentials != Credentials::Include && list.iter().any(|element| element == "*")
    };
    let method_ok = ["GET", "HEAD", "POST"].contains(&method)
        || methods.iter().any(|allowed| allowed == method)
        || star(&methods);
    let header_ok = !custom
        || headers
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case("x-custom"))
        || star(&headers);
    method_ok && header_ok
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_ruling_is_that_of_the_standard(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "patch"]),
        custom in any::<bool>(),
        credentials in any_credentials(),
        status in prop::sample::select(vec![200_u16, 204, 299, 304, 403, 500]),
        preflight in any_headers(),
        response in any_headers(),
    ) {
        let asks = custom || !["GET", "POST"].contains(&method);
        let preflight = (status, preflight);
        let expected = (!asks || preflight_passes(method, custom, credentials, &preflight)) && cors_check(&response, credentials);
        let judgement = judge(&exchange(method, custom, credentials, preflight, response));
        prop_assert_eq!(judgement.ruling == Ruling::Allowed, expected);
        prop_assert_eq!(judgement.preflight_sent, asks);
        prop_assert_eq!(judgement.ruling == Ruling::Blocked, judgement.error.is_some());
    }

    #[test]
    fn more_permission_never_blocks(
        credentials in any_credentials(),
        preflight in any_headers(),
        response in any_headers(),
    ) {
        let before = judge(&exchange("PUT", true, credentials, (204, preflight.clone()), response.clone()));
        let mut wider = preflight;
        wider.push(("access-control-allow-methods".to_owned(), "DELETE".to_owned()));
        wider.push(("access-control-allow-headers".to_owned(), "x-other".to_owned()));
        let after = judge(&exchange("PUT", true, credentials, (204, wider), response));
        prop_assert!(before.ruling != Ruling::Allowed || after.ruling == Ruling::Allowed);
    }
}
