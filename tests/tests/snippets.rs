//! The configuration that `explain --fix-for` prints, in the servers that it is meant for: what was
//! blocked passes, for that page and no other.

use std::future::Future;

use browse::{
    Addresses, BrowsePolicy, Client, Limits, Methods, Names, TargetPolicy, Values, Walk, browse,
};
use cors::{Credentials, Headers, Mode, Request, RequestParts, Ruling};
use corswatch_tests::{Kind, WebServer, tower};
use explain::fix::{Platform, Policy, snippet};
use web::{OriginPattern, Schemes};

const PAGE: &str = "https://app.test";

fn client(base: &str) -> Client {
    let rule = OriginPattern::read(base, Schemes::Web).expect("an origin");
    let policy = TargetPolicy::default().allow(rule, Addresses::Private);
    Client::new(policy, Names::default(), Limits::default())
}

struct Ask {
    page: &'static str,
    path: &'static str,
    method: &'static str,
    headers: &'static [(&'static str, &'static str)],
    credentials: Credentials,
}

const PUT: Ask = Ask {
    page: PAGE,
    path: "/x",
    method: "PUT",
    headers: &[("x-tenant", "1")],
    credentials: Credentials::Include,
};

const DELETE: Ask = Ask {
    method: "DELETE",
    headers: &[],
    credentials: Credentials::Omit,
    ..PUT
};

async fn ask(base: &str, ask: &Ask) -> Walk {
    let url = format!("{base}{}", ask.path);
    let headers: Headers = ask.headers.iter().copied().collect();
    let request = Request::new(RequestParts {
        page_origin: ask.page,
        url: &url,
        method: ask.method,
        mode: Mode::Cors,
        credentials: ask.credentials,
        headers,
    });
    let manner = BrowsePolicy {
        methods: Methods::Any,
        values: Values::Known,
    };
    browse(&client(base), &request.expect("a request"), manner).await
}

/// Configures a server with the snippet for a request that it blocks, and asks again.
async fn mends(kind: Kind, platform: Platform, blocked: Ask) {
    let bare = WebServer::start(kind, "").await;
    let before = ask(&bare.base, &blocked).await;
    let judgement = &before.verdict.judgement;
    assert_eq!(judgement.ruling, Ruling::Blocked, "{kind:?} {before:#?}");
    let policy = Policy::of(&before.exchange, judgement).expect("an origin");
    drop(bare);

    let text = snippet(platform, &policy);
    let server = WebServer::start(kind, &text).await;
    let passes = async |what: &str, asked: &Ask, expected: Ruling| {
        let walk = ask(&server.base, asked).await;
        let found = walk.verdict.judgement.ruling;
        assert_eq!(
            found, expected,
            "{kind:?}, {what}: {}\n{walk:#?}\n{text}",
            walk.verdict
        );
    };
    passes("the request", &blocked, Ruling::Allowed).await;
    let missing = Ask {
        path: "/missing",
        ..blocked
    };
    passes("an error", &missing, Ruling::Allowed).await;
    let read = Ask {
        method: "GET",
        headers: &[],
        ..blocked
    };
    passes("a read", &read, Ruling::Allowed).await;
    let stranger = Ask {
        page: "https://evil.test",
        ..blocked
    };
    passes("a stranger", &stranger, Ruling::Blocked).await;
    let unknown = Ask {
        headers: &[("x-unknown", "1")],
        ..blocked
    };
    passes("another header", &unknown, Ruling::Blocked).await;
}

async fn both(kind: Kind, platform: Platform) {
    mends(kind, platform, PUT).await;
    mends(kind, platform, DELETE).await;
}

#[tokio::test]
async fn the_snippet_for_nginx_mends_a_blocked_request() {
    both(Kind::Nginx, Platform::Nginx).await;
}

#[tokio::test]
async fn the_snippet_for_caddy_mends_a_blocked_request() {
    both(Kind::Caddy, Platform::Caddy).await;
}

#[tokio::test]
async fn the_snippet_for_apache_mends_a_blocked_request() {
    both(Kind::Apache, Platform::Apache).await;
}

#[tokio::test]
async fn the_snippet_for_haproxy_mends_a_blocked_request() {
    both(Kind::HaProxy, Platform::HaProxy).await;
}

#[tokio::test]
async fn the_snippet_for_express_mends_a_blocked_request() {
    both(Kind::Express, Platform::Express).await;
}

#[tokio::test]
async fn the_snippet_for_fastapi_mends_a_blocked_request() {
    both(Kind::FastApi, Platform::FastApi).await;
}

/// Polls a server only as long as it is asked.
async fn while_serving<T>(server: impl Future<Output = ()>, work: impl Future<Output = T>) -> T {
    tokio::select! {
        () = server => panic!("the server ended"),
        done = work => done,
    }
}

#[tokio::test]
async fn the_snippet_for_tower_http_is_what_is_compiled_here_and_mends_a_blocked_request() {
    let policy = Policy {
        origin: PAGE.to_owned(),
        methods: vec!["PUT".to_owned()],
        headers: vec!["x-tenant".to_owned()],
        expose: Vec::new(),
        credentials: Credentials::Include,
        max_age_seconds: 600,
        existing: explain::fix::Existing::Nothing,
    };
    // As the formatter may break it.
    let bare = |text: &str| {
        text.split_whitespace()
            .collect::<String>()
            .replace(",)", ")")
    };
    let compiled = bare(include_str!("../src/tower/mod.rs"));
    for line in snippet(Platform::TowerHttp, &policy).lines() {
        // Where the value goes, and imports, are the reader's business.
        let line = line
            .trim()
            .trim_start_matches("let cors = ")
            .trim_end_matches(';');
        if !line.starts_with("use ") && !line.starts_with("let app") {
            assert!(
                compiled.contains(&bare(line)),
                "`{line}` is not in tower/mod.rs"
            );
        }
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    while_serving(tower::serve(listener, tower::layer()), async {
        for (asked, expected) in [
            (PUT, Ruling::Allowed),
            (
                Ask {
                    path: "/missing",
                    ..PUT
                },
                Ruling::Allowed,
            ),
            (
                Ask {
                    page: "https://evil.test",
                    ..PUT
                },
                Ruling::Blocked,
            ),
            (
                Ask {
                    headers: &[("x-unknown", "1")],
                    ..PUT
                },
                Ruling::Blocked,
            ),
        ] {
            let walk = ask(&base, &asked).await;
            assert_eq!(walk.verdict.judgement.ruling, expected, "{walk:#?}");
        }
    })
    .await;
}
