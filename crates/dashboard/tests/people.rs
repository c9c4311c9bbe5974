//! Sign-in by a proxy, and what sessions need of a request; sign-in at a provider is tested with one, end to end.

mod setting;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use dashboard::{Access, Config, Grant, OidcConfig, ProxySignInConfig, Role, Token};
use http::header;
use serde_json::json;
use setting::{Answer, Fake, get, request, router_of, send};

fn grant(claim: &str, value: &str, role: Role, apps: &[&str]) -> Grant {
    Grant {
        claim: claim.into(),
        value: value.into(),
        role,
        apps: apps.iter().map(|app| (*app).to_owned()).collect(),
    }
}

/// Behind a proxy at `peer`; requests of these tests come from 0.0.0.0.
fn behind(peer: [u8; 4]) -> Router {
    let config = Config {
        proxy_sign_in: Some(ProxySignInConfig {
            peers: vec![peer.into()],
            user_header: "x-forwarded-user".into(),
            groups_header: "x-forwarded-groups".into(),
            grants: vec![
                grant("groups", "sre", Role::Operator, &[]),
                grant("user", "ana", Role::Viewer, &["shop"]),
            ],
        }),
        tokens: vec![Token {
            name: "ci".into(),
            // printf %s reader | sha256sum
            sha256: "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30".into(),
            expires: None,
            apps: Vec::new(),
            access: Access::Read,
        }],
        ..Config::default()
    };
    router_of(&Arc::new(Fake::default()), config)
}

async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = request(path).method(method);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    send(
        router,
        request
            .body(Body::from(r#"{"app":"shop"}"#))
            .expect("a request"),
    )
    .await
}

const SRE: [(&str, &str); 2] = [
    ("x-forwarded-user", "sol"),
    ("x-forwarded-groups", "dev, sre"),
];
const ANA: [(&str, &str); 1] = [("x-forwarded-user", "ana")];

#[tokio::test]
async fn a_trusted_proxy_says_who_is_there_and_grants_decide_what_they_may() {
    let router = behind([0, 0, 0, 0]);
    let same = ("sec-fetch-site", "same-origin");
    let me = ask(&router, "GET", "/api/v1/me", &SRE).await.json();
    assert_eq!(
        me,
        json!({"name": "sol", "way": "proxy", "role": "operator", "apps": null})
    );
    let twice = [("x-forwarded-user", "ana"), ("x-forwarded-user", "sol")];
    let with = |person: &[(&'static str, &'static str)], more| [person, &[more]].concat();
    let deploys = "/api/v1/deploys";
    for (headers, method, path, status) in [
        (ANA.to_vec(), "GET", "/api/v1/sli?app=shop", 200),
        (ANA.to_vec(), "GET", "/api/v1/sli?app=admin", 400),
        (ANA.to_vec(), "GET", "/api/v1/ledger", 403),
        (with(&ANA, same), "POST", deploys, 403),
        (with(&SRE, same), "POST", deploys, 201),
        // A browser behind a proxy has the proxy's session: pages of others could use it.
        (
            with(&SRE, ("sec-fetch-site", "cross-site")),
            "POST",
            deploys,
            403,
        ),
        (
            with(&SRE, ("origin", "https://evil.test")),
            "POST",
            deploys,
            403,
        ),
        (SRE.to_vec(), "POST", deploys, 403),
        (
            vec![("x-forwarded-user", "eve")],
            "GET",
            "/api/v1/apps",
            403,
        ),
        (
            vec![("x-forwarded-groups", "sre")],
            "GET",
            "/api/v1/apps",
            403,
        ),
        (vec![("x-forwarded-user", "")], "GET", "/api/v1/apps", 403),
        (twice.to_vec(), "GET", "/api/v1/apps", 403),
        (vec![], "GET", "/api/v1/apps", 401),
        (
            vec![("authorization", "Bearer reader")],
            "GET",
            "/api/v1/ledger",
            200,
        ),
    ] {
        let answer = ask(&router, method, path, &headers).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{headers:?} {path}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn headers_from_any_other_address_are_refused_whatever_else_is_shown_and_counted() {
    let router = behind([192, 0, 2, 1]);
    let token = ("authorization", "Bearer reader");
    for headers in [SRE.to_vec(), ANA.to_vec(), [&SRE[..], &[token]].concat()] {
        let answer = ask(&router, "GET", "/api/v1/apps", &headers).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status.as_u16(), &problem["code"]),
            (403, &json!("untrusted_proxy"))
        );
        let permitted = "only from an address in `dashboard.proxy_sign_in.peers`";
        assert_eq!(problem["errors"][0]["permitted"], permitted);
    }
    let metrics = ask(&router, "GET", "/metrics", &[token]).await;
    let counted = "corswatch_dashboard_refused_total{reason=\"untrusted_proxy\"} 3\n";
    assert!(metrics.text.contains(counted), "{}", metrics.text);
}

fn oidc() -> OidcConfig {
    let text = r#"{"issuer": "http://127.0.0.1:9", "client_id": "corswatch", "url": "https://cors.example",
        "grants": [{"claim": "groups", "value": "sre"}]}"#;
    serde_json::from_str(text).expect("settings")
}

#[tokio::test]
async fn a_sign_in_that_was_not_begun_here_ends_in_no_session() {
    let config = Config {
        oidc: Some(oidc()),
        ..Config::default()
    };
    let router = router_of(&Arc::new(Fake::default()), config);
    let sign_in = ("cookie", "__Host-corswatch-sign-in=abc");
    for (path, cookies) in [
        ("/auth/callback", vec![]),
        ("/auth/callback?code=1&state=abc", vec![]),
        ("/auth/callback?code=1&state=abc", vec![sign_in]),
        ("/auth/callback?code=1&state=other", vec![sign_in]),
    ] {
        let answer = ask(&router, "GET", path, &cookies).await;
        assert_eq!(answer.json()["code"], "sign_in_failed", "{path}");
        assert!(answer.headers.get("set-cookie").is_none(), "{path}");
    }
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for (path, status, words) in [
        ("/auth/callback", 400, "You are not signed in"),
        ("/auth/login", 502, "Signing in does not work now"),
        ("/api/v1/apps", 401, "Sign in first"),
        ("/nowhere", 404, "Nothing is here"),
    ] {
        let page = ask(&router, "GET", path, &browser).await;
        assert_eq!(page.status.as_u16(), status, "{path}");
        assert_eq!(
            page.headers["content-type"], "text/html; charset=utf-8",
            "{path}"
        );
        let heading = format!("<h1>{words}</h1>");
        assert!(page.text.contains(&heading), "{path}: {}", page.text);
    }
    let methods = get(&router, "/auth/methods").await.json();
    assert_eq!(methods, json!({"token": false, "login": "/auth/login"}));
    let begun = get(&router, "/auth/login").await;
    assert_eq!(
        begun.status.as_u16(),
        502,
        "nothing answers there: {}",
        begun.text
    );
    let data = ask(
        &router,
        "GET",
        "/api/v1/apps",
        &[("cookie", "__Host-corswatch-session=ab")],
    )
    .await;
    assert_eq!(data.status.as_u16(), 401);
    assert!(data.text.contains("/auth/login"), "{}", data.text);
    let logout = ask(
        &router,
        "POST",
        "/auth/logout",
        &[("origin", "https://evil.test")],
    )
    .await;
    assert_eq!(logout.json()["code"], "cross_origin");
}

#[tokio::test]
async fn without_a_provider_its_routes_say_so() {
    let router = setting::well();
    for (method, path) in [
        ("GET", "/auth/login"),
        ("GET", "/auth/callback"),
        ("POST", "/auth/logout"),
    ] {
        let answer = ask(&router, method, path, &[]).await;
        assert_eq!(answer.json()["code"], "not_found", "{path}");
        assert!(answer.text.contains("dashboard.oidc"), "{path}");
    }
    let me = get(&router, "/api/v1/me").await.json();
    assert_eq!(
        me,
        json!({"name": "local", "way": "local", "role": "admin", "apps": null})
    );
}
