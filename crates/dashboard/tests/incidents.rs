//! Incidents: what is shown of them, to whom, and how a person closes one.

mod setting;

use std::sync::Arc;

use dashboard::Config;
use serde_json::json;
use setting::{Fake, get, post, router_of};

/// An incident of two apps, as the evaluation keeps it.
fn incident_row() -> store::IncidentRow {
    let part = |method: &str, endpoint: &str, sessions: u64| {
        json!({
            "slices": [{"method": method, "endpoint": endpoint}],
            "page_origins": [format!("https://{sessions}.test")],
            "service": "cart",
            "impact": {
                "sessions": sessions, "all_sessions": 10 * sessions, "networks": 2, "failed": sessions,
                "requests": 100, "recent": {"requests": 10, "failed": 3, "failed_before": 1},
                "since": 1_793_534_000_000_i64,
            },
            "contrast": {"affected": [format!("pages of {sessions}")], "healthy": []},
        })
    };
    let alert = |id: &str, app: &str| {
        json!({
            "alert": id, "app": app, "slo": format!("{app}-block_rate"), "sli": "block_rate",
            "rule": "fast_burn", "severity": "page", "since": 1_793_534_100_000_i64,
            "clean_since": null, "measured": format!("{app} measured"), "budget": "exhausted",
        })
    };
    let entry = |app: &str, text: &str| json!({"at": 1_793_534_100_000_i64, "what": "deploy", "text": text, "app": app});
    let body = json!({"unsent": null, "incident": {
        "id": "ab12", "target_origin": "https://api.test", "service": "cart", "failing": "blocked",
        "stage": "preflight", "phase": "open", "opened_at": 1_793_534_100_000_i64,
        "started_at": 1_793_534_000_000_i64, "last_bad": 1_793_534_400_000_i64, "severity": "page",
        "suspicious": false, "max_age": 600,
        "cause": {
            "app": "admin", "cause": "HeaderDisallowedByPreflightResponse", "parameter": "x-tenant",
            "stage": "preflight", "explanation": "It was not listed for https://7.test.",
            "header": "access-control-allow-headers: x-tenant", "fix": "List it.",
            "replayed": "PUT https://api.test/admin/1 from https://7.test", "at": 1_793_534_200_000_i64,
            "offending": [["access-control-allow-origin", "https://7.test"]], "changes": [],
        },
        "apps": {"shop": part("PUT", "/cart/:id", 4), "admin": part("GET", "/admin/:id", 7)},
        "alerts": [alert("1", "shop"), alert("2", "admin")],
        "suspects": [
            {"kind": "deploy", "id": "a-1", "at": 1_793_533_900_000_i64, "score": 0.9, "why": "just before",
             "app": "admin", "service": "cart", "undo": "Roll deploy a-1 back."},
        ],
        "timeline": [entry("", "Opened."), entry("admin", "Deploy a-1.")],
        "labels": {"owner": "team-cart"}, "runbook": "", "told_labels": {}, "previous": null,
        "merged_into": null, "closing": null, "relapses": 0, "told_sessions": 4, "told_at": null,
        "sequence": 1,
    }});
    store::IncidentRow {
        id: "ab12".to_owned(),
        version: 1,
        apps: vec!["admin".to_owned(), "shop".to_owned()],
        severity: slo::Severity::Page,
        state: store::IncidentState::Open,
        opened_at: observation::UnixMillis(1_793_534_100_000),
        updated_at: observation::UnixMillis(1_793_534_100_000),
        closed_at: None,
        body: body.to_string(),
    }
}

#[tokio::test]
async fn incidents_are_listed_and_shown_with_all_that_people_are_told() {
    let fake = Arc::new(Fake {
        incidents: vec![incident_row()],
        ..Fake::default()
    });
    let router = router_of(&fake, Config::default());
    let listed = get(&router, "/api/v1/incidents?state=open").await.json();
    insta::assert_json_snapshot!("incidents", listed);
    let none = get(&router, "/api/v1/incidents?state=closed").await.json();
    assert_eq!(none["incidents"], json!([]));
    let shown = get(&router, "/api/v1/incidents/ab12").await.json();
    assert_eq!(shown["timeline"][1]["text"], "Deploy a-1.");
    assert_eq!(shown["times"]["to_detect"], "1m");
    assert!(
        shown["evidence"]["diagnosis"]
            .as_str()
            .unwrap()
            .contains("https://7.test")
    );
    assert_eq!(get(&router, "/api/v1/incidents/cd").await.status, 404);
    assert_eq!(
        get(&router, "/api/v1/incidents?state=ajar").await.status,
        400
    );
}

#[tokio::test]
async fn of_an_incident_of_several_apps_one_app_shows_nothing_of_the_others() {
    let fake = Arc::new(Fake {
        incidents: vec![incident_row()],
        ..Fake::default()
    });
    let router = router_of(&fake, Config::default());
    let shop = get(&router, "/api/v1/incidents?app=shop").await.json();
    let incident = &shop["incidents"][0];
    assert_eq!(incident["endpoints"], json!(["PUT /cart/:id"]));
    assert_eq!(
        (&incident["impact"]["sessions"], &incident["suspects"]),
        (&json!(4), &json!([]))
    );
    assert_eq!(incident["cause"], "HeaderDisallowedByPreflightResponse");
    let text = shop.to_string();
    for secret in ["admin", "7.test", "a-1"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn an_incident_is_closed_by_hand_with_a_reason() {
    let fake = Arc::new(Fake {
        incidents: vec![incident_row()],
        ..Fake::default()
    });
    let router = router_of(&fake, Config::default());
    for (path, body, status) in [
        ("/api/v1/incidents/ab12/close", json!({"reason": "  "}), 400),
        ("/api/v1/incidents/ab12/close", json!({}), 400),
        ("/api/v1/incidents/cd/close", json!({"reason": "done"}), 404),
        (
            "/api/v1/incidents/ab12/close",
            json!({"reason": "the partner is gone"}),
            202,
        ),
    ] {
        assert_eq!(
            post(&router, path, &body).await.status,
            status,
            "{path} {body}"
        );
    }
    let closings = fake.closings.lock().unwrap();
    assert_eq!(closings.len(), 1);
    assert_eq!(
        (closings[0].reason.as_str(), closings[0].by.as_str()),
        ("the partner is gone", "local")
    );
}

#[tokio::test]
async fn a_report_has_objectives_incidents_changes_and_policies_as_json_and_as_markdown() {
    let router = setting::well();
    for report in [
        serde_json::json!({"app": "shop", "id": "a", "version": "1", "touches_cors": true}),
        serde_json::json!({"app": "shop", "id": "<b>", "reverts": "a"}),
    ] {
        let answer = setting::post(&router, "/api/v1/deploys", &report).await;
        assert_eq!(answer.status, http::StatusCode::CREATED, "{}", answer.text);
    }
    let path = "/api/v1/report?app=shop&period=month";
    let report = setting::get(&router, path).await.json();
    assert_eq!(report["period"], "month");
    assert_eq!(report["changes"]["deploys"], 2);
    assert_eq!(report["changes"]["rollbacks"][0]["rollback_rule"], "stated");
    let slos = report["slos"].as_array().expect("a list");
    assert!(!slos.is_empty() && slos.iter().all(|slo| slo["app"] == "shop"));
    assert!(
        slos.iter().all(|slo| slo["from"] == report["from"]),
        "all over the month"
    );
    assert!(report["policies"]["summary"]["targets"].as_u64() > Some(0));
    let markdown = setting::get(&router, &format!("{path}&format=markdown")).await;
    assert_eq!(
        markdown.headers["content-type"],
        "text/markdown; charset=utf-8"
    );
    for part in [
        "# CORS of shop: ",
        "## Objectives",
        "M6: 1 rollbacks of 1 CORS changes",
        "\\<b\\>",
    ] {
        assert!(markdown.text.contains(part), "{part}: {}", markdown.text);
    }
    for (question, field) in [
        ("app=shop&period=year", "period"),
        ("app=shop&format=pdf", "format"),
        ("", "app"),
    ] {
        let answer = setting::get(&router, &format!("/api/v1/report?{question}"))
            .await
            .json();
        assert_eq!(answer["errors"][0]["field"], field, "{question}");
    }
}
