//! Deploys that other services report through webhooks.

mod setting;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use dashboard::{Config, DeployHook, HookKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use setting::{Answer, Fake, get, request, router_of, send};
use sha2::Sha256;

const SECRET: &str = "a-secret-of-webhooks";

fn hook(name: &str, kind: HookKind) -> DeployHook {
    DeployHook {
        name: name.to_owned(),
        kind,
        secret: settings::Secret::new(SECRET.to_owned()),
        apps: vec!["shop".to_owned()],
        services: [("acme/cart".to_owned(), "cart".to_owned())].into(),
        environments: [("prod".to_owned(), "production".to_owned())].into(),
        touches_cors: true,
    }
}

fn router(fake: &Arc<Fake>) -> Router {
    let config = Config {
        deploy_hooks: vec![
            hook("github", HookKind::Github),
            hook("gitlab", HookKind::Gitlab),
            hook("argocd", HookKind::Argocd),
            hook("changes", HookKind::Pagerduty),
        ],
        ..Config::default()
    };
    router_of(fake, config)
}

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    mac.update(body.as_bytes());
    let digits: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={digits}")
}

async fn deliver(router: &Router, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut delivery: http::request::Builder = request(path).method("POST");
    for (name, value) in headers {
        delivery = delivery.header(*name, *value);
    }
    let delivery: Request<Body> = delivery
        .body(Body::from(body.to_owned()))
        .expect("a request");
    send(router, delivery).await
}

fn github(state: &str, at: &str) -> String {
    json!({
        "action": "created",
        "deployment_status": {"state": state, "created_at": at, "environment": "prod",
            "log_url": "https://github.test/acme/cart/actions/runs/9"},
        "deployment": {"id": 42, "sha": "5a3f", "ref": "v2.4.0", "task": "deploy",
            "environment": "prod", "creator": {"login": "ada"}, "created_at": "2026-11-01T11:50:00Z",
            "description": "Allow x-tenant"},
        "repository": {"full_name": "acme/cart", "html_url": "https://github.test/acme/cart"},
    })
    .to_string()
}

async fn from_github(router: &Router, event: &str, body: &str) -> Answer {
    let signature = signature(body);
    let headers = [
        ("x-github-event", event),
        ("x-hub-signature-256", signature.as_str()),
        ("content-type", "application/json"),
    ];
    deliver(router, "/api/v1/deploys/hooks/github", &headers, body).await
}

async fn deploys(router: &Router) -> Vec<Value> {
    let body = get(router, "/api/v1/deploys?app=shop&window=1d")
        .await
        .json();
    body["deploys"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_deployment_of_github_is_one_deploy_in_whatever_order_its_states_arrive() {
    let states = [
        ("queued", "2026-11-01T11:51:00Z"),
        ("in_progress", "2026-11-01T11:52:00Z"),
        ("success", "2026-11-01T11:58:00Z"),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let router = router(&Arc::new(Fake::default()));
        for at in order {
            let body = github(states[at].0, states[at].1);
            let first = from_github(&router, "deployment_status", &body).await;
            assert!(first.status.is_success(), "{}", first.text);
            let again = from_github(&router, "deployment_status", &body).await;
            assert_eq!(again.status, StatusCode::OK, "{}", again.text);
            assert_eq!(again.json()["outcome"], "repeated");
        }
        let found = deploys(&router).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let of = |name: &str| found[0][name].clone();
        assert_eq!(of("id"), "github-42");
        assert_eq!(of("service"), "cart");
        assert_eq!(of("environment"), "production");
        assert_eq!(of("version"), "v2.4.0");
        assert_eq!(of("state"), "succeeded");
        // Users met it from the moment on in which it began.
        assert_eq!(of("at"), "2026-11-01T11:52:00.000Z");
        assert_eq!(of("link"), "https://github.test/acme/cart/actions/runs/9");
        assert_eq!(of("source"), "github");
        assert_eq!(of("author"), "ada");
        assert_eq!(of("touches_cors"), true);
    }
}

#[tokio::test]
async fn a_deployment_that_is_only_asked_for_has_not_been_deployed() {
    let router = router(&Arc::new(Fake::default()));
    let body = github("pending", "2026-11-01T11:51:00Z");
    let answer = from_github(&router, "deployment", &body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    assert_eq!(answer.json()["deploys"][0]["state"], "requested");
    let rate = get(&router, "/api/v1/deploys?app=shop&window=1d")
        .await
        .json();
    assert_eq!(rate["change_rollback_rate"]["total"], 0, "{rate}");
    let ping = from_github(&router, "ping", "{}").await;
    assert_eq!(ping.status, StatusCode::OK);
    assert_eq!(ping.json()["outcome"], "ignored");
}

/// What GitLab, Argo CD and a sender of change events deliver for one deploy.
fn deliveries() -> [String; 3] {
    let gitlab = json!({"object_kind": "deployment", "status": "success", "deployment_id": 15,
        "status_changed_at": "2026-11-01 12:50:00 +0100", "environment": "prod", "short_sha": "279484c0",
        "project": {"path_with_namespace": "acme/cart"}, "deployable_url": "https://gitlab.test/j/1"})
    .to_string();
    let argocd = json!({"application": "acme/cart", "phase": "Succeeded", "revision": "7d1f",
        "environment": "prod", "started_at": "2026-11-01T11:50:00Z"})
    .to_string();
    let change = json!({"routing_key": SECRET, "payload": {"summary": "Cart 2.4.0", "source": "acme/cart",
        "timestamp": "2026-11-01T11:50:00.000+0000", "custom_details": {"id": "7", "environment": "prod"}}})
    .to_string();
    [gitlab, argocd, change]
}

#[tokio::test]
async fn each_kind_is_recorded_with_its_own_secret_and_refused_and_counted_without() {
    let fake = Arc::new(Fake::default());
    let router = router(&fake);
    let [gitlab, argocd, change] = deliveries();
    let forged = change.replace(SECRET, "another-key-than-this");
    let github = github("success", "2026-11-01T11:50:00Z");
    let signed = signature(&github);
    let bearer = format!("Bearer {SECRET}");
    let own = "/api/v1/deploys/hooks";
    let event = ("x-github-event", "deployment_status");
    let cases = [
        (
            "github",
            vec![event, ("x-hub-signature-256", &signed)],
            &github,
            vec![event],
            &github,
        ),
        (
            "gitlab",
            vec![("x-gitlab-token", SECRET)],
            &gitlab,
            vec![("x-gitlab-token", "guess")],
            &gitlab,
        ),
        (
            "argocd",
            vec![("authorization", &bearer)],
            &argocd,
            vec![("authorization", "Bearer x")],
            &argocd,
        ),
        ("changes", vec![], &change, vec![], &forged),
    ];
    for (name, good, body, bad, bad_body) in cases {
        let path = format!("{own}/{name}");
        let refused = deliver(&router, &path, &bad, bad_body).await;
        assert_eq!(
            refused.status,
            StatusCode::UNAUTHORIZED,
            "{name}: {}",
            refused.text
        );
        let unsigned = deliver(&router, &path, &[event], "{}").await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED, "{name}");
        let known = deploys(&router).await;
        assert!(known.iter().all(|found| found["recorded_by"] != name));
        let taken = deliver(&router, &path, &good, body).await;
        assert_eq!(taken.status, StatusCode::CREATED, "{name}: {}", taken.text);
        let found = taken.json()["deploys"][0].clone();
        assert_eq!(found["recorded_by"], name);
        assert_eq!(found["service"], "cart", "{name}");
        assert_eq!(found["environment"], "production", "{name}");
        assert_eq!(found["at"], "2026-11-01T11:50:00.000Z", "{name}");
        let garbage = deliver(&router, &path, &good, "{").await;
        assert!(garbage.status.is_client_error(), "{name}");
    }
    assert_eq!(deploys(&router).await.len(), 4);
    let metrics = get(&router, "/metrics").await.text;
    for line in [
        r#"corswatch_dashboard_hook_deliveries_total{hook="github",outcome="bad_signature"} 3"#,
        r#"corswatch_dashboard_hook_deliveries_total{hook="gitlab",outcome="invalid"} 1"#,
        r#"corswatch_dashboard_hook_deliveries_total{hook="argocd",outcome="recorded"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    let nowhere = deliver(&router, "/api/v1/deploys/hooks/jenkins", &[], "{}").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_sends_change_events_to_pagerduty_needs_another_host_only() {
    let router = router(&Arc::new(Fake::default()));
    let event = |key: &str| {
        json!({"routing_key": key, "payload": {"summary": "Revert \"Allow x-tenant\"", "source": "ci",
            "timestamp": "2026-11-01T11:50:00Z"}, "links": [{"href": "https://ci.test/1", "text": "run"}]})
        .to_string()
    };
    let path = "/v2/change/enqueue";
    for _ in 0..2 {
        let answer = deliver(&router, path, &[], &event(SECRET)).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
        assert_eq!(answer.json()["status"], "success");
    }
    let refused = deliver(
        &router,
        path,
        &[],
        &event("R0000000000000000000000000000000"),
    )
    .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let found = deploys(&router).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["kind"], "rollback");
    assert_eq!(found[0]["rollback_rule"], "revert");
    assert_eq!(found[0]["link"], "https://ci.test/1");
}

#[tokio::test]
async fn an_earlier_version_that_comes_back_is_a_rollback_for_its_service_and_environment_only() {
    let fake = Arc::new(Fake::default());
    let router = router(&fake);
    let report = |id: &str, minute: u32, environment: &str, version: &str| {
        json!({"app": "shop", "id": id, "at": format!("2026-11-01T11:{minute:02}:00Z"), "service": "cart",
            "environment": environment, "version": version, "touches_cors": id == "b"})
    };
    for (id, minute, environment, version, rule) in [
        ("a", 1, "production", "1.0", Value::Null),
        ("b", 2, "production", "1.1", Value::Null),
        ("s", 3, "staging", "1.0", Value::Null),
        ("again", 4, "production", "1.1", Value::Null),
        ("back", 5, "production", "1.0", json!("earlier_version")),
    ] {
        let report = report(id, minute, environment, version);
        let answer = setting::post(&router, "/api/v1/deploys", &report).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        assert_eq!(answer.json()["rollback_rule"], rule, "{id}");
    }
    let body = get(&router, "/api/v1/deploys?app=shop&window=1d")
        .await
        .json();
    let back = body["deploys"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&back["kind"], &back["reverts"]),
        (&json!("rollback"), &json!("again"))
    );
}

#[tokio::test]
async fn a_delivery_may_be_larger_than_a_request_of_the_api_and_has_a_bound() {
    let router = router(&Arc::new(Fake::default()));
    let large = json!({"routing_key": SECRET, "filler": "x".repeat(100_000),
        "payload": {"summary": "s", "timestamp": "2026-11-01T11:50:00Z"}})
    .to_string();
    let answer = deliver(&router, "/v2/change/enqueue", &[], &large).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let huge = "x".repeat(1024 * 1024 + 1);
    let answer = deliver(&router, "/v2/change/enqueue", &[], &huge).await;
    assert_eq!(
        answer.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{}",
        answer.text
    );
    assert_eq!(answer.json()["code"], "too_large");
}
