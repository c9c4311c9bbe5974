//! The audit log, guesses, and writes that one tenant tries on another.

mod setting;

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use dashboard::{Access, Config, Token};
use http::{StatusCode, header};
use serde_json::{Value, json};
use setting::{Answer, Fake, get, request, router_of, send};

fn token(name: &str, apps: &[&str]) -> Token {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(format!("secret-of-{name}").as_bytes());
    Token {
        name: name.into(),
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        expires: None,
        apps: apps.iter().map(|app| (*app).to_owned()).collect(),
        access: Access::Admin,
    }
}

fn config() -> Config {
    Config {
        tokens: vec![
            token("all", &[]),
            token("shop", &["shop"]),
            token("admin", &["admin"]),
        ],
        wrong_tokens_per_minute: 10,
        trusted_proxies: vec![[0, 0, 0, 0].into()],
        ..Config::default()
    }
}

/// Who asks: the name of a token, and the address that the proxy saw.
type From<'a> = (&'a str, &'a str);

async fn ask(
    router: &Router,
    (token, client): From<'_>,
    (method, path): (&str, &str),
    body: &Value,
) -> Answer {
    let mut request = request(path)
        .method(method)
        .header(header::CONTENT_TYPE, "application/json")
        // What the client invents stands before what the proxy adds.
        .header("x-forwarded-for", format!("198.51.100.200, {client}"));
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer secret-of-{token}"));
    }
    let body = Body::from(body.to_string());
    send(router, request.body(body).expect("a request")).await
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    /// The lines of the audit log.
    fn lines(&self) -> Vec<Value> {
        let bytes = self.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(
            !text.contains("secret-of-"),
            "a token is in the log: {text}"
        );
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .filter(|line| line["target"] == "audit")
            .map(|mut line| line["fields"].take())
            .collect()
    }
}

#[tokio::test]
async fn each_write_refusal_and_first_use_is_in_the_audit_log_with_the_name_of_the_token() {
    let written = Written::default();
    let sink = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || sink.clone())
        .finish();
    // With a single dispatcher, tracing asks the thread that comes first to an event whether anybody listens,
    // and other tests have none.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let router = router_of(&Arc::new(Fake::default()), config());
    let none = Value::Null;
    let deploy = json!({"app": "shop", "id": "1"});
    let here = "192.0.2.7";
    let apps = ("GET", "/api/v1/apps");
    let deploys = ("POST", "/api/v1/deploys");
    ask(&router, ("shop", here), apps, &none).await;
    ask(&router, ("shop", here), apps, &none).await;
    ask(&router, ("shop", here), deploys, &deploy).await;
    ask(&router, ("admin", here), deploys, &deploy).await;
    ask(&router, ("", here), apps, &none).await;
    ask(&router, ("nobody", here), apps, &none).await;
    ask(&router, ("shop", here), ("GET", "/metrics"), &none).await;
    let line = |line: &Value| {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(line["client"], here);
        let what = format!("{}{}", text("token"), text("reason"));
        let status = line["status"].as_u64().unwrap_or_default();
        (text("message"), what, status)
    };
    let lines: Vec<_> = written.lines().iter().map(line).collect();
    let expected = [
        ("token used", "shop", 0),
        ("change asked for", "shop", 201),
        ("token used", "admin", 0),
        ("change asked for", "admin", 400),
        ("request refused", "unauthenticated", 0),
        ("request refused", "unauthenticated", 0),
        ("request refused", "shopforbidden", 0),
    ];
    let expected = expected.map(|(text, what, status)| (text.to_owned(), what.to_owned(), status));
    assert_eq!(lines, expected);
}

#[tokio::test(start_paused = true)]
async fn who_guesses_is_slowed_down_whatever_he_sends_and_others_are_not() {
    let router = router_of(&Arc::new(Fake::default()), config());
    let apps = ("GET", "/api/v1/apps");
    let mut statuses = Vec::new();
    for n in 0..1000 {
        let guess = format!("guess{n}");
        let answer = ask(&router, (&guess, "192.0.2.7"), apps, &Value::Null).await;
        statuses.push(answer.status);
    }
    let looked_at = |status: &&StatusCode| **status == StatusCode::UNAUTHORIZED;
    assert_eq!(statuses.iter().filter(looked_at).count(), 10);
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
    for (client, status) in [("192.0.2.7", 429), ("192.0.2.8", 200)] {
        let answer = ask(&router, ("all", client), apps, &Value::Null).await;
        assert_eq!(answer.status.as_u16(), status, "{client}");
    }
    let metrics = ask(
        &router,
        ("all", "192.0.2.8"),
        ("GET", "/metrics"),
        &Value::Null,
    )
    .await;
    let counted = "corswatch_dashboard_wrong_tokens_total 10\n";
    assert!(metrics.text.contains(counted), "{}", metrics.text);
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    let answer = ask(&router, ("all", "192.0.2.7"), apps, &Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "it ends by itself");
}

#[tokio::test]
async fn without_a_token_nobody_is_said_to_guess() {
    let router = router_of(&Arc::new(Fake::default()), config());
    for _ in 0..50 {
        let answer = ask(
            &router,
            ("", "192.0.2.7"),
            ("GET", "/api/v1/apps"),
            &Value::Null,
        )
        .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn browsers_are_told_to_keep_to_https_where_it_is_set() {
    let hsts = Some(settings::Span::secs(86_400));
    for (hsts, expected) in [
        (hsts, Some("max-age=86400")),
        (Some(settings::Span::secs(0)), None),
        (None, None),
    ] {
        let config = Config {
            hsts,
            ..Config::default()
        };
        let router = router_of(&Arc::new(Fake::default()), config);
        let answer = get(&router, "/").await;
        let header = answer.headers.get("strict-transport-security");
        assert_eq!(header.map(|value| value.to_str().expect("text")), expected);
    }
}

/// What a token of an app would send to change something of it. Every route that changes something has its
/// line here.
fn writes(app: &str) -> Vec<(&'static str, &'static str, Vec<Value>)> {
    let silence = |matches: Value| {
        json!({
            "match": matches, "starts_at": "2026-11-01T12:00:00Z", "ends_at": "2026-11-01T14:00:00Z",
            "author": "ops", "reason": "a known outage",
        })
    };
    // Without an app it holds for all; a pattern may mean several.
    let silences = vec![
        silence(json!({"app": app})),
        silence(json!({"app": {"regex": ".*"}})),
        silence(json!({"service": "cart"})),
    ];
    vec![
        (
            "post",
            "/api/v1/deploys",
            vec![
                json!({"app": app, "id": "build-77"}),
                json!({"app": app, "id": "build-77", "kind": "rollback", "author": "admin"}),
                json!({"id": "build-77"}),
            ],
        ),
        // Other services report there, each by its own secret; a token of the API is none.
        (
            "post",
            "/api/v1/deploys/hooks/{name}",
            vec![json!({"app": app, "id": "build-77"})],
        ),
        (
            "post",
            "/v2/change/enqueue",
            vec![json!({"routing_key": app, "payload": {"summary": "build-77"}})],
        ),
        ("post", "/api/v1/silences", silences.clone()),
        ("post", "/api/v1/maintenance", silences),
        ("delete", "/api/v1/silences/{id}", vec![Value::Null]),
        ("delete", "/api/v1/maintenance/{id}", vec![Value::Null]),
        (
            "post",
            "/api/v1/incidents/{id}/close",
            vec![json!({"reason": "done"})],
        ),
        (
            "post",
            "/api/v1/partner-links",
            vec![json!({"app": app, "page_origin": "https://partner.test"})],
        ),
        ("delete", "/api/v1/partner-links/{id}", vec![Value::Null]),
        // Ends the session of a browser, which a token has none of.
        ("post", "/auth/logout", vec![Value::Null]),
        (
            "post",
            "/api/v1/slos/backtest",
            vec![json!({
                "from": "2026-11-01T10:00:00Z",
                "slos": [{"app": app, "sli": "block_rate", "objective": 0.99}],
            })],
        ),
    ]
}

#[tokio::test]
async fn no_route_lets_a_token_change_or_learn_something_of_another_app() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, config());
    let (owner, stranger) = (("shop", "192.0.2.1"), ("admin", "192.0.2.2"));
    let api = get(&router, "/openapi.json").await.json();
    let mut described: Vec<(String, String)> = Vec::new();
    for (path, operations) in api["paths"].as_object().expect("paths") {
        let methods = operations.as_object().expect("operations").keys();
        let writing = methods.filter(|method| !matches!(method.as_str(), "get" | "parameters"));
        described.extend(writing.map(|method| (method.clone(), path.clone())));
    }
    let mut tried: Vec<(String, String)> = Vec::new();
    let writes = writes("shop");
    let mut ids = vec!["shop".to_owned(), "0".to_owned()];
    for list in ["silences", "maintenance", "partner-links"] {
        let (_, path, bodies) = writes
            .iter()
            .find(|(_, path, _)| path.ends_with(list))
            .expect("a line");
        let made = ask(&router, owner, ("POST", path), &bodies[0]).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        ids.push(made.json()["id"].as_str().expect("a text").to_owned());
    }
    let kept = || {
        let silences = fake.silences.lock().expect("not poisoned").clone();
        let links = fake.partner_links.lock().expect("not poisoned").clone();
        format!("{silences:?} {links:?}")
    };
    let before = kept();
    for (method, path, bodies) in &writes {
        tried.push(((*method).to_owned(), (*path).to_owned()));
        for body in bodies {
            for id in &ids {
                let path = path.replace("{id}", id).replace("{name}", id);
                let answer = ask(&router, stranger, (&method.to_uppercase(), &path), body).await;
                assert!(
                    answer.status.is_client_error(),
                    "{method} {path} {body}: {} {}",
                    answer.status,
                    answer.text
                );
            }
        }
    }
    assert_eq!(before, kept());
    assert!(fake.deploys.lock().expect("not poisoned").is_empty());
    assert!(fake.closings.lock().expect("not poisoned").is_empty());
    tried.sort();
    described.sort();
    assert_eq!(
        tried, described,
        "a route that changes something has its line above"
    );
}
