//! Each rule of the audit at a server that breaks it, and none at one that does not.
#![allow(missing_docs)]

mod support;

use std::collections::BTreeSet;

use audit::{OnPaper, RULES, Target, audit, compare};
use cors::Origin;
use url::Url;

use support::{Asked, Fake, PAGE, answer, broken, careful, target, with};

#[tokio::test]
async fn a_careful_server_has_no_finding() {
    let found = broken(&target(), |asked| careful(asked, |origin| origin == PAGE)).await;
    assert_eq!(found, BTreeSet::new());
    let found = broken(
        &Target {
            page_origins: Vec::new(),
            ..target()
        },
        |asked| careful(asked, |origin| origin == PAGE),
    )
    .await;
    assert_eq!(
        found,
        BTreeSet::new(),
        "nor where no one is known to be allowed"
    );
}

#[tokio::test]
async fn public_data_for_everybody_is_no_finding() {
    let everybody = |asked: &Asked<'_>| match asked.method {
        "OPTIONS" => answer(
            204,
            "access-control-allow-origin: *\naccess-control-allow-methods: GET\naccess-control-max-age: 600",
        ),
        _ => answer(
            200,
            "access-control-allow-origin: *\ntiming-allow-origin: *\ncache-control: public, max-age=60",
        ),
    };
    assert_eq!(broken(&target(), everybody).await, BTreeSet::new());
    let plain = |asked: &Asked<'_>| match asked.method {
        "OPTIONS" => answer(200, "allow: GET, HEAD"),
        _ => everybody(asked),
    };
    let no_page = Target {
        page_origins: Vec::new(),
        ..target()
    };
    assert_eq!(
        broken(&no_page, plain).await,
        BTreeSet::new(),
        "no one is known to need more"
    );
}

type Trusts = fn(&str) -> bool;
const COMPARISONS: &[(&str, Trusts, &[&str])] = &[
    ("everybody", |_| true, &["origin-reflected"]),
    ("null", |o| o == PAGE || o == "null", &["null-origin"]),
    ("starts with", |o| o.starts_with(PAGE), &["origin-prefix"]),
    (
        "ends with",
        |o| o.ends_with("app.shop.test") && o.starts_with("https:"),
        &["origin-suffix", "origin-any-subdomain"],
    ),
    (
        "ends with the domain, and no dot before it",
        |o| o.ends_with("shop.test") && o.starts_with("https:"),
        &["origin-suffix", "origin-any-subdomain"],
    ),
    (
        "a pattern for any subdomain, with a dot too few",
        |o| o.starts_with("https://") && o.ends_with("shop.test"),
        &["origin-suffix", "origin-any-subdomain"],
    ),
    (
        "contains",
        |o| o.contains("app.shop.test"),
        &[
            "origin-prefix",
            "origin-suffix",
            "origin-substring",
            "origin-any-subdomain",
            "insecure-origin",
        ],
    ),
    (
        "is part of the list",
        |o| !o.is_empty() && "https://app.shop.test https://pp.shop.test".contains(o),
        &["origin-substring"],
    ),
    (
        "a bare dot",
        |o| o == PAGE || o == "https://appxshop.test",
        &["origin-unescaped-dot"],
    ),
    (
        "any subdomain",
        |o| o == PAGE || o.ends_with(".shop.test") && o.starts_with("https://"),
        &["origin-any-subdomain"],
    ),
    (
        "any scheme",
        |o| o == PAGE || o == "http://app.shop.test",
        &["insecure-origin"],
    ),
    (
        "underscore",
        |o| o.starts_with("https://app.shop.test_") || o == PAGE,
        &["origin-underscore"],
    ),
    (
        "backtick",
        |o| o.starts_with("https://app.shop.test%60") || o == PAGE,
        &["origin-backtick"],
    ),
    (
        "tilde",
        |o| o.starts_with("https://app.shop.test~") || o == PAGE,
        &["origin-special-character"],
    ),
    (
        "localhost",
        |o| o == PAGE || o.starts_with("http://localhost"),
        &["localhost-origin"],
    ),
    (
        "looks local",
        |o| o == PAGE || o.starts_with("https://localhost."),
        &["localhost-origin"],
    ),
    (
        "playground",
        |o| o == PAGE || o == "https://codepen.io",
        &["shared-hosting-origin"],
    ),
];

#[tokio::test]
async fn a_careless_comparison_is_named() {
    for (name, trusts, expected) in COMPARISONS {
        let found = broken(&target(), |asked| careful(asked, trusts)).await;
        assert_eq!(found, expected.iter().copied().collect(), "{name}");
    }
    let hosted = Target {
        page_origins: vec![Origin::parse("https://shop.github.io").expect("an origin")],
        ..target()
    };
    let suffix = |o: &str| {
        o == "https://shop.github.io" || o.ends_with(".github.io") && o.starts_with("https://")
    };
    let found = broken(&hosted, |asked| careful(asked, suffix)).await;
    assert_eq!(
        found,
        ["public-suffix-subdomains", "shared-hosting-origin"].into()
    );
}

const ORIGIN: &str = "access-control-allow-origin";
const METHODS: &str = "access-control-allow-methods";
const HEADERS: &str = "access-control-allow-headers";

/// A careful server in whose answers to one kind of request a header is another.
const HEADERS_GONE_WRONG: &[(&str, &str, Option<&str>, &[&str])] = &[
    (
        "GET",
        ORIGIN,
        Some("https://app.shop.test/"),
        &["unmatchable-allow-origin", "answers-disagree"],
    ),
    (
        "GET",
        ORIGIN,
        Some("https://app.shop.test:443"),
        &["unmatchable-allow-origin", "answers-disagree"],
    ),
    (
        "GET",
        ORIGIN,
        Some("https://*.shop.test"),
        &["unmatchable-allow-origin", "answers-disagree"],
    ),
    (
        "GET",
        ORIGIN,
        Some("all"),
        &["invalid-allow-origin", "answers-disagree"],
    ),
    (
        "GET",
        ORIGIN,
        Some("https://a.test, https://app.shop.test"),
        &["duplicate-allow-origin", "answers-disagree"],
    ),
    ("GET", ORIGIN, None, &["answers-disagree"]),
    (
        "GET",
        "access-control-allow-credentials",
        None,
        &["answers-disagree"],
    ),
    (
        "GET",
        "timing-allow-origin",
        None,
        &["timing-allow-origin-missing"],
    ),
    ("GET", "vary", None, &["vary-origin-missing"]),
    (
        "GET",
        "access-control-expose-headers",
        None,
        &["header-not-exposed"],
    ),
    (
        "GET",
        "access-control-expose-headers",
        Some("*"),
        &["wildcard-list-with-credentials", "header-not-exposed"],
    ),
    (
        "GET",
        "access-control-expose-headers",
        Some("x-total-count, set-cookie"),
        &["pointless-list-entry"],
    ),
    (
        "GET",
        "access-control-alow-orgin",
        Some("*"),
        &["misspelt-header"],
    ),
    (
        "OPTIONS",
        "access-control-allow-max-age",
        Some("600"),
        &["misspelt-header"],
    ),
    ("OPTIONS", "access-control-max-age", None, &["max-age"]),
    (
        "OPTIONS",
        "access-control-max-age",
        Some("10m"),
        &["max-age"],
    ),
    (
        "OPTIONS",
        "access-control-max-age",
        Some("-1"),
        &["max-age"],
    ),
    (
        "OPTIONS",
        "access-control-max-age",
        Some("86401"),
        &["max-age"],
    ),
    ("OPTIONS", METHODS, Some("get, put"), &["method-case"]),
    ("OPTIONS", METHODS, Some("\"PUT\""), &["method-case"]),
    (
        "OPTIONS",
        METHODS,
        Some("*"),
        &["wildcard-list-with-credentials"],
    ),
    (
        "OPTIONS",
        METHODS,
        Some("GET, TRACE"),
        &["pointless-list-entry"],
    ),
    (
        "OPTIONS",
        HEADERS,
        Some("x-tenant, Origin"),
        &["pointless-list-entry"],
    ),
    (
        "OPTIONS",
        HEADERS,
        Some("x-tenant, Access-Control-Allow-Origin"),
        &["pointless-list-entry"],
    ),
    (
        "OPTIONS",
        HEADERS,
        Some("*"),
        &["wildcard-list-with-credentials"],
    ),
    (
        "OPTIONS",
        "access-control-allow-private-network",
        Some("true"),
        &["private-network-allowed"],
    ),
];

#[tokio::test]
async fn a_header_that_is_wrong_is_named() {
    for (method, name, value, expected) in HEADERS_GONE_WRONG {
        let server = |asked: &Asked<'_>| {
            let answer = careful(asked, |origin| origin == PAGE);
            match asked.method == *method {
                true => with(answer, name, *value),
                false => answer,
            }
        };
        let found = broken(&target(), server).await;
        assert_eq!(
            found,
            expected.iter().copied().collect(),
            "{method} {name} {value:?}"
        );
    }
}

#[tokio::test]
async fn what_a_server_does_wrong_is_named() {
    let target = target();
    let is_page = |origin: &str| origin == PAGE;
    for status in [302, 401, 403, 404, 405, 500] {
        let found = broken(&target, |asked| match asked.method {
            "OPTIONS" => answer(status, "location: /login\nvary: Origin"),
            _ => careful(asked, is_page),
        });
        assert_eq!(found.await, ["preflight-refused"].into(), "{status}");
    }
    let found = broken(&target, |asked| {
        match asked.url.path().ends_with("no-such-path") {
            true => answer(404, "content-type: text/html"),
            false => careful(asked, is_page),
        }
    });
    assert_eq!(found.await, ["errors-without-cors"].into());
    for location in [
        "https://cdn.shop.test/x",
        "https://user:secret@api.shop.test/x",
    ] {
        let found = broken(&target, |asked| {
            let mut answer = careful(asked, is_page);
            if asked.method == "GET" && answer.status == 200 {
                answer.status = 302;
                answer.headers.push("location", location);
            }
            answer
        });
        assert_eq!(found.await, ["redirect-loses-origin"].into(), "{location}");
    }
    let found = broken(&target, |asked| {
        let fresh = asked
            .url
            .query()
            .is_some_and(|query| query.contains("corswatch"));
        let pinned = careful(
            &Asked {
                origin: "https://m.shop.test",
                ..*asked
            },
            |_| true,
        );
        if asked.method == "GET" && asked.origin == PAGE && !fresh && asked.url.query().is_some() {
            pinned
        } else {
            careful(asked, is_page)
        }
    });
    assert_eq!(
        found.await,
        ["answers-disagree", "cache-ignores-origin"].into()
    );
}

#[tokio::test]
async fn a_wildcard_is_judged_by_what_it_opens() {
    let open = |more: &'static str| {
        move |asked: &Asked<'_>| {
            let lines = format!(
                "access-control-allow-origin: *\ntiming-allow-origin: *\naccess-control-max-age: 600\n{more}"
            );
            answer(if asked.method == "OPTIONS" { 204 } else { 200 }, &lines)
        }
    };
    let cases: &[(&str, &[&str])] = &[
        ("set-cookie: a=b", &["wildcard-on-sensitive"]),
        ("cache-control: private", &["wildcard-on-sensitive"]),
        (
            "access-control-allow-credentials: true",
            &["wildcard-with-credentials"],
        ),
        (
            "access-control-allow-headers: *",
            &["wildcard-without-authorization"],
        ),
        ("access-control-allow-headers: *, Authorization", &[]),
    ];
    for (more, expected) in cases {
        let found = broken(&target(), open(more)).await;
        assert_eq!(found, expected.iter().copied().collect(), "{more}");
    }
}

#[tokio::test]
async fn what_a_page_reads_must_be_readable() {
    let reads = Target {
        reads: vec!["X-Total-Count".to_owned(), "x-next".to_owned()],
        ..target()
    };
    let found = broken(&reads, |asked| careful(asked, |origin| origin == PAGE)).await;
    assert_eq!(
        found,
        ["header-not-exposed"].into(),
        "x-next is not sent at all"
    );
}

#[tokio::test]
async fn paths_of_one_server_that_differ_are_named() {
    let server =
        Fake(|asked: &Asked<'_>| careful(asked, |o| o == PAGE && asked.url.path() != "/b"));
    let one = audit(&server, &target()).await.stance.expect("an answer");
    let other = Target {
        url: "https://api.shop.test/b".parse().expect("a URL"),
        ..target()
    };
    let other = audit(&server, &other).await.stance.expect("an answer");
    assert_eq!(one.beside(std::slice::from_ref(&one)), None);
    let finding = other.beside(&[one]).expect("they differ");
    assert!(
        finding.message.contains("/b lets no one read"),
        "{}",
        finding.message
    );
}

#[tokio::test]
async fn an_edge_is_held_against_its_origin_header_by_header() {
    let edge: Url = "https://edge.test/x".parse().expect("a URL");
    let origin: Url = "https://origin.test/x".parse().expect("a URL");
    let pages = [Origin::parse(PAGE).expect("an origin")];
    let cases: &[(&str, Option<&str>, usize, &str)] = &[
        ("x-cache", Some("HIT"), 0, ""),
        ("vary", Some("Origin, Accept-Encoding"), 0, ""),
        ("vary", None, 2, "the edge strips `vary`"),
        (
            "access-control-allow-origin",
            None,
            2,
            "the edge strips `access-control-allow-origin`",
        ),
        (
            "access-control-allow-origin",
            Some("https://m.test"),
            2,
            "is `https://m.test` at the edge",
        ),
        (
            "access-control-allow-private-network",
            Some("true"),
            2,
            "the edge adds",
        ),
    ];
    for (name, value, count, text) in cases {
        let server = Fake(|asked: &Asked<'_>| {
            let answer = careful(asked, |o| o == PAGE);
            match asked.url.host_str() {
                Some("edge.test") => with(answer, name, *value),
                _ => answer,
            }
        });
        let findings = compare(&server, &edge, &origin, &pages).await;
        assert_eq!(findings.len(), *count, "{name}: {findings:#?}");
        assert!(
            findings
                .iter()
                .all(|finding| finding.message.contains(text)),
            "{findings:#?}"
        );
    }
}

#[tokio::test]
async fn a_page_that_is_meant_to_read_and_cannot_is_named() {
    let target = target();
    for trusted in ["https://app.shop.test/", "https://other.shop.test"] {
        let found = broken(&target, |asked| {
            let answer = careful(asked, |_| false);
            with(answer, ORIGIN, Some(trusted))
        });
        assert!(found.await.contains("page-origin-not-allowed"), "{trusted}");
    }
    let found = broken(&target, |asked| careful(asked, |_| false)).await;
    assert_eq!(found, ["page-origin-not-allowed"].into());
}

#[tokio::test]
async fn a_server_that_refuses_to_be_asked_about_private_networks_has_no_finding() {
    let target = target();
    // Starlette's CORSMiddleware answers so.
    let found = broken(&target, |asked| {
        let asks = asked
            .headers
            .all("access-control-request-private-network")
            .next();
        match asks {
            Some(_) => answer(400, "vary: Origin"),
            None => careful(asked, |origin| origin == PAGE),
        }
    });
    assert_eq!(found.await, BTreeSet::new());
}

/// The rules that a policy in nginx's form breaks, for a page that is meant to read.
async fn broken_on_paper(text: &str, url: &str, page: &str) -> BTreeSet<&'static str> {
    let found = found_on_paper(text, url, page).await;
    found.iter().map(|finding| finding.rule.id).collect()
}

/// The same with all that is said about them.
async fn found_on_paper(text: &str, url: &str, page: &str) -> Vec<findings::Finding> {
    let source = policy::Source {
        name: "nginx.conf",
        text,
        load: &|name: &str| Err(format!("{name} is not here")),
    };
    let (policy, problems) = policy::Policy::read(policy::Form::Nginx, &source);
    assert!(problems.is_empty(), "{problems:?}");
    let target = Target {
        url: url.parse().expect("a URL"),
        page_origins: vec![Origin::parse(page).expect("an origin")],
        reads: Vec::new(),
    };
    let server = OnPaper::new(&policy, None);
    let mut audited = audit(&server, &target).await;
    server.finish(&target, audit::PageOrigins::Given, &mut audited.findings);
    audited.findings
}

#[tokio::test]
async fn a_finding_says_which_line_sets_the_header_that_is_missing_and_why_it_does_nothing() {
    let url = "https://api.example.com/v1/items";
    let page = "https://app.example.com";
    for (text, rule, expected) in [
        (
            include_str!("reports/47-nginx-no-always.conf").to_owned(),
            "errors-without-cors",
            "without `always` adds nothing to an answer 504",
        ),
        (
            "server {\n  server_name api.example.com;\n  add_header Access-Control-Allow-Origin https://app.example.com;\n  location / {\n    add_header X-A 1;\n    proxy_pass http://x;\n  }\n}\n".to_owned(),
            "page-origin-not-allowed",
            "nginx.conf:3: Access-Control-Allow-Origin is set here, but the `add_header` at nginx.conf:5 hides",
        ),
    ] {
        let found = found_on_paper(&text, url, page).await;
        let said = found.iter().filter(|finding| finding.rule.id == rule);
        let mut lines = said.flat_map(|finding| &finding.evidence);
        assert!(lines.any(|line| line.contains(expected)), "{rule} {found:#?}");
    }
}

#[tokio::test]
async fn a_gateway_that_leaves_the_headers_out_of_its_own_errors_is_named() {
    let reported = include_str!("reports/47-nginx-no-always.conf");
    for (text, is_wrong) in [
        (reported.to_owned(), true),
        (reported.replace(".com;", ".com always;"), false),
    ] {
        let page = "https://app.example.com";
        let url = "https://api.example.com/v1/items";
        let text = text.replace(
            "server_name api.example.com always;",
            "server_name api.example.com;",
        );
        let found = broken_on_paper(&text, url, page).await;
        assert_eq!(
            found.contains("errors-without-cors"),
            is_wrong,
            "{text} {found:?}"
        );
    }
}

#[test]
fn every_rule_of_the_audit_has_its_own_name() {
    let ids: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    assert!(RULES.len() >= 34);
}
