//! Cases of the CORS protocol, by family: from the Fetch standard, the web-platform-tests and what
//! Chromium was seen to do.
#![allow(missing_docs)]

use cors::{
    Answer, CorsError, Credentials, Exchange, Headers, Hop, Judgement, Mode, Request, RequestParts,
    judge,
};

type Lines<'a> = &'a [(&'a str, &'a [u8])];

const PAGE: &str = "https://app.test";
const API: &str = "https://api.test/x";
const STAR: (&str, &[u8]) = ("access-control-allow-origin", b"*");
const EXACT: (&str, &[u8]) = ("Access-Control-Allow-Origin", b"https://app.test");
const WITH_CREDENTIALS: (&str, &[u8]) = ("Access-Control-Allow-Credentials", b"true");

fn answer(status: u16, lines: Lines<'_>) -> Answer {
    Answer {
        status,
        headers: lines.iter().map(|(name, value)| (*name, *value)).collect(),
    }
}

fn request(method: &str, url: &str, credentials: Credentials, headers: &[(&str, &str)]) -> Request {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, *value))
        .collect();
    Request::new(RequestParts {
        page_origin: PAGE,
        url,
        method,
        mode: Mode::Cors,
        credentials,
        headers,
    })
    .expect("a request")
}

/// One hop, as (preflight, response).
type HopOf<'a> = (Option<(u16, Lines<'a>)>, Option<(u16, Lines<'a>)>);

fn walk(request: Request, hops: &[HopOf<'_>]) -> Judgement {
    let read = |given: Option<(u16, Lines<'_>)>| given.map(|(status, lines)| answer(status, lines));
    let hops = hops
        .iter()
        .map(|(preflight, response)| Hop {
            url: String::new(),
            preflight: read(*preflight),
            response: read(*response),
        })
        .collect();
    judge(&Exchange { request, hops })
}

/// `allowed`, or the error and its parameter.
fn outcome(judgement: &Judgement) -> String {
    match (judgement.error, judgement.parameter_text()) {
        (None, _) => judgement.ruling.to_string(),
        (Some(error), None) => error.to_string(),
        (Some(error), Some(parameter)) => format!("{error} {parameter}"),
    }
}

fn check_access(lines: Lines<'_>, credentials: Credentials, expect: &str) {
    let judgement = walk(
        request("GET", API, credentials, &[]),
        &[(None, Some((200, lines)))],
    );
    assert_eq!(outcome(&judgement), expect, "{lines:?} {credentials:?}");
}

#[test]
fn an_answer_is_readable_by_the_origin_it_names_exactly_once() {
    let origin = |value: &'static [u8], expect: &str| {
        check_access(
            &[("ACCESS-control-allow-ORIGIN", value)],
            Credentials::Omit,
            expect,
        );
    };
    origin(b"*", "allowed");
    origin(b" \t* ", "allowed");
    origin(b"https://app.test", "allowed");
    origin(b"\thttps://app.test \t", "allowed");
    origin(
        b"https://app.test/",
        "AllowOriginMismatch https://app.test/",
    );
    origin(
        b"https://app.test:443",
        "AllowOriginMismatch https://app.test:443",
    );
    origin(b"HTTPS://app.test", "AllowOriginMismatch HTTPS://app.test");
    origin(b"http://app.test", "AllowOriginMismatch http://app.test");
    origin(b"https://*.test", "AllowOriginMismatch https://*.test");
    origin(b"null", "AllowOriginMismatch null");
    origin(b"NULL", "InvalidAllowOriginValue NULL");
    origin(b"app.test", "InvalidAllowOriginValue app.test");
    origin(b"app.test:443", "AllowOriginMismatch app.test:443");
    origin(b"", "InvalidAllowOriginValue");
    origin(b"**", "InvalidAllowOriginValue **");
    origin(b"* *", "MultipleAllowOriginValues * *");
    origin(
        b"https://app.test,",
        "MultipleAllowOriginValues https://app.test,",
    );
    origin(
        b"https://app.test, https://else.test",
        "MultipleAllowOriginValues https://app.test, https://else.test",
    );
    origin(
        b"https://app.test\thttps://x",
        "AllowOriginMismatch https://app.test\thttps://x",
    );
    origin(b"https://xn--a", "AllowOriginMismatch https://xn--a");
    origin(b"https://a%20b", "AllowOriginMismatch https://a%20b");
    origin(
        b"https://1.2.3.4.5",
        "InvalidAllowOriginValue https://1.2.3.4.5",
    );
    origin(b"https://app.test\xe9", "InvalidAllowOriginValue");
    check_access(&[], Credentials::Omit, "MissingAllowOriginHeader");
    check_access(
        &[STAR, STAR],
        Credentials::Omit,
        "MultipleAllowOriginValues *, *",
    );
    check_access(
        &[EXACT, EXACT],
        Credentials::Omit,
        "MultipleAllowOriginValues https://app.test, https://app.test",
    );
}

#[test]
fn credentials_need_the_exact_origin_and_the_exact_word_true() {
    let credentials = |value: &'static [u8], expect: &str| {
        check_access(
            &[EXACT, ("access-control-allow-credentials", value)],
            Credentials::Include,
            expect,
        );
    };
    credentials(b"true", "allowed");
    credentials(b" true\t", "allowed");
    credentials(b"True", "InvalidAllowCredentials True");
    credentials(b"TRUE", "InvalidAllowCredentials TRUE");
    credentials(b"true,true", "InvalidAllowCredentials true,true");
    credentials(b"", "InvalidAllowCredentials");
    credentials(b"1", "InvalidAllowCredentials 1");
    check_access(&[EXACT], Credentials::Include, "InvalidAllowCredentials");
    check_access(
        &[EXACT, WITH_CREDENTIALS, WITH_CREDENTIALS],
        Credentials::Include,
        "InvalidAllowCredentials true, true",
    );
    check_access(
        &[STAR, WITH_CREDENTIALS],
        Credentials::Include,
        "WildcardOriginNotAllowed",
    );
    check_access(&[STAR], Credentials::SameOrigin, "allowed");
}

fn check_preflight(
    method: &str,
    header: &str,
    credentials: Credentials,
    answer: (u16, Lines<'_>),
    expect: &str,
) {
    let headers: Vec<(&str, &str)> = [(header, "1")]
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .collect();
    let response: Lines<'_> = &[EXACT, WITH_CREDENTIALS];
    let judgement = walk(
        request(method, API, credentials, &headers),
        &[(Some(answer), Some((200, response)))],
    );
    assert_eq!(outcome(&judgement), expect, "{method} {header} {answer:?}");
    assert!(judgement.preflight_sent);
}

const METHODS: (&str, &[u8]) = ("access-control-allow-methods", b"PUT");
const HEADERS: (&str, &[u8]) = ("access-control-allow-headers", b"X-Custom");

#[test]
fn a_preflight_is_judged_by_access_then_status_then_lists_then_method_then_headers() {
    let check = |status, lines: Lines<'_>, expect: &str| {
        check_preflight(
            "PUT",
            "x-custom",
            Credentials::Omit,
            (status, lines),
            expect,
        );
    };
    check(204, &[STAR, METHODS, HEADERS], "allowed");
    check(299, &[STAR, METHODS, HEADERS], "allowed");
    check(403, &[], "PreflightMissingAllowOriginHeader");
    check(403, &[STAR], "PreflightInvalidStatus");
    check(304, &[STAR, METHODS, HEADERS], "PreflightInvalidStatus");
    check(301, &[("location", b"/y")], "PreflightDisallowedRedirect");
    check(301, &[STAR, ("location", b"")], "PreflightInvalidStatus");
    check(
        200,
        &[("access-control-allow-origin", b"a b")],
        "PreflightMultipleAllowOriginValues a b",
    );
    check(
        200,
        &[
            STAR,
            ("access-control-allow-methods", b"P T"),
            ("access-control-allow-headers", b"("),
        ],
        "InvalidAllowMethodsPreflightResponse",
    );
    check(
        200,
        &[STAR, ("access-control-allow-headers", b"(")],
        "InvalidAllowHeadersPreflightResponse",
    );
    check(200, &[STAR], "MethodDisallowedByPreflightResponse PUT");
    check(
        200,
        &[STAR, METHODS],
        "HeaderDisallowedByPreflightResponse x-custom",
    );
}

#[test]
fn allow_lists_are_tokens_between_commas_and_methods_keep_their_case() {
    let check = |status, lines: Lines<'_>, expect: &str| {
        check_preflight(
            "PUT",
            "x-custom",
            Credentials::Omit,
            (status, lines),
            expect,
        );
    };
    check(
        200,
        &[
            STAR,
            ("access-control-allow-methods", b",, PUT ,\t,GET,"),
            HEADERS,
        ],
        "allowed",
    );
    check(
        200,
        &[
            STAR,
            ("access-control-allow-methods", b"GET"),
            METHODS,
            HEADERS,
        ],
        "allowed",
    );
    check(
        200,
        &[STAR, ("access-control-allow-methods", b"put"), HEADERS],
        "MethodDisallowedByPreflightResponse PUT",
    );
    check(
        200,
        &[STAR, ("access-control-allow-methods", b"\"PUT\""), HEADERS],
        "InvalidAllowMethodsPreflightResponse",
    );
    check(
        200,
        &[
            STAR,
            METHODS,
            ("access-control-allow-headers", b"x-custom\xe9"),
        ],
        "InvalidAllowHeadersPreflightResponse",
    );
}

#[test]
fn a_star_covers_methods_and_headers_without_credentials_only() {
    const STARS: [(&str, &[u8]); 4] = [
        EXACT,
        WITH_CREDENTIALS,
        ("access-control-allow-methods", b"*"),
        ("access-control-allow-headers", b"*"),
    ];
    let check = |method, header, credentials, expect| {
        check_preflight(method, header, credentials, (200, &STARS), expect)
    };
    check("PUT", "", Credentials::Omit, "allowed");
    check(
        "PUT",
        "",
        Credentials::Include,
        "MethodDisallowedByPreflightResponse PUT",
    );
    check("GET", "x-custom", Credentials::SameOrigin, "allowed");
    check(
        "GET",
        "x-custom",
        Credentials::Include,
        "HeaderDisallowedByPreflightResponse x-custom",
    );
    check("GET", "authorization", Credentials::Omit, "allowed");
    check(
        "GET",
        "Authorization",
        Credentials::Include,
        "HeaderDisallowedByPreflightResponse authorization",
    );
}

#[test]
fn the_first_disallowed_header_is_the_one_chromium_names() {
    let name = |headers: &[(&str, &str)]| {
        let lines: Lines<'_> = &[STAR, ("access-control-allow-methods", b"*")];
        let judgement = walk(
            request("GET", "http://api.test/", Credentials::Omit, headers),
            &[(Some((200, lines)), None)],
        );
        judgement.parameter_text().expect("a name").to_owned()
    };
    // Seen in Chromium 156; with more headers the table grows and the order changes.
    assert_eq!(name(&[("x-custom", "1"), ("x-b", "1")]), "x-custom");
    assert_eq!(name(&[("pragma", "1"), ("x-custom", "1")]), "pragma");
    assert_eq!(
        name(&[
            ("x-custom", "1"),
            ("pragma", "1"),
            ("idempotency-key", "1"),
            ("x-a", "1")
        ]),
        "x-custom"
    );
    assert_eq!(
        name(&[
            ("content-type", "a/b"),
            ("x-request-id", "1"),
            ("x-api-key", "1")
        ]),
        "x-request-id"
    );
    assert_eq!(
        name(&[
            ("range", "bytes=-1"),
            ("x-api-key", "1"),
            ("x-requested-with", "1")
        ]),
        "x-requested-with"
    );
}

#[test]
fn only_six_methods_are_written_in_upper_case() {
    for (written, sent) in [
        ("get", "GET"),
        ("pOsT", "POST"),
        ("options", "OPTIONS"),
        ("patch", "patch"),
        ("Propfind", "Propfind"),
    ] {
        assert_eq!(request(written, API, Credentials::Omit, &[]).method(), sent);
    }
    let lines: Lines<'_> = &[STAR, ("access-control-allow-methods", b"PATCH")];
    check_preflight(
        "patch",
        "",
        Credentials::Omit,
        (200, lines),
        "MethodDisallowedByPreflightResponse patch",
    );
}

fn check_safelisted(name: &str, value: &str, expect: bool) {
    assert_eq!(
        cors::is_safelisted(name, value.as_bytes()),
        expect,
        "{name}: {value:?}"
    );
}

#[test]
fn safelisted_request_headers_are_those_a_form_could_send() {
    for (name, value) in [
        ("Accept", "*/*"),
        ("accept", ""),
        ("accept", "a\tb"),
        ("Accept-Language", "en-US,en;q=0.5"),
        ("content-language", "de *"),
        ("Content-Type", "TEXT/Plain;charset=utf-8"),
        ("content-type", "multipart/form-data; boundary=x"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-type", "text/plain;"),
        ("range", "bytes=0-"),
        ("Range", "bytes=00-01"),
        ("save-data", "ON"),
        ("dpr", "1.5"),
        ("device-memory", "8"),
        ("width", "100"),
        ("rtt", "5"),
        ("ect", "4g"),
    ] {
        check_safelisted(name, value, true);
    }
    for (name, value) in [
        ("x-custom", ""),
        ("accept", "a(b"),
        ("accept", "\"x\""),
        ("accept-language", "en_US"),
        ("content-language", "x@y"),
        ("content-type", "application/json"),
        ("content-type", "text/ plain"),
        ("content-type", "text/plain, x"),
        ("content-type", ""),
        ("content-type", "text/plain; a=\"b\""),
        ("content-type", "text/plain;é("),
        ("range", "bytes=-5"),
        ("range", "bytes=1-0"),
        ("range", "Bytes=0-"),
        ("range", "bytes=0-1,2-3"),
        ("dpr", "1."),
        ("width", "1.5"),
        ("ect", "5g"),
        ("authorization", "x"),
    ] {
        check_safelisted(name, value, false);
    }
    check_safelisted("accept", &"a".repeat(128), true);
    check_safelisted("accept", &"a".repeat(129), false);
}

fn needs_preflight(headers: &[(&str, &str)]) -> bool {
    walk(request("GET", API, Credentials::Omit, headers), &[]).preflight_sent
}

#[test]
fn headers_a_script_cannot_set_need_no_consent() {
    for name in [
        "cookie",
        "Sec-Fetch-Mode",
        "Proxy-X",
        "Origin",
        "user-agent",
        "DNT",
        "set-cookie",
    ] {
        assert!(!needs_preflight(&[(name, "1")]), "{name}");
    }
    assert!(!needs_preflight(&[(
        "x-http-method-override",
        "GET, trace"
    )]));
    assert!(needs_preflight(&[(
        "x-http-method-override",
        "GET, traces"
    )]));
    assert!(needs_preflight(&[(
        "access-control-request-private-network",
        "1"
    )]));
}

#[test]
fn safelisted_headers_together_stay_under_1024_bytes() {
    let value = "a".repeat(127);
    let lines: Vec<(String, &str)> = ["accept", "accept-language", "content-language"]
        .iter()
        .map(|name| ((*name).to_owned(), value.as_str()))
        .collect();
    let few: Vec<(&str, &str)> = lines
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    assert!(!needs_preflight(&few));
    // Lines of one name are one value.
    assert!(needs_preflight(&[("accept", &value), ("accept", &value)]));
}

fn check_redirect(
    request: Request,
    hops: &[HopOf<'_>],
    expect: &str,
    stage: Option<&str>,
    hop: usize,
) {
    let judgement = walk(request, hops);
    assert_eq!(outcome(&judgement), expect);
    assert_eq!(
        (judgement.stage.map(cors::Stage::as_str), judgement.hop),
        (stage, hop),
        "{expect}"
    );
}

#[test]
fn a_redirect_between_foreign_origins_makes_the_origin_null() {
    let get = || request("GET", API, Credentials::Omit, &[]);
    let away: Lines<'_> = &[EXACT, ("location", b"https://other.test/y")];
    let home: Lines<'_> = &[EXACT, ("location", b"https://app.test/y")];
    let null: Lines<'_> = &[("access-control-allow-origin", b"null")];
    check_redirect(
        get(),
        &[(None, Some((302, away))), (None, Some((200, null)))],
        "allowed",
        None,
        1,
    );
    check_redirect(
        get(),
        &[(None, Some((302, away))), (None, Some((200, &[EXACT])))],
        "AllowOriginMismatch https://app.test",
        Some("response"),
        1,
    );
    // Coming home does not take the taint away.
    check_redirect(
        get(),
        &[(None, Some((307, home))), (None, Some((200, &[])))],
        "MissingAllowOriginHeader",
        Some("response"),
        1,
    );
    // Within one origin nothing changes.
    check_redirect(
        get(),
        &[
            (None, Some((308, &[EXACT, ("location", b"y")]))),
            (None, Some((200, &[EXACT]))),
        ],
        "allowed",
        None,
        1,
    );
    // The first hop out of the page's own origin does not taint.
    let own = request("GET", "https://app.test/x", Credentials::Omit, &[]);
    check_redirect(
        own,
        &[
            (None, Some((302, &[("location", b"https://api.test/")]))),
            (None, Some((200, &[EXACT]))),
        ],
        "allowed",
        None,
        1,
    );
}

#[test]
fn a_redirect_is_checked_before_it_is_followed() {
    let get = || request("GET", API, Credentials::Omit, &[]);
    let to = |location: &'static [u8], expect: &str, stage: &str| {
        check_redirect(
            get(),
            &[(None, Some((302, &[STAR, ("location", location)])))],
            expect,
            Some(stage),
            0,
        );
    };
    to(
        b"https://user:secret@other.test/",
        "RedirectContainsCredentials",
        "redirect",
    );
    to(
        b"https://user@api.test/",
        "RedirectContainsCredentials",
        "redirect",
    );
    to(b"ftp://api.test/", "CorsDisabledScheme", "redirect");
    to(b"data:text/plain,x", "blocked", "redirect");
    to(b"https://[bad", "blocked", "redirect");
    to(b"https://api.test:25/", "blocked", "redirect");
    check_redirect(
        get(),
        &[(None, Some((302, &[("location", b"/y")])))],
        "MissingAllowOriginHeader",
        Some("response"),
        0,
    );
    check_redirect(
        get(),
        &[(None, Some((302, &[STAR, ("location", b"/y")])))],
        "incomplete",
        None,
        1,
    );
    check_redirect(
        get(),
        &[(None, Some((304, &[STAR, ("location", b"/y")])))],
        "allowed",
        None,
        0,
    );
}

#[test]
fn a_redirected_request_asks_again_for_what_is_left_of_it() {
    let permit: Lines<'_> = &[
        STAR,
        ("access-control-allow-methods", b"*"),
        ("access-control-allow-headers", b"*"),
    ];
    let on: Lines<'_> = &[STAR, ("location", b"https://other.test/y")];
    let put = || {
        request(
            "PUT",
            API,
            Credentials::Omit,
            &[("authorization", "x"), ("content-type", "a/b")],
        )
    };
    check_redirect(
        put(),
        &[
            (Some((204, permit)), Some((307, on))),
            (None, Some((200, &[STAR]))),
        ],
        "incomplete",
        None,
        1,
    );
    // 303 makes it a GET without a body's headers, and a new origin takes Authorization off.
    check_redirect(
        put(),
        &[
            (Some((204, permit)), Some((303, on))),
            (None, Some((200, &[STAR]))),
        ],
        "allowed",
        None,
        1,
    );
}

#[test]
fn twenty_redirects_are_followed_and_no_more() {
    let hop: HopOf<'_> = (None, Some((302, &[STAR, ("location", b"x")])));
    let judgement = walk(request("GET", API, Credentials::Omit, &[]), &[hop; 21]);
    assert_eq!(
        (outcome(&judgement).as_str(), judgement.hop),
        ("blocked", 20)
    );
    let end: HopOf<'_> = (None, Some((200, &[STAR])));
    let chain: Vec<_> = [hop; 20].into_iter().chain([end]).collect();
    assert_eq!(
        outcome(&walk(request("GET", API, Credentials::Omit, &[]), &chain)),
        "allowed"
    );
}

#[test]
fn modes_other_than_cors_have_their_own_rules() {
    let judge_mode = |mode, url: &str| {
        let headers = Headers::new();
        let parts = RequestParts {
            page_origin: PAGE,
            url,
            method: "GET",
            mode,
            credentials: Credentials::Omit,
            headers,
        };
        walk(
            Request::new(parts).expect("a request"),
            &[(None, Some((200, &[])))],
        )
    };
    assert_eq!(outcome(&judge_mode(Mode::NoCors, API)), "allowed");
    assert_eq!(outcome(&judge_mode(Mode::Navigate, API)), "allowed");
    assert_eq!(
        outcome(&judge_mode(Mode::SameOrigin, "https://app.test/y")),
        "allowed"
    );
    assert_eq!(
        outcome(&judge_mode(Mode::Cors, "https://APP.test:443/y")),
        "allowed"
    );
    let refused = judge_mode(Mode::SameOrigin, API);
    assert_eq!(
        (refused.error, refused.stage),
        (Some(CorsError::DisallowedByMode), None)
    );
}
