//! Silences, maintenance windows and the delivery log, over HTTP.

mod setting;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use dashboard::{Access, Config, Token};
use http::{StatusCode, header};
use serde_json::{Value, json};
use setting::{Answer, Fake, request, router_of, send, well};

fn token(name: &str, apps: &[&str]) -> Token {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(name.as_bytes());
    Token {
        name: name.into(),
        sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        expires: None,
        apps: apps.iter().map(|app| (*app).to_owned()).collect(),
        access: Access::Write,
    }
}

/// A router with one token for all apps and one for `shop` alone.
fn guarded() -> Router {
    let config = Config {
        tokens: vec![token("all", &[]), token("limited", &["shop"])],
        ..Config::default()
    };
    router_of(&Arc::new(Fake::default()), config)
}

async fn ask(
    router: &Router,
    method: &str,
    path: &str,
    token: &str,
    body: Option<&Value>,
) -> Answer {
    let mut request = request(path)
        .method(method)
        .header(header::CONTENT_TYPE, "application/json");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    send(router, request.body(body).expect("a request")).await
}

fn silence(matches: Value) -> Value {
    json!({
        "match": matches,
        "starts_at": "2026-11-01T12:00:00Z",
        "ends_at": "2026-11-01T14:00:00Z",
        "author": "ops",
        "reason": "a known outage",
    })
}

#[tokio::test]
async fn what_is_recorded_is_listed_until_it_is_taken_back_and_then_as_history() {
    for list in ["silences", "maintenance"] {
        let router = well();
        let path = format!("/api/v1/{list}");
        let mut body = silence(json!({ "app": "shop", "service": { "regex": "check.*" } }));
        body["rrule"] = json!("FREQ=WEEKLY");
        let made = ask(&router, "POST", &path, "", Some(&body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        assert_eq!(
            (&made["state"], &made["created_by"]),
            (&json!("active"), &json!("local"))
        );
        assert_eq!(made["window_to"], "2026-11-01T14:00:00.000Z");
        let listed = ask(&router, "GET", &path, "", None).await.json();
        assert_eq!(listed[list], json!([made]));
        let one = format!("{path}/{}", made["id"].as_str().expect("a text"));
        for _ in 0..2 {
            let answer = ask(&router, "DELETE", &one, "", None).await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT);
        }
        let listed = ask(&router, "GET", &path, "", None).await.json();
        assert_eq!(listed[list][0]["state"], "deleted", "{listed}");
        let unknown = ask(&router, "DELETE", &format!("{path}/x"), "", None).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn every_field_at_fault_is_named_at_once() {
    let router = well();
    let mut body = silence(json!({ "app": { "regex": "(" } }));
    body["ends_at"] = json!("2026-11-01T11:00:00Z");
    body["reason"] = json!("");
    let answer = ask(&router, "POST", "/api/v1/silences", "", Some(&body)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let errors = answer.json()["errors"].clone();
    let fields: Vec<_> = errors
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["field"])
        .collect();
    assert_eq!(fields, ["match", "reason", "ends_at"]);
    let mut over = silence(json!({ "app": "shop" }));
    over["starts_at"] = json!("2026-11-01T10:00:00Z");
    over["ends_at"] = json!("2026-11-01T11:00:00Z");
    for (list, status) in [("silences", 400), ("maintenance", 201)] {
        let answer = ask(&router, "POST", &format!("/api/v1/{list}"), "", Some(&over)).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{list}: only work can be recorded later"
        );
    }
    let everything = ask(
        &router,
        "POST",
        "/api/v1/silences",
        "",
        Some(&silence(json!({}))),
    )
    .await;
    assert_eq!(everything.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_token_that_is_limited_to_apps_silences_only_theirs() {
    let router = guarded();
    for (matches, status) in [
        (json!({ "app": "shop" }), 201),
        (json!({ "app": "shop", "severity": "page" }), 201),
        (json!({ "app": "admin" }), 400),
        (json!({ "app": { "regex": "shop" } }), 400),
        (json!({ "severity": "page" }), 400),
        (json!({ "app": "" }), 400),
    ] {
        let body = silence(matches.clone());
        let answer = ask(&router, "POST", "/api/v1/silences", "limited", Some(&body)).await;
        assert_eq!(answer.status.as_u16(), status, "{matches}: {}", answer.text);
    }
    let body = silence(json!({ "severity": "page" }));
    let made = ask(&router, "POST", "/api/v1/silences", "all", Some(&body))
        .await
        .json();
    let count = |answer: Answer| answer.json()["silences"].as_array().map(Vec::len);
    let theirs = ask(&router, "GET", "/api/v1/silences", "limited", None).await;
    assert_eq!(count(theirs), Some(2));
    assert_eq!(
        count(ask(&router, "GET", "/api/v1/silences", "all", None).await),
        Some(3)
    );
    let path = format!("/api/v1/silences/{}", made["id"].as_str().expect("a text"));
    let answer = ask(&router, "DELETE", &path, "limited", None).await;
    assert_eq!(
        answer.status,
        StatusCode::NOT_FOUND,
        "it says nothing of what others have"
    );
}

#[tokio::test]
async fn labels_that_no_alert_has_are_refused_with_those_that_are_permitted() {
    let router = well();
    for list in ["silences", "maintenance"] {
        let body = silence(json!({ "svc": "cart", "app": "shop" }));
        let path = format!("/api/v1/{list}");
        let answer = ask(&router, "POST", &path, "", Some(&body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        let fault = answer.json()["errors"][0].clone();
        assert_eq!(fault["field"], "match.svc");
        let permitted = fault["permitted"].as_str().expect("text").to_owned();
        for label in ["service", "severity", "target_origin", "slo.labels"] {
            assert!(permitted.contains(label), "{permitted}");
        }
        // `team` is a label that objectives add.
        let body = silence(json!({ "team": "checkout", "stage": "preflight" }));
        let answer = ask(&router, "POST", &path, "", Some(&body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_limited_token_silences_an_incident_of_its_own_apps_by_its_id_and_no_other() {
    let incident = |id: &str, apps: &[&str]| store::IncidentRow {
        id: id.to_owned(),
        version: 1,
        apps: apps.iter().map(|app| (*app).to_owned()).collect(),
        severity: slo::Severity::Page,
        state: store::IncidentState::Open,
        opened_at: setting::NOW,
        updated_at: setting::NOW,
        closed_at: None,
        body: "{}".to_owned(),
    };
    let fake = Fake {
        incidents: vec![
            incident("own", &["shop"]),
            incident("both", &["shop", "admin"]),
            incident("other", &["admin"]),
        ],
        ..Fake::default()
    };
    let config = Config {
        tokens: vec![token("all", &[]), token("limited", &["shop"])],
        ..Config::default()
    };
    let router = router_of(&Arc::new(fake), config);
    for (id, status) in [
        ("own", 201),
        ("both", 400),
        ("other", 400),
        ("unknown", 400),
    ] {
        let body = silence(json!({ "incident": id }));
        let answer = ask(&router, "POST", "/api/v1/silences", "limited", Some(&body)).await;
        assert_eq!(answer.status.as_u16(), status, "{id}: {}", answer.text);
    }
    let theirs = ask(&router, "GET", "/api/v1/silences", "limited", None)
        .await
        .json();
    let theirs = theirs["silences"].as_array().expect("a list").clone();
    assert_eq!(theirs.len(), 1, "{theirs:?}");
    let path = format!(
        "/api/v1/silences/{}",
        theirs[0]["id"].as_str().expect("an id")
    );
    let answer = ask(&router, "DELETE", &path, "limited", None).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

#[tokio::test]
async fn the_delivery_log_shows_a_limited_caller_its_apps_and_nothing_that_may_name_others() {
    let router = guarded();
    for (token, path, apps) in [
        (
            "all",
            "/api/v1/deliveries?window=1h",
            vec!["shop", "blog", ""],
        ),
        ("limited", "/api/v1/deliveries?receiver=slack", vec!["shop"]),
        (
            "limited",
            "/api/v1/deliveries?app=shop&limit=5",
            vec!["shop"],
        ),
    ] {
        let answer = ask(&router, "GET", path, token, None).await.json();
        let rows = answer["deliveries"].as_array().expect("a list");
        let found: Vec<_> = rows.iter().map(|row| row["app"].clone()).collect();
        assert_eq!(found, apps, "{path}");
        assert_eq!(rows[0]["answer"], "HTTP 200");
    }
    let other = ask(
        &router,
        "GET",
        "/api/v1/deliveries?app=admin",
        "limited",
        None,
    )
    .await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn maintenance_corrects_objectives_as_a_view_beside_what_was_measured() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, Config::default());
    let slos = async || {
        let answer = ask(&router, "GET", "/api/v1/slos?app=shop", "", None).await;
        answer.json()
    };
    let before = slos().await;
    // Yesterday's work, recorded today, each day since the day before; and what concerns none of them.
    let work = json!({
        "match": { "app": "shop", "service": "checkout" }, "starts_at": "2026-10-30T02:00:00Z",
        "ends_at": "2026-10-30T02:30:00Z", "author": "ops", "reason": "gateway upgrade", "rrule": "FREQ=DAILY",
    });
    let elsewhere = silence(json!({ "app": "admin" }));
    let of_one_alert = silence(json!({ "app": "shop", "severity": "page" }));
    for body in [&work, &elsewhere, &of_one_alert] {
        let answer = ask(&router, "POST", "/api/v1/maintenance", "", Some(body)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
    fake.asked.lock().unwrap().clear();
    let after = slos().await;
    for (slo, earlier) in after["slos"]
        .as_array()
        .unwrap()
        .iter()
        .zip(before["slos"].as_array().unwrap())
    {
        assert_eq!(
            slo["measured"], earlier["measured"],
            "what was measured stays"
        );
        assert_eq!(slo["budget_remaining"], earlier["budget_remaining"]);
        let corrected = &slo["corrected"];
        assert_eq!(corrected["excluded_minutes"], 3 * 30, "{slo}");
        assert_eq!(corrected["by"][0]["reason"], "gateway upgrade");
        let excluded = corrected["excluded"]["total"].as_u64().unwrap();
        let left = slo["measured"]["total"]
            .as_u64()
            .unwrap()
            .saturating_sub(excluded);
        assert_eq!(corrected["measured"]["total"], left);
    }
    let asked = fake.asked.lock().unwrap().clone();
    let narrow: Vec<_> = asked
        .iter()
        .filter(|(_, within)| within.to.0 - within.from.0 == 30 * 60_000)
        .collect();
    assert_eq!(
        narrow.len(),
        3,
        "objectives of the same traffic share what is read: {narrow:?}"
    );
    assert!(
        narrow
            .iter()
            .all(|(filter, _)| filter.service.as_deref() == Some("checkout"))
    );
    let windows = ask(&router, "GET", "/api/v1/maintenance", "", None)
        .await
        .json();
    let id = windows["maintenance"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["rrule"] != "")
        .unwrap()["id"]
        .clone();
    let path = format!("/api/v1/maintenance/{}", id.as_str().unwrap());
    ask(&router, "DELETE", &path, "", None).await;
    let taken_back = slos().await;
    assert_eq!(taken_back["slos"][0]["corrected"], Value::Null);
}

#[tokio::test]
async fn a_limited_token_fills_its_own_share_of_silences_and_nobody_elses() {
    let router = guarded();
    let body = silence(json!({ "app": "shop" }));
    let post = async |token| ask(&router, "POST", "/api/v1/silences", token, Some(&body)).await;
    let mut made = Vec::new();
    let refused = loop {
        let answer = post("limited").await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        made.push(answer.json()["id"].as_str().expect("a text").to_owned());
        assert!(made.len() <= 100, "there is a bound");
    };
    assert_eq!((refused.status, made.len()), (StatusCode::BAD_REQUEST, 100));
    assert!(refused.text.contains("take some back"), "{}", refused.text);
    assert_eq!(
        post("all").await.status,
        StatusCode::CREATED,
        "others have room"
    );
    let path = format!("/api/v1/silences/{}", made[0]);
    let back = ask(&router, "DELETE", &path, "limited", None).await;
    assert_eq!(back.status, StatusCode::NO_CONTENT);
    // One of `all` is about the same app, so two have to go.
    let path = format!("/api/v1/silences/{}", made[1]);
    ask(&router, "DELETE", &path, "limited", None).await;
    assert_eq!(
        post("limited").await.status,
        StatusCode::CREATED,
        "there is room again"
    );
}
