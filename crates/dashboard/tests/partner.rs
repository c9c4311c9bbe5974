//! Links for partners: what they show, to whom, until when.

mod setting;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use dashboard::{Access, Config, Token};
use http::header;
use serde_json::{Value, json};
use setting::{Answer, Fake, NOW, request, router_at, router_of, send};

fn token(name: &str, access: Access, apps: &[&str]) -> Token {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(name.as_bytes());
    Token {
        name: name.into(),
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        expires: None,
        apps: apps.iter().map(|app| (*app).to_owned()).collect(),
        access,
    }
}

fn config() -> Config {
    Config {
        tokens: vec![
            token("boss", Access::Admin, &[]),
            token("shopboss", Access::Admin, &["shop"]),
            token("adminboss", Access::Admin, &["admin"]),
            token("writer", Access::Write, &[]),
        ],
        wrong_tokens_per_minute: 5,
        ..Config::default()
    }
}

async fn ask(router: &Router, token: &str, (method, path): (&str, &str), body: &Value) -> Answer {
    let mut request = request(path)
        .method(method)
        .header(header::CONTENT_TYPE, "application/json");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = Body::from(body.to_string());
    send(router, request.body(body).expect("a request")).await
}

const LINKS: &str = "/api/v1/partner-links";
const SEEN: (&str, &str) = ("GET", "/partner/sli");

async fn made(router: &Router, lasts: &str) -> Value {
    let report = json!({"app": "shop", "page_origin": "https://shop.test", "lasts": lasts, "note": "for them"});
    let answer = ask(router, "boss", ("POST", LINKS), &report).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_link_shows_one_page_origin_and_opens_nothing_else() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, config());
    let link = made(&router, "7d").await;
    let secret = link["secret"].as_str().expect("a secret");
    assert_eq!(link["path"], format!("/partner#{secret}"));
    fake.asked.lock().expect("not poisoned").clear();
    let seen = ask(&router, secret, SEEN, &Value::Null).await;
    assert_eq!(seen.status.as_u16(), 200, "{}", seen.text);
    let body = seen.json();
    assert_eq!(body["page_origin"], "https://shop.test");
    assert_eq!(body["sli"]["block_rate"]["bad"], 3);
    assert_eq!(body["failing"][0]["endpoint"], "/cart/:id");
    let mut members: Vec<&String> = body.as_object().expect("an object").keys().collect();
    members.sort();
    let expected = ["expires_at", "failing", "from", "page_origin", "sli", "to"];
    assert_eq!(members, expected, "nothing else");
    assert!(
        !seen.text.contains("sessions") && !seen.text.contains("browser"),
        "{}",
        seen.text
    );
    let asked = fake.asked.lock().expect("not poisoned").clone();
    assert!(!asked.is_empty());
    for (filter, _) in asked {
        assert_eq!(
            (filter.app.as_str(), filter.page_origin.as_deref()),
            ("shop", Some("https://shop.test"))
        );
    }
    let stored = fake.partner_links.lock().expect("not poisoned").clone();
    assert!(
        !format!("{stored:?}").contains(secret),
        "only its hash is kept"
    );

    let all = ask(&router, "", ("GET", "/openapi.json"), &Value::Null)
        .await
        .json();
    let mut refused = 0;
    for (path, item) in all["paths"].as_object().expect("paths") {
        let guarded =
            path.starts_with("/api/v1/") && !path.contains("/hooks/") || path == "/metrics";
        for method in ["get", "post", "delete"] {
            if !guarded || item.get(method).is_none() {
                continue;
            }
            // A router each: wrong tokens are soon not looked at any more.
            let router = router_of(&fake, config());
            let path = format!("{}?app=shop", path.replace("{id}", "shop"));
            let answer = ask(&router, secret, (&method.to_uppercase(), &path), &json!({})).await;
            assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
            refused += 1;
        }
    }
    assert!(refused > 30, "every route is asked: {refused}");
    let none = ask(&router, "boss", SEEN, &Value::Null).await;
    assert_eq!(none.status.as_u16(), 401, "a token of the API is no link");
}

#[tokio::test]
async fn a_link_that_is_over_says_so_and_nothing_more() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, config());
    let (revoked, expired) = (made(&router, "7d").await, made(&router, "1h").await);
    let id = revoked["id"].as_str().expect("an id");
    let path = format!("{LINKS}/{id}");
    for _ in 0..2 {
        let answer = ask(&router, "boss", ("DELETE", &path), &Value::Null).await;
        assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);
    }
    let later = router_at(&fake, config(), NOW.plus(3_600_000));
    for (link, code, detail) in [
        (&revoked, "link_revoked", "this link was revoked"),
        (&expired, "link_expired", "this link has expired"),
    ] {
        let secret = link["secret"].as_str().expect("a secret");
        let answer = ask(&later, secret, SEEN, &Value::Null).await;
        let expected = json!({"type": "about:blank", "title": "Gone", "status": 410, "code": code, "detail": detail});
        assert_eq!(answer.json(), expected);
    }
    let listed = ask(&later, "boss", ("GET", LINKS), &Value::Null)
        .await
        .json();
    let listed = listed["partner_links"].as_array().expect("links").clone();
    let mut states: Vec<&str> = listed
        .iter()
        .filter_map(|link| link["state"].as_str())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["expired", "revoked"]);
    assert!(
        listed
            .iter()
            .all(|link| link.get("secret").is_none() && link.get("sha256").is_none())
    );
}

#[tokio::test]
async fn admins_alone_make_links_each_for_their_apps_and_faults_are_named() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, config());
    let link = made(&router, "7d").await;
    let of_shop = format!("{LINKS}/{}", link["id"].as_str().expect("an id"));
    let report = json!({"app": "shop", "page_origin": "https://shop.test"});
    let wrong = json!({"app": "shop", "page_origin": "https://shop.test/cart", "lasts": "91d", "note": "x".repeat(501)});
    for (token, method, path, body, status, text) in [
        (
            "writer",
            "GET",
            LINKS,
            &report,
            403,
            "access = \\\"admin\\\"",
        ),
        (
            "writer",
            "POST",
            LINKS,
            &report,
            403,
            "access = \\\"admin\\\"",
        ),
        (
            "writer",
            "DELETE",
            &*of_shop,
            &report,
            403,
            "access = \\\"admin\\\"",
        ),
        ("adminboss", "POST", LINKS, &report, 400, "one of admin"),
        ("adminboss", "DELETE", &*of_shop, &report, 404, "no link"),
        (
            "adminboss",
            "GET",
            LINKS,
            &report,
            200,
            "{\"partner_links\":[]}",
        ),
        ("shopboss", "GET", LINKS, &report, 200, "https://shop.test"),
        ("boss", "POST", LINKS, &wrong, 400, "without a path"),
        ("boss", "POST", LINKS, &wrong, 400, "1m to 90d"),
        ("boss", "POST", LINKS, &wrong, 400, "at most 500 characters"),
        (
            "boss",
            "POST",
            LINKS,
            &json!({"app": "shop", "page_origin": "null"}),
            400,
            "page_origin",
        ),
    ] {
        let answer = ask(&router, token, (method, path), body).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{token} {method}: {}",
            answer.text
        );
        assert!(
            answer.text.contains(text),
            "{token} {method}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn guessing_at_links_is_slowed_down() {
    let router = router_of(&Arc::new(Fake::default()), config());
    let mut statuses = Vec::new();
    for n in 0..10 {
        let answer = ask(&router, &format!("guess{n}"), SEEN, &Value::Null).await;
        statuses.push(answer.status.as_u16());
    }
    assert_eq!(statuses, [[401; 5], [429; 5]].concat());
}

#[tokio::test]
async fn a_limited_admin_fills_its_own_share_of_links_and_nobody_elses() {
    let router = router_of(&Arc::new(Fake::default()), config());
    let report = json!({"app": "shop", "page_origin": "https://shop.test"});
    let mut made = 0;
    let refused = loop {
        let answer = ask(&router, "shopboss", ("POST", LINKS), &report).await;
        if answer.status.as_u16() != 201 {
            break answer;
        }
        made += 1;
    };
    assert_eq!(
        (made, refused.status.as_u16()),
        (100, 400),
        "{}",
        refused.text
    );
    let other = json!({"app": "admin", "page_origin": "https://shop.test"});
    let answer = ask(&router, "adminboss", ("POST", LINKS), &other).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
}
