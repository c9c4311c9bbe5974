//! Web servers in their usual wrong configurations, and in a right one: what the audit says of them.

use std::collections::BTreeSet;

use audit::{Target, audit};
use browse::{Addresses, Client, Limits, Names, TargetPolicy};
use cors::Origin;
use corswatch_tests::{Kind, WebServer, tower};
use tower_http::cors::CorsLayer;
use web::{OriginPattern, Schemes};

/// The rules that a server breaks, for a page that is meant to read.
async fn broken(base: &str) -> BTreeSet<&'static str> {
    let rule = OriginPattern::read(base, Schemes::Web).expect("an origin");
    let policy = TargetPolicy::default().allow(rule, Addresses::Private);
    let client = Client::new(policy, Names::default(), Limits::default());
    let target = Target {
        url: format!("{base}/x").parse().expect("a URL"),
        page_origins: vec![Origin::parse("https://app.test").expect("an origin")],
        reads: Vec::new(),
    };
    let audited = audit(&client, &target).await;
    audited
        .findings
        .iter()
        .map(|finding| finding.rule.id)
        .collect()
}

/// A kind of server, a piece of its configuration, and the rules that it breaks.
type Case = (Kind, &'static str, &'static [&'static str]);

async fn check(cases: &[Case]) {
    for (kind, piece, expected) in cases {
        let server = WebServer::start(*kind, piece).await;
        let found = broken(&server.base).await;
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(found, expected, "{kind:?}\n{piece}");
    }
}

const RIGHT_NGINX: &str = r#"
map $http_origin $allowed { default ""; "https://app.test" $http_origin; }
# location
add_header Access-Control-Allow-Origin $allowed always;
add_header Timing-Allow-Origin $allowed always;
add_header Vary Origin always;
if ($request_method = OPTIONS) {
    add_header Access-Control-Allow-Origin $allowed always;
    add_header Access-Control-Allow-Methods "GET, PUT" always;
    add_header Access-Control-Allow-Headers "authorization, x-tenant" always;
    add_header Access-Control-Max-Age 600 always;
    add_header Vary Origin always;
    return 204;
}"#;

#[tokio::test]
async fn nginx() {
    check(&[
        (Kind::Nginx, RIGHT_NGINX, &[]),
        (
            Kind::Nginx,
            "add_header Access-Control-Allow-Origin $http_origin;\nadd_header Access-Control-Allow-Credentials true;",
            &["origin-reflected", "preflight-refused", "errors-without-cors", "vary-origin-missing", "timing-allow-origin-missing"],
        ),
        (
            // A regular expression without anchors and with bare dots, as found on many pages.
            Kind::Nginx,
            "if ($http_origin ~* \"https?://app.test\") { set $cors $http_origin; }\nadd_header Access-Control-Allow-Origin $cors always;\nadd_header Access-Control-Allow-Credentials true always;",
            &[
                "origin-prefix", "origin-underscore", "origin-backtick", "origin-special-character", "origin-unescaped-dot",
                "insecure-origin", "preflight-refused", "vary-origin-missing", "timing-allow-origin-missing",
            ],
        ),
        (
            Kind::Nginx,
            "add_header Access-Control-Allow-Origin * always;\nadd_header Access-Control-Allow-Credentials true always;\nadd_header Timing-Allow-Origin * always;",
            &["wildcard-with-credentials", "preflight-refused"],
        ),
        (
            Kind::Nginx,
            "add_header Access-Control-Allow-Origin https://app.test always;\nadd_header Access-Control-Allow-Origin https://app.test always;\nadd_header Timing-Allow-Origin * always;",
            &["duplicate-allow-origin", "preflight-refused"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn caddy() {
    check(&[
        (
            Kind::Caddy,
            "@cors header Origin https://app.test\nheader @cors {\n\tAccess-Control-Allow-Origin https://app.test\n\tTiming-Allow-Origin https://app.test\n\tAccess-Control-Max-Age 600\n}\nheader +Vary Origin\n@preflight method OPTIONS\nhandle @preflight {\n\trespond 204\n}",
            &[],
        ),
        (
            Kind::Caddy,
            "header {\n\tAccess-Control-Allow-Origin *\n\tAccess-Control-Allow-Methods *\n\tAccess-Control-Allow-Headers *\n\tAccess-Control-Allow-Max-Age 3600\n}\n@preflight method OPTIONS\nhandle @preflight {\n\trespond 204\n}",
            &["wildcard-without-authorization", "misspelt-header", "max-age", "timing-allow-origin-missing"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn express() {
    check(&[
        (
            Kind::Express,
            "const cors = require('cors');\napp.use((q, r, next) => { r.set('Timing-Allow-Origin', 'https://app.test'); next(); });\napp.use(cors({ origin: ['https://app.test'], credentials: true, maxAge: 600, allowedHeaders: ['authorization'] }));",
            &[],
        ),
        (
            Kind::Express,
            "app.use(require('cors')({ origin: true, credentials: true }));",
            &["origin-reflected", "max-age", "timing-allow-origin-missing"],
        ),
        (
            Kind::Express,
            "app.use(require('cors')({ origin: /app\\.test$/, credentials: true, maxAge: 600 }));",
            &["origin-suffix", "origin-any-subdomain", "insecure-origin", "timing-allow-origin-missing"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn fastapi() {
    let middleware = |arguments: &str| {
        format!(
            "from fastapi.middleware.cors import CORSMiddleware\n\napp.add_middleware(CORSMiddleware, {arguments})\n"
        )
    };
    let cases: [(&str, &[&str]); 3] = [
        (
            "allow_origins=['https://app.test'], allow_methods=['GET', 'PUT'], allow_headers=['authorization'], max_age=600",
            &["timing-allow-origin-missing"],
        ),
        (
            "allow_origins=['*'], allow_credentials=True, allow_methods=['*'], allow_headers=['*']",
            // Without an Origin header it sends no CORS headers and no Vary.
            &[
                "wildcard-with-credentials",
                "vary-origin-missing",
                "timing-allow-origin-missing",
            ],
        ),
        (
            "allow_origin_regex='https://.*app.test', allow_credentials=True, allow_methods=['GET']",
            &[
                "origin-suffix",
                "origin-any-subdomain",
                "origin-unescaped-dot",
                "timing-allow-origin-missing",
            ],
        ),
    ];
    for (arguments, expected) in cases {
        let server = WebServer::start(Kind::FastApi, &middleware(arguments)).await;
        let found = broken(&server.base).await;
        assert_eq!(found, expected.iter().copied().collect(), "{arguments}");
    }
}

#[tokio::test]
async fn tower_http() {
    let cases: [(CorsLayer, &[&str]); 3] = [
        (tower::layer(), &["timing-allow-origin-missing"]),
        (
            CorsLayer::permissive(),
            &[
                "wildcard-without-authorization",
                "max-age",
                "timing-allow-origin-missing",
            ],
        ),
        (
            CorsLayer::very_permissive(),
            &["origin-reflected", "max-age", "timing-allow-origin-missing"],
        ),
    ];
    for (layer, expected) in cases {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let found = tokio::select! {
            () = tower::serve(listener, layer) => panic!("the server ended"),
            found = broken(&base) => found,
        };
        assert_eq!(found, expected.iter().copied().collect());
    }
}

#[tokio::test]
async fn apache_and_haproxy() {
    check(&[
        (
            Kind::Apache,
            "Header set Access-Control-Allow-Origin \"*\"\nHeader set Access-Control-Allow-Headers \"*\"",
            &["wildcard-without-authorization", "errors-without-cors", "max-age", "timing-allow-origin-missing"],
        ),
        (
            Kind::HaProxy,
            "http-request set-var(txn.origin) req.hdr(Origin)\nhttp-after-response set-header Access-Control-Allow-Origin %[var(txn.origin)]\nhttp-after-response set-header Access-Control-Allow-Credentials true",
            // The header is there, and empty, where nobody's page asks.
            &["origin-reflected", "invalid-allow-origin", "max-age", "vary-origin-missing", "timing-allow-origin-missing"],
        ),
    ])
    .await;
}
