//! The union of what scanners look for, a row each: found at a server with that fault, and whether people with a
//! browser are affected.
#![allow(missing_docs)]

mod support;

use audit::{Target, audit, compare};
use cors::{Answer, Origin};
use findings::Affected::{self, BrowserUsers, ScannersOnly};
use support::{Asked, Fake, PAGE, answer, careful, target, with};

type Fault = fn(&Asked<'_>) -> Answer;

struct Row {
    number: u8,
    what: &'static str,
    rule: &'static str,
    affects: Affected,
    fault: Fault,
}

const fn row(
    number: u8,
    what: &'static str,
    rule: &'static str,
    affects: Affected,
    fault: Fault,
) -> Row {
    Row {
        number,
        what,
        rule,
        affects,
        fault,
    }
}

/// A careful server but for whom it trusts.
fn trusting(asked: &Asked<'_>, trusts: fn(&str) -> bool) -> Answer {
    careful(asked, trusts)
}

/// A careful server but for one header of its answers to one method.
fn sending(asked: &Asked<'_>, method: &str, name: &str, value: Option<&str>) -> Answer {
    let answer = careful(asked, |origin| origin == PAGE);
    match asked.method == method {
        true => with(answer, name, value),
        false => answer,
    }
}

fn open(asked: &Asked<'_>, more: &str) -> Answer {
    let lines = format!(
        "access-control-allow-origin: *\ntiming-allow-origin: *\naccess-control-max-age: 600\n{more}"
    );
    answer(if asked.method == "OPTIONS" { 204 } else { 200 }, &lines)
}

fn is_error(asked: &Asked<'_>) -> bool {
    asked.url.path().ends_with("no-such-path")
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row(1, "any origin, with credentials", "origin-reflected", BrowserUsers, |asked| trusting(asked, |_| true)),
    row(1, "any origin, without credentials", "origin-reflected", ScannersOnly, |asked| {
        with(trusting(asked, |_| true), "access-control-allow-credentials", None)
    }),
    row(2, "null", "null-origin", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o == "null")),
    row(3, "prefix", "origin-prefix", BrowserUsers, |asked| trusting(asked, |o| o.starts_with(PAGE))),
    row(4, "suffix", "origin-suffix", BrowserUsers, |asked| trusting(asked, |o| o.ends_with("app.shop.test"))),
    row(5, "a bare dot, the last", "origin-unescaped-dot", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o == "https://app.shopxtest")),
    row(5, "a bare dot, the first", "origin-unescaped-dot", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o == "https://appxshop.test")),
    row(6, "contains", "origin-substring", BrowserUsers, |asked| trusting(asked, |o| o.contains("app.shop.test"))),
    row(7, "any subdomain", "origin-any-subdomain", BrowserUsers, |asked| trusting(asked, |o| o.ends_with(".shop.test"))),
    row(8, "http", "insecure-origin", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o == "http://app.shop.test")),
    row(9, "underscore", "origin-underscore", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o.starts_with("https://app.shop.test_"))),
    row(10, "backtick, escaped", "origin-backtick", ScannersOnly, |asked| trusting(asked, |o| o == PAGE || o.starts_with("https://app.shop.test%60"))),
    row(11, "another special character", "origin-special-character", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o.starts_with("https://app.shop.test="))),
    row(12, "looks local", "localhost-origin", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o.starts_with("https://localhost."))),
    row(13, "a playground", "shared-hosting-origin", BrowserUsers, |asked| trusting(asked, |o| o == PAGE || o == "https://codepen.io")),
    row(14, "a wildcard for what sets cookies", "wildcard-on-sensitive", ScannersOnly, |asked| open(asked, "set-cookie: a=b")),
    row(15, "a wildcard and credentials", "wildcard-with-credentials", BrowserUsers, |asked| open(asked, "access-control-allow-credentials: true")),
    row(16, "no origin", "invalid-allow-origin", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("all"))),
    row(16, "credentials as another language writes true", "invalid-allow-credentials", BrowserUsers, |asked| sending(asked, "GET", "access-control-allow-credentials", Some("True"))),
    row(16, "credentials from two layers", "invalid-allow-credentials", BrowserUsers, |asked| sending(asked, "OPTIONS", "access-control-allow-credentials", Some("true, true"))),
    row(17, "a list with a wildcard and credentials", "wildcard-list-with-credentials", BrowserUsers, |asked| sending(asked, "OPTIONS", ALLOW_METHODS, Some("*"))),
    row(17, "exposed headers with a wildcard and credentials", "wildcard-list-with-credentials", BrowserUsers, |asked| sending(asked, "GET", "access-control-expose-headers", Some("*"))),
    row(19, "a trailing slash", "unmatchable-allow-origin", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("https://app.shop.test/"))),
    row(19, "a default port", "unmatchable-allow-origin", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("https://app.shop.test:443"))),
    row(19, "not in ASCII", "unmatchable-allow-origin", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("https://bücher.test"))),
    row(19, "file:", "unmatchable-allow-origin", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("file://"))),
    row(20, "a forbidden method", "pointless-list-entry", ScannersOnly, |asked| sending(asked, "OPTIONS", ALLOW_METHODS, Some("GET, TRACE"))),
    row(20, "a forbidden header", "pointless-list-entry", ScannersOnly, |asked| sending(asked, "OPTIONS", ALLOW_HEADERS, Some("Cookie"))),
    row(20, "a header of answers", "pointless-list-entry", ScannersOnly, |asked| sending(asked, "OPTIONS", ALLOW_HEADERS, Some("access-control-allow-origin"))),
    row(21, "beyond what browsers keep", "max-age", ScannersOnly, |asked| sending(asked, "OPTIONS", "access-control-max-age", Some("604800"))),
    row(21, "no number", "max-age", BrowserUsers, |asked| sending(asked, "OPTIONS", "access-control-max-age", Some("1h"))),
    row(22, "no Vary where a cache keeps it", "vary-origin-missing", BrowserUsers, |asked| {
        with(with(careful(asked, |o| o == PAGE), "vary", None), "cache-control", Some("public, max-age=60"))
    }),
    row(22, "no Vary, and nothing says that a cache keeps it", "vary-origin-missing", ScannersOnly, |asked| {
        with(careful(asked, |o| o == PAGE), "vary", None)
    }),
    row(23, "a cache that ignores Vary", "cache-ignores-origin", BrowserUsers, |asked| {
        let is_fresh = asked.url.query().is_some_and(|query| query.contains("corswatch"));
        match asked.method == "GET" && asked.origin == PAGE && !is_fresh && !is_error(asked) {
            true => careful(&Asked { origin: "https://m.shop.test", ..*asked }, |_| true),
            false => careful(asked, |o| o == PAGE),
        }
    }),
    row(24, "a wildcard for Authorization", "wildcard-without-authorization", BrowserUsers, |asked| open(asked, "access-control-allow-headers: *")),
    row(25, "OPTIONS is to log in", "preflight-refused", BrowserUsers, |asked| match asked.method { "OPTIONS" => answer(401, "vary: Origin"), _ => careful(asked, |o| o == PAGE) }),
    row(25, "OPTIONS is refused", "preflight-refused", BrowserUsers, |asked| match asked.method { "OPTIONS" => answer(405, "vary: Origin"), _ => careful(asked, |o| o == PAGE) }),
    row(25, "OPTIONS is redirected", "preflight-refused", BrowserUsers, |asked| match asked.method { "OPTIONS" => answer(301, "location: /items/\nvary: Origin"), _ => careful(asked, |o| o == PAGE) }),
    row(25, "OPTIONS is answered like any other", "preflight-refused", BrowserUsers, |asked| match asked.method { "OPTIONS" => answer(200, "allow: GET, HEAD"), _ => careful(asked, |o| o == PAGE) }),
    row(26, "a 404 without headers", "errors-without-cors", BrowserUsers, |asked| match is_error(asked) { true => answer(404, ""), false => careful(asked, |o| o == PAGE) }),
    row(26, "a 500 without headers", "errors-without-cors", BrowserUsers, |asked| match asked.url.query() == Some("page=corswatch-audit") { true => answer(500, ""), false => careful(asked, |o| o == PAGE) }),
    row(26, "a 500 of the URL itself", "errors-without-cors", BrowserUsers, |asked| match asked.method { "GET" => answer(500, "vary: Origin"), _ => careful(asked, |o| o == PAGE) }),
    row(26, "a 401 without headers", "errors-without-cors", BrowserUsers, |asked| match asked.method { "GET" => answer(401, "vary: Origin"), _ => careful(asked, |o| o == PAGE) }),
    row(27, "two layers", "duplicate-allow-origin", BrowserUsers, |asked| {
        let mut answer = careful(asked, |o| o == PAGE);
        if asked.origin == PAGE {
            answer.headers.push(ALLOW_ORIGIN, PAGE);
        }
        answer
    }),
    row(27, "a list", "duplicate-allow-origin", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("https://app.shop.test, https://m.shop.test"))),
    row(28, "a misspelt header", "misspelt-header", BrowserUsers, |asked| sending(asked, "OPTIONS", "access-control-allow-max-age", Some("600"))),
    row(29, "a method in lower case", "method-case", BrowserUsers, |asked| sending(asked, "OPTIONS", ALLOW_METHODS, Some("get, patch"))),
    row(29, "a list that is none", "method-case", BrowserUsers, |asked| sending(asked, "OPTIONS", ALLOW_HEADERS, Some("x-a; x-b"))),
    row(30, "a redirect to another origin", "redirect-loses-origin", BrowserUsers, |asked| redirected(asked, "https://cdn.shop.test/x")),
    row(30, "a user name in Location", "redirect-loses-origin", BrowserUsers, |asked| redirected(asked, "https://user:secret@api.shop.test/x")),
    row(31, "the private network", "private-network-allowed", ScannersOnly, |asked| sending(asked, "OPTIONS", "access-control-allow-private-network", Some("true"))),
    row(32, "a header that pages read", "header-not-exposed", BrowserUsers, |asked| sending(asked, "GET", "access-control-expose-headers", None)),
    row(33, "preflight and response disagree", "answers-disagree", BrowserUsers, |asked| sending(asked, "GET", ALLOW_ORIGIN, None)),
    row(33, "the response allows more", "answers-disagree", BrowserUsers, |asked| sending(asked, "OPTIONS", ALLOW_ORIGIN, None)),
    row(34, "no Timing-Allow-Origin", "timing-allow-origin-missing", ScannersOnly, |asked| sending(asked, "GET", "timing-allow-origin", None)),
];

fn redirected(asked: &Asked<'_>, location: &str) -> Answer {
    let mut answer = careful(asked, |origin| origin == PAGE);
    if asked.method == "GET" && answer.status == 200 {
        answer.status = 302;
        answer.headers.push("location", location);
    }
    answer
}

#[tokio::test]
async fn each_row_is_found_where_that_is_wrong_and_tells_who_is_affected() {
    let target = target();
    for row in ROWS {
        let found = audit(&Fake(row.fault), &target).await.findings;
        let finding = found.iter().find(|finding| finding.rule.id == row.rule);
        let (number, what) = (row.number, row.what);
        let finding = finding.unwrap_or_else(|| panic!("{number} {what}: {found:#?}"));
        assert_eq!(finding.affects, Some(row.affects), "{number} {what}");
        assert!(!finding.fix.is_empty(), "{number} {what}: {finding:#?}");
    }
}

/// What takes another target than the others.
#[tokio::test]
async fn neighbours_on_a_shared_suffix_and_paths_and_edges_that_differ_are_found() {
    let hosted = Target {
        page_origins: vec![Origin::parse("https://shop.github.io").expect("an origin")],
        ..target()
    };
    let server = Fake(|asked: &Asked<'_>| careful(asked, |o| o.ends_with(".github.io")));
    let found = audit(&server, &hosted).await.findings;
    assert!(
        found
            .iter()
            .any(|finding| finding.rule.id == "public-suffix-subdomains"),
        "{found:#?}"
    );
    let server =
        Fake(|asked: &Asked<'_>| careful(asked, |o| o == PAGE && asked.url.path() != "/other"));
    let one = audit(&server, &target()).await.stance.expect("an answer");
    let other = Target {
        url: "https://api.shop.test/other".parse().expect("a URL"),
        ..target()
    };
    let other = audit(&server, &other).await.stance.expect("an answer");
    assert!(other.beside(&[one]).is_some());
    let edge = "https://edge.test/".parse().expect("a URL");
    let origin = "https://origin.test/".parse().expect("a URL");
    let server = Fake(|asked: &Asked<'_>| {
        let answer = careful(asked, |o| o == PAGE);
        match asked.url.host_str() {
            Some("edge.test") => with(answer, ALLOW_ORIGIN, None),
            _ => answer,
        }
    });
    let found = compare(&server, &edge, &origin, &target().page_origins).await;
    assert!(!found.is_empty());
}

#[test]
fn every_number_has_a_row() {
    let elsewhere = 18;
    for number in (1..=34).filter(|number| *number != elsewhere) {
        assert!(ROWS.iter().any(|row| row.number == number), "{number}");
    }
}

#[tokio::test]
async fn what_is_to_be_changed_is_what_explain_says() {
    let cases: [(Fault, &str, &str); 4] = [
        (
            |asked| careful(asked, |_| false),
            "page-origin-not-allowed",
            "access-control-allow-origin: https://app.shop.test",
        ),
        (
            |asked| sending(asked, "GET", ALLOW_ORIGIN, Some("https://app.shop.test/")),
            "unmatchable-allow-origin",
            "access-control-allow-origin: https://app.shop.test",
        ),
        (
            |asked| match asked.method {
                "OPTIONS" => answer(401, "server: gate\nvary: Origin"),
                _ => careful(asked, |origin| origin == PAGE),
            },
            "preflight-refused",
            "A login is asked for by `gate` (server) before CORS is looked at (status 401)",
        ),
        (
            |asked| open(asked, "access-control-allow-credentials: true"),
            "wildcard-with-credentials",
            "access-control-allow-origin: https://app.shop.test",
        ),
    ];
    for (fault, rule, expected) in cases {
        let found = audit(&Fake(fault), &target()).await.findings;
        let finding = found.iter().find(|finding| finding.rule.id == rule);
        let fix = &finding.expect(rule).fix;
        assert!(
            fix.iter().any(|line| line.starts_with(expected)),
            "{rule}: {fix:#?}"
        );
    }
}

#[tokio::test]
async fn a_filter_that_drops_odd_origins_is_no_reason_to_say_nothing() {
    let dropping = Dropping;
    let found = audit(&dropping, &target()).await.findings;
    assert_eq!(found, []);
}

/// A careful server behind a filter that does not answer origins it does not know.
struct Dropping;

impl audit::Server for Dropping {
    async fn ask(
        &self,
        method: &str,
        url: &url::Url,
        headers: &cors::Headers,
    ) -> Result<Answer, audit::NoResponse> {
        let origin = headers.joined("origin").unwrap_or_default().into_owned();
        let origin = String::from_utf8(origin).expect("text");
        if !["", PAGE, "https://corswatch-audit.example"].contains(&origin.as_str()) {
            return Err(audit::NoResponse::no_answer("reset".to_owned()));
        }
        let asked = Asked {
            method,
            url,
            origin: &origin,
            headers,
        };
        Ok(careful(&asked, |origin| origin == PAGE))
    }
}
