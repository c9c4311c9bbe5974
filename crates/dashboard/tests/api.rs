//! The shapes of the answers, and the refusals of bad questions.

mod setting;

use std::sync::Arc;

use dashboard::Config;
use http::StatusCode;
use observation::Source;
use serde_json::{Value, json};
use setting::{Fake, Mood, NOW, get, post, router_of, well};
use store::LabTraffic;

#[tokio::test]
async fn answers_have_their_shapes() {
    let router = well();
    for (name, path) in [
        ("sli", "/api/v1/sli?app=shop&window=1h"),
        ("series", "/api/v1/series?app=shop&window=3m&step=60"),
        ("endpoints", "/api/v1/endpoints?app=shop"),
        ("breakdown", "/api/v1/breakdown?app=shop&by=browser_family"),
        ("inventory", "/api/v1/inventory?app=shop"),
        ("inventory_history", "/api/v1/inventory/history?days=4"),
        ("ledger", "/api/v1/ledger"),
        ("alerts", "/api/v1/alerts?app=shop"),
        ("slos", "/api/v1/slos?app=shop"),
        ("apps", "/api/v1/apps"),
        ("readyz", "/readyz"),
    ] {
        let answer = get(&router, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/json", "{path}");
        insta::assert_json_snapshot!(name, answer.json());
    }
}

#[tokio::test]
async fn a_deploy_is_recorded_and_m6_counts_rollbacks_among_cors_changes() {
    let router = well();
    for report in [
        json!({"id": "d1", "app": "shop", "touches_cors": true, "author": "mira", "service": "cart"}),
        json!({"id": "d2", "app": "shop", "note": "text only"}),
        json!({"id": "d3", "app": "shop", "kind": "rollback", "reverts": "d1", "touches_cors": true}),
    ] {
        let answer = post(&router, "/api/v1/deploys", &report).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
    let deploys = get(&router, "/api/v1/deploys?app=shop&window=1d")
        .await
        .json();
    insta::assert_json_snapshot!("deploys", deploys);
    let made_up = post(&router, "/api/v1/deploys", &json!({"app": "shop"}))
        .await
        .json();
    assert_eq!(made_up["id"].as_str().map(str::len), Some(16), "{made_up}");
}

#[tokio::test]
async fn the_inventory_is_narrowed_and_its_summary_speaks_of_all_that_is_narrowed_from() {
    let router = well();
    for (question, services, total) in [
        ("", vec!["reviews", "catalog", "back-office"], 3),
        ("?app=shop", vec!["reviews", "catalog"], 2),
        ("?app=admin&service=catalog", vec!["catalog"], 1),
        ("?stance=list", vec!["catalog"], 3),
        ("?finding=origin-reflected", vec!["reviews"], 3),
        ("?finding=no-such-rule", vec![], 3),
        // A day and a half ago.
        ("?at=1793404800000", vec!["catalog"], 1),
    ] {
        let answer = get(&router, &format!("/api/v1/inventory{question}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let body = answer.json();
        let found: Vec<_> = body["targets"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|target| target["service"].as_str().expect("a name"))
            .collect();
        assert_eq!(found, services, "{question}");
        assert_eq!(body["summary"]["targets"], total, "{question}");
    }
}

/// Path, and the field, its value and part of what is permitted that the refusal has to name.
const BAD_QUESTIONS: &[(&str, &str, &str, &str)] = &[
    ("/api/v1/sli", "app", "", "one of shop, admin"),
    ("/api/v1/sli?app=shpo", "app", "shpo", "one of shop, admin"),
    (
        "/api/v1/sli?app=shop&windw=1h",
        "windw",
        "1h",
        "environment, flow, source",
    ),
    (
        "/api/v1/sli?app=shop&app=shop",
        "app",
        "shop",
        "one value for each parameter",
    ),
    (
        "/api/v1/sli?app=shop&window=soon",
        "window",
        "soon",
        "such as 5m, 1h or 7d",
    ),
    (
        "/api/v1/sli?app=shop&window=30s",
        "window",
        "30s",
        "1m to 400d before `to`",
    ),
    (
        "/api/v1/sli?app=shop&window=401d",
        "window",
        "401d",
        "1m to 400d before `to`",
    ),
    (
        "/api/v1/sli?app=shop&from=yesterday",
        "from",
        "yesterday",
        "2026-01-31T12:00:00Z",
    ),
    (
        "/api/v1/sli?app=shop&from=0&window=1h",
        "window",
        "1h",
        "not both",
    ),
    (
        "/api/v1/sli?app=shop&from=2026-11-02T00:00:00Z",
        "from",
        "2026-11-02T00:00:00.000Z",
        "before `to`",
    ),
    (
        "/api/v1/sli?app=shop&source=brwser",
        "source",
        "brwser",
        "one of browser, gateway",
    ),
    (
        "/api/v1/series?app=shop&step=0",
        "step",
        "0",
        "whole minutes",
    ),
    (
        "/api/v1/series?app=shop&step=90",
        "step",
        "90",
        "whole minutes",
    ),
    (
        "/api/v1/series?app=shop&window=2d&step=60",
        "step",
        "60",
        "at most 2000 points",
    ),
    (
        "/api/v1/breakdown?app=shop",
        "by",
        "",
        "one of service, page_origin, target_origin",
    ),
    (
        "/api/v1/breakdown?app=shop&by=user",
        "by",
        "user",
        "one of service, page_origin",
    ),
    (
        "/api/v1/breakdown?app=shop&by=method&limit=501",
        "limit",
        "501",
        "1 to 500",
    ),
    (
        "/api/v1/endpoints?app=shop&limit=0",
        "limit",
        "0",
        "1 to 500",
    ),
    (
        "/api/v1/inventory?stance=open",
        "stance",
        "open",
        "one of none, list, wildcard",
    ),
    (
        "/api/v1/inventory?at=then",
        "at",
        "then",
        "2026-01-31T12:00:00Z",
    ),
    (
        "/api/v1/inventory/history?days=401",
        "days",
        "401",
        "1 to 400",
    ),
    (
        "/api/v1/ledger?app=shop",
        "app",
        "shop",
        "no parameter here",
    ),
    (
        "/api/v1/alerts?app=nope",
        "app",
        "nope",
        "one of shop, admin",
    ),
    (
        "/api/v1/slos?slo=x",
        "slo",
        "x",
        "one of the parameters app",
    ),
    ("/api/v1/deploys?window=1h", "app", "", "one of shop, admin"),
    (
        "/api/v1/sli?app=shop&from=-1h",
        "from",
        "-1h",
        "the last hour is window=1h",
    ),
];

#[tokio::test]
async fn every_bad_question_is_refused_with_field_value_and_what_is_permitted() {
    let router = well();
    for &(path, field, value, permitted) in BAD_QUESTIONS {
        let answer = get(&router, path).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{path}: {}",
            answer.text
        );
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(problem["code"], "invalid_request", "{path}");
        let fault = &problem["errors"][0];
        assert_eq!(fault["field"], field, "{path}: {problem}");
        assert_eq!(fault["value"], value, "{path}: {problem}");
        let said = fault["permitted"].as_str().unwrap();
        assert!(said.contains(permitted), "{path}: {said}");
    }
}

#[tokio::test]
async fn all_faults_of_a_question_are_named_at_once() {
    let answer = get(&well(), "/api/v1/series?app=x&window=1y&step=7&zz=1").await;
    let problem = answer.json();
    let fields: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["field"].clone())
        .collect();
    assert_eq!(fields, ["zz", "app", "step"], "{problem}");
}

#[tokio::test]
async fn bad_deploys_are_refused_and_nothing_is_recorded() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, Config::default());
    let long = "x".repeat(201);
    for (body, field) in [
        (json!({}), "app"),
        (json!({"app": "nope"}), "app"),
        (json!({"app": "shop", "release": "2.1"}), "release"),
        (json!({"app": "shop", "kind": "hotfix"}), "kind"),
        (json!({"app": "shop", "at": "noon"}), "at"),
        (json!({"app": "shop", "at": "2026-11-03T12:00:00Z"}), "at"),
        (json!({"app": "shop", "author": long}), "author"),
        (json!({"app": "shop", "note": "\u{1b}[2J"}), "note"),
    ] {
        let answer = post(&router, "/api/v1/deploys", &body).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{body}: {}",
            answer.text
        );
        assert_eq!(
            answer.json()["errors"][0]["field"],
            field,
            "{body}: {}",
            answer.text
        );
    }
    assert!(fake.deploys.lock().unwrap().is_empty());
    for (body, detail) in [
        (
            json!({"app": "shop", "release": "2.1"}),
            "release = \"2.1\": permitted is one of id, app, service, version, environment, kind, at, reverts, touches_cors, author, note, link (there is no such field)",
        ),
        (
            json!({"app": "shop", "kind": "hotfix"}),
            "kind = \"hotfix\": permitted is one of deploy, config, rollback",
        ),
        (
            json!({}),
            "app = \"\": permitted is a value: this field is required",
        ),
        (
            json!({"app": "shop", "touches_cors": "yes"}),
            "touches_cors = \"yes\": permitted is a boolean",
        ),
    ] {
        let answer = post(&router, "/api/v1/deploys", &body).await.json();
        let found = answer["detail"].as_str().expect("text");
        assert!(found.starts_with(detail), "{found}");
    }
}

#[tokio::test]
async fn filters_reach_the_store_as_they_were_asked_and_windows_as_whole_minutes() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, Config::default());
    let path = "/api/v1/sli?app=admin&window=5m&service=&release=1.2&page_origin=https%3A%2F%2Fa.test&source=gateway";
    assert_eq!(get(&router, path).await.status, StatusCode::OK);
    let (filter, within) = fake.asked.lock().unwrap().remove(0);
    assert_eq!(
        filter.service.as_deref(),
        Some(""),
        "empty asks for requests of no service"
    );
    assert_eq!(filter.release.as_deref(), Some("1.2"));
    assert_eq!(filter.page_origin.as_deref(), Some("https://a.test"));
    assert_eq!(filter.environment, None);
    assert_eq!(filter.source, Source::Gateway);
    assert_eq!(filter.lab, LabTraffic::Included, "as the app is configured");
    assert_eq!(
        setting::NOW.0 - within.from.0,
        330_000,
        "five minutes, widened to the minute"
    );
    assert_eq!(within.to.0 - setting::NOW.0, 30_000);
}

#[tokio::test]
async fn objectives_on_the_same_traffic_share_one_query() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, Config::default());
    let body = get(&router, "/api/v1/slos").await.json();
    assert_eq!(body["slos"].as_array().map(Vec::len), Some(3));
    // Two of the three are on the whole app.
    assert_eq!(fake.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_never_shown_as_zero() {
    for (mood, status, code) in [
        (
            Mood::Unavailable,
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
        ),
        (
            Mood::NotMigrated,
            StatusCode::SERVICE_UNAVAILABLE,
            "store_unavailable",
        ),
        (Mood::TooMuch, StatusCode::BAD_REQUEST, "invalid_request"),
    ] {
        let router = router_of(
            &Arc::new(Fake {
                mood,
                ..Fake::default()
            }),
            Config::default(),
        );
        for path in [
            "/api/v1/sli?app=shop",
            "/api/v1/ledger",
            "/api/v1/alerts",
            "/api/v1/slos",
        ] {
            let answer = get(&router, path).await;
            assert_eq!(answer.status, status, "{mood:?} {path}");
            assert_eq!(answer.json()["code"], code, "{mood:?} {path}");
        }
    }
}

#[tokio::test]
async fn a_question_that_costs_too_much_is_told_what_would_cost_less() {
    let fake = Fake {
        mood: Mood::TooMuch,
        ..Fake::default()
    };
    let router = router_of(&Arc::new(fake), Config::default());
    for route in [
        "sli?",
        "series?",
        "breakdown?by=browser&",
        "endpoints?",
        "difference?",
        "comparison?",
        "preflights?",
        "shapes?",
        "failures?",
    ] {
        let filters = "page_origin=https://shop.example&endpoint=/cart";
        let path = format!("/api/v1/{route}app=shop&window=90d&{filters}");
        let answer = get(&router, &path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{route}");
        let problem = answer.json();
        let fields = |name: &str| -> Vec<String> {
            let errors = problem["errors"].as_array().expect("faults");
            let texts = errors.iter().filter_map(|error| error[name].as_str());
            texts.map(str::to_owned).collect()
        };
        assert_eq!(fields("field"), ["window", "page_origin"], "{route}");
        assert_eq!(fields("value"), ["90d", "https://shop.example"], "{route}");
        assert_eq!(
            fields("permitted")[0],
            "a shorter one, such as 45d",
            "{route}"
        );
        let detail = problem["detail"].as_str().expect("words");
        assert!(detail.contains("such as 45d"), "{route}: {detail}");
    }
}

#[tokio::test]
async fn readiness_names_the_part_that_is_down_and_lag_alone_leaves_it_ready() {
    for (mood, behind_ms, status, condition, part) in [
        (Mood::Well, 0, StatusCode::OK, "ready", "store"),
        (Mood::Well, 180_000, StatusCode::OK, "degraded", "watermark"),
        (
            Mood::Unavailable,
            0,
            StatusCode::SERVICE_UNAVAILABLE,
            "down",
            "store",
        ),
        (
            Mood::NotMigrated,
            0,
            StatusCode::SERVICE_UNAVAILABLE,
            "down",
            "store",
        ),
    ] {
        let fake = Arc::new(Fake {
            mood,
            behind_ms,
            ..Fake::default()
        });
        let answer = get(&router_of(&fake, Config::default()), "/readyz").await;
        let body = answer.json();
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(body["condition"], condition, "{body}");
        assert_eq!(body["parts"][0]["part"], part, "{body}");
    }
    assert_eq!(get(&well(), "/livez").await.status, StatusCode::OK);
}

#[tokio::test]
async fn readiness_says_that_beacons_are_refused() {
    let fake = Arc::new(Fake {
        refuses: true,
        ..Fake::default()
    });
    let answer = get(&router_of(&fake, Config::default()), "/readyz").await;
    let (body, first) = (answer.json(), &answer.json()["parts"][0]);
    assert_eq!(answer.status, StatusCode::OK, "{body}");
    assert_eq!(body["condition"], "degraded", "{body}");
    assert_eq!(first["part"], "edge", "{body}");
    assert_eq!(first["detail"], "Beacons are refused as journal_full.");
}

#[tokio::test]
async fn the_watermark_is_that_of_the_slowest_partition_in_its_newest_epoch_and_none_before_all_are_there()
 {
    let at = |millis| NOW.plus(millis);
    for (progress, watermark) in [
        (vec![], json!(null)),
        (vec![(2, 0, at(-1000))], json!(null)),
        (vec![(1, 0, at(-9000)), (2, 0, at(-1000))], json!(null)),
        (
            vec![(2, 0, at(-1000)), (1, 1, at(-5000))],
            json!("2026-11-01T12:00:25.000Z"),
        ),
        (
            vec![(1, 0, at(-9000)), (2, 0, at(-1000)), (2, 1, at(-2000))],
            json!("2026-11-01T12:00:28.000Z"),
        ),
        (
            vec![(1, 0, at(5000)), (1, 1, at(7000))],
            json!("2026-11-01T12:00:30.000Z"),
        ),
    ] {
        let fake = Arc::new(Fake {
            progress: Some(progress.clone()),
            ..Fake::default()
        });
        let router = router_of(&fake, Config::default());
        for path in ["/api/v1/sli?app=shop", "/api/v1/slos"] {
            let body = get(&router, path).await.json();
            assert_eq!(body["watermark"], watermark, "{path} {progress:?}");
        }
    }
}

#[tokio::test]
async fn points_without_observations_are_there_and_have_no_ratio() {
    let body = get(&well(), "/api/v1/series?app=shop&window=10m&step=120")
        .await
        .json();
    let points = body["points"].as_array().unwrap();
    assert!((5..=7).contains(&points.len()), "{}", points.len());
    let empty: Vec<&Value> = points
        .iter()
        .filter(|p| p["block_rate"]["total"] == 0)
        .collect();
    assert_eq!(empty.len(), points.len() - 1);
    assert!(
        empty
            .iter()
            .all(|point| point["block_rate"]["ratio"].is_null())
    );
    assert!(
        points
            .iter()
            .all(|point| point["at"].as_str().unwrap().ends_with(":00.000Z"))
    );
}

#[tokio::test]
async fn metrics_count_answers_by_route_and_class() {
    let router = well();
    get(&router, "/api/v1/sli?app=shop").await;
    get(&router, "/api/v1/sli?app=nope").await;
    get(&router, "/nothing/here").await;
    let metrics = get(&router, "/metrics").await;
    assert!(
        metrics.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    for line in [
        r#"corswatch_dashboard_requests_total{route="/api/v1/sli",class="2xx"} 1"#,
        r#"corswatch_dashboard_requests_total{route="/api/v1/sli",class="4xx"} 1"#,
        r#"corswatch_dashboard_requests_total{route="other",class="4xx"} 1"#,
        r#"corswatch_dashboard_requests_total{route="/api/v1/ledger",class="5xx"} 0"#,
        r#"corswatch_dashboard_refused_total{reason="unauthenticated"} 0"#,
    ] {
        assert!(metrics.text.contains(line), "{line} in\n{}", metrics.text);
    }
    assert!(!metrics.text.contains("# EOF"));
}

#[tokio::test]
async fn the_gate_compares_releases_within_one_time_and_deploys_without_a_version_over_time() {
    let router = well();
    for report in [
        json!({"id": "d1", "app": "shop", "version": "2.1"}),
        json!({"id": "d2", "app": "shop", "service": "cart"}),
    ] {
        let answer = post(&router, "/api/v1/deploys", &report).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    }
    // Every question is answered with the same sums: less the change nothing is left of all traffic.
    for (question, compared, value) in [
        ("deploy=d1&baseline=2.0", "release", 0),
        ("deploy=d1", "release", 2),
        ("deploy=2.2", "release", 2),
        ("deploy=d2", "time", 0),
    ] {
        let answer = get(&router, &format!("/api/v1/gate?app=shop&{question}")).await;
        let body = answer.json();
        assert_eq!(body["compared"], compared, "{question}: {}", answer.text);
        assert_eq!(body["value"], value, "{question}: {}", answer.text);
    }
    for question in [
        "app=shop",
        "app=none&deploy=d1",
        "app=shop&deploy=d1&for=2d",
        "app=shop&deploy=d1&x=1",
    ] {
        let answer = get(&router, &format!("/api/v1/gate?{question}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{question}");
    }
}
