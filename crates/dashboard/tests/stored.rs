//! Known observations in the real engine give exactly known numbers.

mod setting;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use dashboard::{Config, Queries, Stored};
use observation::{Chunk, Envelope, Latency, Observation, Outcome, Position, Standing, UnixMillis};
use runtime::{ManualClock, Metrics};
use serde_json::{Value, json};
use setting::{get, post};
use settings::Span;
use store::{
    Batch, ChunkRow, Dimensions, EdgeReportRow, ObservationRow, PartRow, ProgressRow, Retention,
    Store,
};
use testkit::Engine;
use testkit::fact::{self, NOON};

/// Writes `envelopes` as the loader does: one chunk of one partition.
async fn write(store: &Store, envelopes: Vec<Envelope>) {
    let offsets = envelopes.len() as u64;
    let mut parts: BTreeMap<(String, UnixMillis, Dimensions), PartRow> = BTreeMap::new();
    let mut observations = Vec::new();
    for (offset, envelope) in (0..).zip(envelopes) {
        for seen in &envelope.observations {
            let dims = Dimensions::of(&envelope.origin, seen);
            let app = envelope.origin.app.clone();
            let key = (app.clone(), seen.at.minute(), dims.clone());
            let part = parts
                .entry(key)
                .or_insert_with(|| empty(app, seen.at.minute(), dims, offsets - 1));
            part.count += u64::from(seen.count);
            PartRow::add_latency(&mut part.latency, &seen.latency);
            PartRow::add_latency(&mut part.preflight_latency, &seen.preflight_latency);
        }
        let position = Position {
            epoch: 1,
            partition: 0,
            offset,
        };
        observations.extend(ObservationRow::from_envelope(position, NOON, envelope));
    }
    let chunk = ChunkRow {
        epoch: 1,
        partition: 0,
        chunk: Chunk(0),
        version: offsets - 1,
        records: offsets,
        beacons_stored: offsets,
        duplicates: 0,
        dead_lettered: 0,
        edge_reports: 0,
        rows: observations.len() as u64,
    };
    let progress = ProgressRow {
        epoch: 1,
        partition: 0,
        next_offset: offsets,
        event_time: NOON.plus(30_000),
    };
    let edge = EdgeReportRow {
        process: [7; 12],
        at: NOON,
        received: offsets + 1,
        appended: offsets,
        shed: 0,
        spooled: 0,
        refused: vec![("malformed".into(), 1)],
        shed_by: Vec::new(),
    };
    let batch = Batch {
        observations,
        parts: parts.into_values().collect(),
        chunks: vec![chunk],
        edge_reports: vec![edge],
        progress: vec![progress],
        ..Batch::default()
    };
    store.write(&batch).await.expect("written");
}

fn empty(app: String, minute: UnixMillis, dims: Dimensions, version: u64) -> PartRow {
    PartRow {
        app,
        minute,
        epoch: 1,
        partition: 0,
        chunk: Chunk(0),
        dims,
        version,
        count: 0,
        latency: Vec::new(),
        preflight_latency: Vec::new(),
    }
}

/// A million successes of one page load, and a block that only one network reports.
fn disputed() -> [Observation; 2] {
    let excessive = Observation {
        count: 1_000_000,
        standing: Standing::Excessive,
        ..fact::ok()
    };
    let contradicted = Observation {
        standing: Standing::Contradicted,
        ..fact::blocked()
    };
    [excessive, contradicted]
}

async fn known() -> Router {
    let engine = Engine::shared().await;
    // The facts are of a fixed day, and what is past its time is dropped as it is written.
    let ages = Span::secs(3000 * 86_400);
    let retention = Retention {
        raw: ages,
        parts: ages,
        minutes: ages,
        hours: ages,
    };
    let config = store::Config {
        retention,
        ..engine.config()
    };
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("migrated");
    let preflighted = Observation {
        count: 40,
        preflighted: true,
        credentialed: true,
        preflight_latency: Latency::from_pairs([(40, 30), (70, 10)]),
        ..fact::ok()
    };
    let unknown = Observation {
        outcome: Outcome::Unknown,
        status: 0,
        endpoint: "/search".into(),
        ..fact::ok()
    };
    let aborted = Observation {
        outcome: Outcome::Aborted,
        status: 0,
        count: 9,
        ..fact::ok()
    };
    let mut other = fact::envelope(
        9,
        [Observation {
            count: 500,
            ..fact::ok()
        }],
    );
    other.origin.app = "admin".into();
    let mut safari = fact::envelope(2, [fact::blocked(), unknown]);
    safari.origin.page.as_mut().expect("a page").browser.family = "safari".into();
    let [excessive, contradicted] = disputed();
    let first = fact::envelope(
        1,
        [
            excessive,
            contradicted,
            preflighted,
            fact::blocked(),
            aborted,
            fact::unreadable_header(),
        ],
    );
    write(&store, vec![first, safari, other]).await;
    let (clock, _) = ManualClock::at(NOON.plus(45_000));
    let queries: Arc<dyn Queries> = Arc::new(Stored::new(store));
    dashboard::router(
        Config::default(),
        dashboard::State {
            partitions: 1,
            clock,
            ..setting::state(queries, Metrics::default())
        },
    )
}

#[tokio::test]
async fn known_observations_give_exactly_known_numbers() {
    let router = known().await;
    slis(&router).await;
    lists(&router).await;
    differences(&router).await;
    preflights(&router).await;
    singles(&router).await;
    ledger(&router).await;
    deploys(&router).await;
}

async fn slis(router: &Router) {
    let sli = get(router, "/api/v1/sli?app=shop&window=5m").await.json();
    let rate = |name: &str| {
        (
            sli[name]["bad"].as_u64().expect("a count"),
            sli[name]["total"].as_u64().expect("a count"),
        )
    };
    assert_eq!(rate("block_rate"), (2, 43), "{sli}");
    assert_eq!(
        sli["block_rate"]["disputed"],
        json!({"bad": 1, "total": 1_000_001}),
        "beside it, and no part of it"
    );
    assert_eq!(rate("unknown_rate"), (1, 43));
    assert_eq!(rate("preflight_failure_rate"), (2, 42));
    assert_eq!(rate("credentialed_failure_rate"), (2, 42));
    assert_eq!(rate("exposed_header_mismatch"), (1, 1));
    assert_eq!(sli["block_rate"]["band"], json!([2.0 / 43.0, 3.0 / 43.0]));
    assert_eq!(sli["preflight_latency_ms"]["under_200_ms"], 0.75);
    assert_eq!(sli["preflight_latency_ms"]["measured"], 40);
    assert_eq!(
        sli["outcomes"],
        json!({"ok": 40, "blocked": 2, "unknown": 1, "aborted": 9})
    );
    assert_eq!(sli["watermark"], "2026-11-01T12:00:30.000Z");
    let none = get(router, "/api/v1/sli?app=shop&window=5m&release=9")
        .await
        .json();
    assert_eq!(
        none["block_rate"],
        json!({
            "bad": 0, "total": 0, "ratio": null, "band": null,
            "disputed": {"bad": 0, "total": 0},
        })
    );
    let series = get(router, "/api/v1/series?app=shop&window=10m&step=60")
        .await
        .json();
    let totals: u64 = series["points"]
        .as_array()
        .expect("there")
        .iter()
        .map(|p| p["block_rate"]["total"].as_u64().expect("a count"))
        .sum();
    assert_eq!(totals, 43, "the steps add up to the window");
    let slos = get(router, "/api/v1/slos").await.json();
    assert_eq!(slos["slos"][0]["measured"]["total"], 43);
    assert_eq!(slos["slos"][0]["state"], "breach");
}

async fn lists(router: &Router) {
    let endpoints = get(router, "/api/v1/endpoints?app=shop&window=5m")
        .await
        .json();
    assert_eq!(
        endpoints["total_failures"], 4,
        "2 blocked, 1 unknown, 1 header: {endpoints}"
    );
    let rows = endpoints["endpoints"].as_array().expect("a list");
    let counted: u64 = rows
        .iter()
        .map(|row| row["count"].as_u64().expect("a count"))
        .sum();
    assert_eq!(counted, 4, "{endpoints}");
    let cart = rows
        .iter()
        .find(|row| row["endpoint"] == "/cart/:id")
        .expect("there");
    assert_eq!(
        (&cart["count"], &cart["affected_sessions"]),
        (&json!(2), &json!(2)),
        "{cart}"
    );
    assert_eq!(
        (&cart["stage"], &cart["cause"]),
        (&json!("preflight"), &Value::Null)
    );
    let browsers = get(
        router,
        "/api/v1/breakdown?app=shop&window=5m&by=browser_family",
    )
    .await
    .json();
    let seen: Vec<_> = browsers["rows"]
        .as_array()
        .expect("there")
        .iter()
        .map(|row| {
            (
                row["value"].as_str().expect("a text"),
                row["block_rate"]["bad"].as_u64().expect("a count"),
                row["block_rate"]["total"].as_u64().expect("a count"),
            )
        })
        .collect();
    assert_eq!(seen, [("chrome", 1, 41), ("safari", 1, 2)]);
}

async fn differences(router: &Router) {
    let body = get(router, "/api/v1/difference?app=shop&window=5m")
        .await
        .json();
    assert_eq!(
        (&body["failing"], &body["passing"]),
        (&json!(2), &json!(41))
    );
    let by = |word: &str| {
        let dimensions = body["dimensions"].as_array().expect("a list");
        let found = dimensions.iter().find(|one| one["by"] == word);
        found.expect("there").clone()
    };
    let browsers = by("browser_family");
    assert_eq!(browsers["values"][0]["value"], "safari", "{browsers}");
    assert_eq!(
        (
            &browsers["values"][0]["failing"],
            &browsers["values"][0]["passing"]
        ),
        (&json!(1), &json!(1))
    );
    let endpoints = by("endpoint");
    assert_eq!(endpoints["values"][0]["value"], "/cart/:id");
    assert_eq!(
        endpoints["healthy"],
        json!([{"value": "/items", "passing": 40}, {"value": "/search", "passing": 1}]),
    );
    let before = get(router, "/api/v1/comparison?app=shop&window=5m")
        .await
        .json();
    assert_eq!(before["current"]["block_rate"]["total"], 43);
    assert_eq!(before["before"]["block_rate"]["total"], 0);
}

async fn preflights(router: &Router) {
    let body = get(router, "/api/v1/preflights?app=shop&window=5m")
        .await
        .json();
    assert_eq!(body["needing_preflight"]["bad"], 42, "{body}");
    assert_eq!(body["needing_preflight"]["total"], 43);
    assert_eq!(body["options"]["total"], 0);
    let items = &body["shapes"][0];
    assert_eq!(
        (&items["endpoint"], &items["requests"], &items["measured"]),
        (&json!("/items"), &json!(40), &json!(40)),
        "{body}"
    );
    assert_eq!(items["reasons"], json!([{"kind": "other", "name": ""}]));
    assert_eq!(
        items["saved_by_max_age"], 39,
        "one page load asked 40 times"
    );
    let cart = &body["shapes"][1];
    assert_eq!(cart["reasons"][0], json!({"kind": "method", "name": "PUT"}));
}

async fn singles(router: &Router) {
    let question = "/api/v1/failures?app=shop&window=5m&limit=1";
    let mut after = String::new();
    let mut seen = Vec::new();
    loop {
        let page = get(router, &format!("{question}{after}")).await.json();
        let found = page["failures"].as_array().expect("a list").clone();
        seen.extend(found);
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(seen.len() < 10, "pages end");
    }
    assert_eq!(seen.len(), 4, "2 blocked, 1 unknown, 1 header: {seen:?}");
    let mut ids: Vec<_> = seen.iter().map(|one| one["id"].to_string()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each once");
    let safari = get(
        router,
        "/api/v1/failures?app=shop&window=5m&browser_family=safari&outcome=blocked",
    )
    .await
    .json();
    assert_eq!(safari["failures"].as_array().map(Vec::len), Some(1));
    let id = safari["failures"][0]["id"].as_str().expect("a text");
    let one = get(router, &format!("/api/v1/failures/{id}?app=shop")).await;
    let one = one.json();
    assert_eq!(one["failure"]["browser"], "safari 156", "{one}");
    assert_eq!(one["diagnosis"], Value::Null);
    let other = get(router, &format!("/api/v1/failures/{id}?app=admin")).await;
    assert_eq!(other.status, 404, "it is of another app");
    let none = get(router, "/api/v1/failures/1.x.0?app=shop").await;
    assert_eq!(none.status, 404);
}

async fn ledger(router: &Router) {
    let ledger = get(router, "/api/v1/ledger").await.json();
    assert_eq!(ledger["verdict"], "balanced", "{ledger}");
    let of = |name: &str| ledger[name].as_u64().expect("a count");
    assert_eq!(of("received"), of("refused") + of("appended") + of("shed"));
    assert_eq!((of("stored"), of("duplicate"), of("in_flight")), (3, 0, 0));
}

async fn deploys(router: &Router) {
    let report =
        json!({"id": "d1", "app": "shop", "touches_cors": true, "at": "2026-11-01T12:00:10Z"});
    assert_eq!(post(router, "/api/v1/deploys", &report).await.status, 201);
    assert_eq!(
        post(router, "/api/v1/deploys", &report).await.status,
        201,
        "a repeated call"
    );
    let known = get(router, "/api/v1/deploys?app=shop&window=5m")
        .await
        .json();
    assert_eq!(
        known["deploys"].as_array().map(Vec::len),
        Some(1),
        "{known}"
    );
    assert_eq!(known["deploys"][0]["at"], "2026-11-01T12:00:10.000Z");
    assert_eq!(
        get(router, "/api/v1/alerts").await.json(),
        json!({"alerts": []})
    );
    assert_eq!(get(router, "/readyz").await.json()["condition"], "ready");
}
