//! Who may ask what.

mod setting;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use dashboard::{Access, Config, Token};
use http::{Request, StatusCode, header};
use setting::{Fake, Mood, get, request, router_of, send, well};

// printf %s reader | sha256sum
const READER: &str = "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30";

fn token(name: &str, access: Access) -> Token {
    Token {
        name: name.into(),
        sha256: hash(name),
        expires: None,
        apps: Vec::new(),
        access,
    }
}

fn hash(token: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn with_tokens() -> Config {
    let tokens = vec![
        token("reader", Access::Read),
        token("writer", Access::Write),
        Token {
            apps: vec!["admin".into()],
            ..token("scoped", Access::Write)
        },
        Token {
            expires: Some("2026-11-01T12:00:29Z".into()),
            ..token("old", Access::Read)
        },
        Token {
            expires: Some("2026-11-01T12:00:31Z".into()),
            ..token("young", Access::Read)
        },
    ];
    Config {
        tokens,
        ..Config::default()
    }
}

fn guarded() -> Router {
    router_of(&Arc::new(Fake::default()), with_tokens())
}

async fn ask(router: &Router, method: &str, path: &str, token: &str) -> (StatusCode, String) {
    let mut request = request(path)
        .method(method)
        .header(header::CONTENT_TYPE, "application/json");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, token);
    }
    let body = if method == "POST" {
        r#"{"app":"shop"}"#
    } else {
        ""
    };
    let answer = send(router, request.body(Body::from(body)).expect("a request")).await;
    let code = serde_json::from_str::<serde_json::Value>(&answer.text).unwrap_or_default();
    (
        answer.status,
        code["code"].as_str().unwrap_or_default().to_owned(),
    )
}

#[test]
fn hashes_are_those_of_sha256sum() {
    assert_eq!(hash("reader"), READER);
}

#[tokio::test]
async fn tokens_open_what_they_are_for_and_nothing_else() {
    let router = guarded();
    let sli = "/api/v1/sli?app=shop";
    for (method, path, token, status, code) in [
        ("GET", sli, "", 401, "unauthenticated"),
        ("GET", sli, "Bearer wrong", 401, "unauthenticated"),
        ("GET", sli, "Bearer ", 401, "unauthenticated"),
        ("GET", sli, "Basic reader", 401, "unauthenticated"),
        ("GET", sli, "Bearer reader", 200, ""),
        ("GET", sli, "bearer reader", 200, ""),
        ("GET", sli, "Bearer old", 401, "token_expired"),
        ("GET", sli, "Bearer young", 200, ""),
        ("GET", sli, "Bearer scoped", 400, "invalid_request"),
        ("GET", "/api/v1/sli?app=admin", "Bearer scoped", 200, ""),
        ("GET", "/api/v1/ledger", "Bearer scoped", 403, "forbidden"),
        ("GET", "/api/v1/ledger", "Bearer reader", 200, ""),
        ("GET", "/metrics", "", 401, "unauthenticated"),
        ("GET", "/metrics", "Bearer reader", 200, ""),
        ("GET", "/metrics", "Bearer scoped", 403, "forbidden"),
        ("POST", "/api/v1/deploys", "", 401, "unauthenticated"),
        ("POST", "/api/v1/deploys", "Bearer reader", 403, "forbidden"),
        ("POST", "/api/v1/deploys", "Bearer writer", 201, ""),
        (
            "POST",
            "/api/v1/deploys",
            "Bearer scoped",
            400,
            "invalid_request",
        ),
        ("GET", "/livez", "", 200, ""),
        ("GET", "/readyz", "", 200, ""),
        ("GET", "/", "", 200, ""),
        ("GET", "/openapi.json", "", 200, ""),
    ] {
        let got = ask(&router, method, path, token).await;
        assert_eq!(
            (got.0.as_u16(), got.1.as_str()),
            (status, code),
            "{method} {path} {token}"
        );
    }
}

#[tokio::test]
async fn why_a_part_does_not_work_is_told_to_those_with_a_token() {
    let fake = Arc::new(Fake {
        mood: Mood::Unavailable,
        ..Fake::default()
    });
    let told = async |config: Config, token: &str| {
        let router = router_of(&fake, config);
        let question = request("/readyz").header(header::AUTHORIZATION, token);
        let answer = send(&router, question.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 503, "that it does not is told to all");
        let parts = answer.json()["parts"].as_array().unwrap().clone();
        assert!(
            parts
                .iter()
                .any(|part| part["part"] == "store" && part["condition"] == "down")
        );
        parts.iter().any(|part| part["detail"] != "")
    };
    for (token, expected) in [
        ("Bearer reader", true),
        ("Bearer scoped", true),
        ("Bearer old", false),
        ("Bearer wrong", false),
        ("", false),
    ] {
        assert_eq!(told(with_tokens(), token).await, expected, "{token:?}");
    }
    assert!(
        told(Config::default(), "").await,
        "without tokens everybody may ask everything"
    );
}

#[tokio::test]
async fn a_scoped_token_learns_nothing_of_other_apps() {
    let router = guarded();
    for path in [
        "/api/v1/apps",
        "/api/v1/alerts",
        "/api/v1/slos",
        "/api/v1/sli?app=shop",
        "/api/v1/inventory",
        "/api/v1/inventory/history",
    ] {
        let request = request(path).header(header::AUTHORIZATION, "Bearer scoped");
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        let text = answer
            .text
            .replace("\"value\":\"shop\"", "")
            .replace("app = \\\"shop\\\"", "");
        assert!(!text.contains("shop"), "{path}: {text}");
    }
}

#[tokio::test]
async fn no_route_tells_a_scoped_token_of_other_apps_whatever_it_asks() {
    let router = guarded();
    let all = request("/openapi.json").body(Body::empty()).unwrap();
    let api: serde_json::Value = serde_json::from_str(&send(&router, all).await.text).unwrap();
    let paths = api["paths"].as_object().expect("paths");
    let mut asked = 0;
    for (path, operations) in paths {
        if operations.get("get").is_none() || !path.starts_with("/api/v1/") {
            continue;
        }
        for id in ["shop", "0", "1"] {
            let path = path.replace("{id}", id);
            for query in [
                "",
                "?app=shop",
                "?app=shop&window=1h&deploy=1",
                "?deploy=shop",
            ] {
                let request = request(&format!("{path}{query}"))
                    .header(header::AUTHORIZATION, "Bearer scoped")
                    .body(Body::empty());
                let answer = send(&router, request.unwrap()).await;
                // What was asked may come back in a refusal.
                let text = answer
                    .text
                    .replace("\"value\":\"shop\"", "")
                    .replace("app = \\\"shop\\\"", "");
                let told = answer.status.is_success() || !text.contains("permitted");
                assert!(
                    !(told && text.contains("shop")),
                    "{path}{query}: {} {text}",
                    answer.status
                );
                assert!(
                    !(query.starts_with("?app=shop") && answer.status.is_success()),
                    "{path}{query} is answered: {text}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 200, "every route is asked: {asked}");
}

#[tokio::test]
async fn without_tokens_only_loopback_names_and_configured_names_are_answered() {
    let config = Config {
        hosts: vec!["Cors.Example".into()],
        ..Config::default()
    };
    let router = router_of(&Arc::new(Fake::default()), config);
    for (host, status) in [
        ("127.0.0.1:7781", 200),
        ("localhost:7781", 200),
        ("LOCALHOST", 200),
        ("[::1]:7781", 200),
        ("127.8.9.1", 200),
        ("cors.example:80", 200),
        ("evil.test:7781", 421),
        ("localhost.evil.test", 421),
        ("127.0.0.1.evil.test", 421),
        ("cors.example.evil.test", 421),
        ("10.0.0.1:7781", 421),
        ("", 421),
    ] {
        for path in ["/api/v1/apps", "/", "/metrics", "/livez"] {
            let request = Request::builder().uri(path).header(header::HOST, host);
            let answer = send(&router, request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status.as_u16(), status, "{host} {path}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing() {
    let router = well();
    for (headers, status) in [
        (vec![], 201),
        (vec![("origin", "http://127.0.0.1:7781")], 201),
        (
            vec![
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://127.0.0.1:7781"),
            ],
            201,
        ),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (
            vec![
                ("sec-fetch-site", "same-site"),
                ("origin", "http://127.0.0.1:7781"),
            ],
            403,
        ),
        (vec![("origin", "https://evil.test")], 403),
        (vec![("origin", "http://127.0.0.1:9999")], 403),
        (vec![("origin", "null")], 403),
    ] {
        let mut request = request("/api/v1/deploys").method("POST");
        request = request.header(header::CONTENT_TYPE, "application/json");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let answer = send(
            &router,
            request.body(Body::from(r#"{"app":"shop"}"#)).unwrap(),
        )
        .await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{headers:?}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_form_cannot_stand_in_for_json() {
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let request = request("/api/v1/deploys")
            .method("POST")
            .header(header::CONTENT_TYPE, kind);
        let answer = send(
            &well(),
            request.body(Body::from(r#"{"app":"shop"}"#)).unwrap(),
        )
        .await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[tokio::test]
async fn every_answer_is_safe_in_a_browser_and_none_opens_itself_to_other_origins() {
    let router = well();
    for path in [
        "/",
        "/api/v1/apps",
        "/api/v1/sli",
        "/livez",
        "/nothing",
        "/openapi.json",
    ] {
        let request = request(path).header(header::ORIGIN, "https://evil.test");
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        let text = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        let policy = text("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}"
        );
        let fixture = include_str!("../../../dashboard-ui/test/fixture.ts");
        assert!(
            fixture.contains(&policy),
            "the UI is tested under this policy"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(text("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(text("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(
            text("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
        let opened = answer
            .headers
            .keys()
            .any(|name| name.as_str().starts_with("access-control-"));
        assert!(!opened, "{path}: {:?}", answer.headers);
    }
}

#[tokio::test]
async fn every_page_is_served_at_its_own_path() {
    let router = well();
    let document = get(&router, "/").await.text;
    for path in [
        "/executive",
        "/on-call",
        "/debug",
        "/slos",
        "/changes",
        "/inventory",
        "/preflights",
        "/readiness",
        "/pipeline",
        "/setup",
        "/incidents",
        "/incidents/7f3a",
        "/debug?app=shop&window=6h",
    ] {
        let page = get(&router, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers["cache-control"], "no-cache", "{path}");
        assert_eq!(page.text, document, "{path}");
    }
    for path in ["/debugger", "/debug/x", "/incidents/a/b"] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_page_is_always_asked_for_anew_and_its_files_never() {
    let router = well();
    let page = get(&router, "/").await;
    assert_eq!(page.headers["cache-control"], "no-cache");
    let script = page
        .text
        .split('"')
        .find(|part| part.starts_with("/assets/") && part.ends_with(".js"));
    let script = script.expect("the page loads a script");
    let answer = get(&router, script).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.headers["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        answer.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    let tag = answer.headers["etag"].clone();
    let again = request(script)
        .header(header::IF_NONE_MATCH, tag)
        .body(Body::empty())
        .unwrap();
    assert_eq!(send(&router, again).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        get(&router, "/assets/../Cargo.toml").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        get(&router, "/assets/%2e%2e%2findex.html").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_description_names_the_apps_that_a_caller_may_see_and_strangers_get_none() {
    let open = get(&well(), "/openapi.json").await.json();
    let apps = |api: &serde_json::Value| {
        let parameters = api["paths"]["/api/v1/sli"]["get"]["parameters"].as_array();
        let parameters = parameters.expect("a list").clone();
        let app = parameters.into_iter().find(|one| one["name"] == "app");
        app.expect("there")["schema"]["enum"].clone()
    };
    assert_eq!(apps(&open), serde_json::json!(["shop", "admin"]));
    let guarded = guarded();
    let stranger = get(&guarded, "/openapi.json").await.json();
    assert_eq!(apps(&stranger), serde_json::Value::Null);
}
