//! Web servers in their usual wrong configurations, and in a right one: what the audit says of them.

use std::collections::{BTreeMap, BTreeSet};

use audit::{Target, audit};
use browse::{Addresses, Client, Limits, Names, TargetPolicy};
use cors::{Credentials, Origin};
use corswatch_tests::{Application, Content, Kind, WebServer, corswatch, tower};
use explain::fix::{Existing, Platform, Policy, snippet};
use testkit::port;
use tower_http::cors::CorsLayer;
use web::{OriginPattern, Schemes};

/// The rules that a server breaks, for a page that is meant to read.
async fn broken(base: &str) -> BTreeSet<&'static str> {
    let found = broken_for(&format!("{base}/x"), "https://app.test").await;
    found.into_keys().collect()
}

/// The rules that are broken at a URL, with what is said about them.
async fn broken_for(url: &str, page: &str) -> BTreeMap<&'static str, String> {
    let url: url::Url = url.parse().expect("a URL");
    let base = Origin::of(&url);
    let rule = OriginPattern::read(base.as_str(), Schemes::Web).expect("an origin");
    let policy = TargetPolicy::default().allow(rule, Addresses::Private);
    let client = Client::new(policy, Names::default(), Limits::default());
    let target = Target {
        url,
        page_origins: vec![Origin::parse(page).expect("an origin")],
        reads: Vec::new(),
    };
    let audited = audit(&client, &target).await;
    audited
        .findings
        .into_iter()
        .map(|finding| (finding.rule.id, finding.message))
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
                "origin-prefix", "origin-unescaped-dot",
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
            // The header is there, and empty, where no one's page asks.
            &["origin-reflected", "invalid-allow-origin", "max-age", "vary-origin-missing", "timing-allow-origin-missing"],
        ),
    ])
    .await;
}

/// What is printed for a page that reads and writes with cookies.
fn printed(platform: Platform) -> String {
    let policy = Policy {
        origin: "https://app.test".to_owned(),
        methods: vec!["GET".to_owned(), "PUT".to_owned()],
        headers: vec!["authorization".to_owned(), "x-tenant".to_owned()],
        expose: Vec::new(),
        credentials: Credentials::Include,
        max_age_seconds: 600,
        existing: Existing::Nothing,
    };
    snippet(platform, &policy)
}

#[tokio::test]
async fn a_server_with_what_explain_prints_has_no_finding() {
    let application = Application::start().await;
    let kinds = [
        (Kind::Nginx, Platform::Nginx),
        (Kind::Caddy, Platform::Caddy),
        (Kind::Apache, Platform::Apache),
        (Kind::HaProxy, Platform::HaProxy),
        (Kind::Traefik, Platform::Traefik),
        (Kind::Express, Platform::Express),
        (Kind::FastApi, Platform::FastApi),
    ];
    for (kind, platform) in kinds {
        let contents = match kind {
            Kind::Express | Kind::FastApi => vec![Content::Own],
            Kind::Traefik => vec![Content::Behind(application.port)],
            _ => vec![Content::Own, Content::Behind(application.port)],
        };
        for content in contents {
            let server = WebServer::with(kind, &printed(platform), content).await;
            // What is printed is about CORS, and monitoring is not.
            let found = broken(&server.base).await;
            let expected = ["timing-allow-origin-missing"].into();
            assert_eq!(found, expected, "{kind:?} {content:?}");
        }
    }
}

/// An application as a report has it, at a port of ours.
async fn reported(file: &str, kind: Kind, its_port: &str) -> WebServer {
    let file = format!("{}/tests/reports/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).expect("a file of the tests");
    let port = port::lasting();
    let text = text.replace(its_port, &port.to_string());
    WebServer::at(port, kind, &text, Content::Program).await
}

#[tokio::test]
async fn fastapi_as_documented_only_loses_the_headers_of_failures() {
    let server = reported("60-fastapi-500.py", Kind::FastApi, "18010").await;
    let page = "https://app.example.com";
    let timing = "timing-allow-origin-missing";
    let found = broken_for(&format!("{}/items/", server.base), page).await;
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [timing]);
    let found = broken_for(&format!("{}/boom", server.base), page).await;
    let message = &found["errors-without-cors"];
    assert!(
        message.contains("status 500") && message.contains("add_middleware"),
        "{message}"
    );
    assert_eq!(
        found.keys().copied().collect::<Vec<_>>(),
        ["errors-without-cors"]
    );
}

#[tokio::test]
async fn an_origin_with_a_slash_at_its_end_lets_no_page_read() {
    let server = reported("62-express-trailing-slash.js", Kind::Express, "18050").await;
    let found = broken_for(&format!("{}/x", server.base), "https://app.example.com").await;
    assert!(found.contains_key("page-origin-not-allowed"), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_of_that_fastapi_tells_what_its_pages_get() {
    let server = reported("60-fastapi-500.py", Kind::FastApi, "18010").await;
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports");
    let args = [
        "check",
        "--allow-private-networks",
        "--format",
        "json",
        "--target",
    ];
    let args = [&args[..], &[&server.base, "60-contract.toml"]].concat();
    let (code, report, _) = corswatch(&folder, &args);
    assert_eq!(code, Some(1));
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let said: Vec<_> = report["suites"][0]["cases"]
        .as_array()
        .expect("cases")
        .iter()
        .map(|case| case["findings"][0]["message"].as_str().unwrap_or("kept"))
        .map(|message| message.split(". ").next().unwrap_or_default().to_owned())
        .collect();
    let expected = [
        "blocked: MissingAllowOriginHeader",
        "blocked: PreflightInvalidStatus",
        "kept",
        "blocked: MissingAllowOriginHeader",
    ];
    assert_eq!(said, expected);
    let fix = report["suites"][0]["cases"][1]["findings"][0]["fix"][0].to_string();
    assert!(
        fix.contains("the CORS layer itself refuses the preflight"),
        "{fix}"
    );
}
