//! The named queries on known rows.

mod support;

use std::time::Duration;

use observation::{Kind, Outcome, Stage, UnixMillis};
use slo::Count;
use store::engine::EngineUser;
use store::{
    AlertPhase, AlertRow, Batch, Config, Counts, DeployKind, DeployRow, DeploySource, DeployState,
    Dimension, LabTraffic, RollbackRule, SliFilter, Store, StoreError,
};
use support::fold::Fold;
use support::traffic::{APP, Record, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const HOSTILE: &str = "it's \"x\"\\ \t\n\0 {app:String}'; DROP TABLE alerts; --\u{1f980}";

type Change = Box<dyn FnOnce(&mut Record)>;

/// One record of one row, changed by the test.
fn record(at: UnixMillis, seed: u64, change: impl FnOnce(&mut Record)) -> Record {
    let mut record = Traffic::new(seed, at, 1000.0, 1)
        .rows_per_beacon(1)
        .record();
    let row = &mut record.envelope.observations[0];
    row.at = at;
    row.kind = Kind::Request;
    row.outcome = Outcome::Ok;
    row.status = 200;
    row.failure = None;
    row.count = 1;
    record.envelope.origin.page.as_mut().expect("a page").lab = false;
    record.position.offset = seed;
    change(&mut record);
    record
}

fn failed(outcome: Outcome, stage: Stage) -> impl FnOnce(&mut Record) {
    move |record| {
        let row = &mut record.envelope.observations[0];
        row.outcome = outcome;
        row.status = 0;
        row.parameter = "x-tenant".to_owned();
        row.failure = Some(observation::Failure {
            stage,
            cause: String::new(),
            confidence: observation::Confidence::Likely,
            evidence: "A".to_owned(),
        });
    }
}

async fn with(records: Vec<Record>) -> Store {
    let store = Engine::database().await;
    let batch = Fold::new(1000).batch(records);
    store.write(&batch).await.expect("written");
    store
}

fn hour() -> (UnixMillis, UnixMillis) {
    (START.plus(-3_600_000), START.plus(3_600_000))
}

#[tokio::test]
async fn what_users_notice_is_counted_as_the_objective_counts_it() {
    let read = |outcome| {
        move |record: &mut Record| {
            failed(outcome, Stage::Unknown)(record);
            let row = &mut record.envelope.observations[0];
            row.kind = Kind::HeaderRead;
            row.count = 7;
        }
    };
    let with_outcome = |outcome| failed(outcome, Stage::Unknown);
    let mut changes: Vec<Change> = vec![
        Box::new(|record| record.envelope.observations[0].count = 5),
        Box::new(with_outcome(Outcome::Unknown)),
        Box::new(read(Outcome::Ok)),
        Box::new(read(Outcome::Blocked)),
        Box::new(|record| record.envelope.observations[0].kind = Kind::Preflight),
    ];
    changes.extend(
        Outcome::ALL
            .iter()
            .map(|outcome| -> Change { Box::new(with_outcome(*outcome)) }),
    );
    let records = (1..).zip(changes);
    let records = records.map(|(seed, change)| record(START, seed, change));
    let reader = with(records.collect()).await.reader();
    let filter = SliFilter::app(APP);
    let sums = reader.sli(&filter, hour().0, hour().1).await.expect("sums");
    for (failed, all) in [
        (Count::Blocked, Count::Requests),
        (Count::Unknown, Count::Requests),
        (Count::HeaderUnreadable, Count::HeaderReads),
    ] {
        let counts = Counts { failed, all };
        let found = reader.affected(&filter, (&[], counts), hour(), 300_000);
        let found = found.await.expect("counted");
        assert!(
            found.failed > 0 && found.requests > found.failed,
            "{found:?}"
        );
        assert_eq!(
            (found.failed, found.requests),
            (sums.get(failed), sums.get(all)),
            "{failed:?}"
        );
        let (from, to) = hour();
        let began = found.first_failed;
        assert!(from <= began && began < to, "{failed:?}: {began:?}");
    }
}

#[tokio::test]
async fn apps_that_are_asked_together_have_each_their_own_sums() {
    let of = |app: &'static str, count: u32| {
        move |record: &mut Record| {
            record.envelope.origin.app = app.to_owned();
            record.envelope.observations[0].count = count;
        }
    };
    let records = vec![
        record(START, 1, of("one", 3)),
        record(START, 2, of("one", 4)),
        record(START, 3, of("it's", 5)),
        record(START, 4, of("unasked", 9)),
    ];
    let reader = with(records).await.reader();
    let apps = ["one", "it's", "silent"].map(str::to_owned);
    let filter = SliFilter::app("one");
    let found = reader.sli_of_apps(&filter, &apps, hour());
    let found = found.await.expect("sums");
    let told: Vec<_> = found
        .iter()
        .map(|(app, sums)| (app.as_str(), sums.requests))
        .collect();
    assert_eq!(told, [("it's", 5), ("one", 7)]);
}

#[tokio::test]
async fn each_sum_counts_what_its_sli_is_made_of() {
    let set = |outcome, credentialed, preflighted, status| {
        move |record: &mut Record| {
            failed(outcome, Stage::Preflight)(record);
            let row = &mut record.envelope.observations[0];
            row.credentialed = credentialed;
            row.preflighted = preflighted;
            row.status = status;
            row.count = 10;
        }
    };
    let kind = |kind, outcome, status| {
        move |record: &mut Record| {
            set(outcome, false, false, status)(record);
            record.envelope.observations[0].kind = kind;
        }
    };
    let changes: Vec<Change> = vec![
        Box::new(set(Outcome::Ok, true, true, 200)),
        Box::new(set(Outcome::HttpError, true, false, 401)),
        Box::new(set(Outcome::Blocked, true, true, 0)),
        Box::new(set(Outcome::Blocked, false, false, 0)),
        Box::new(set(Outcome::Unknown, false, false, 0)),
        Box::new(set(Outcome::Aborted, true, true, 0)),
        Box::new(set(Outcome::Offline, false, false, 0)),
        Box::new(kind(Kind::Preflight, Outcome::HttpError, 403)),
        Box::new(kind(Kind::Preflight, Outcome::Ok, 204)),
        Box::new(kind(Kind::HeaderRead, Outcome::Ok, 200)),
        Box::new(kind(Kind::HeaderRead, Outcome::Blocked, 200)),
    ];
    let records = (0..)
        .zip(changes)
        .map(|(seed, change)| record(START, seed, change));
    let store = with(records.collect()).await;
    let (from, to) = hour();
    let sums = store
        .reader()
        .sli(&SliFilter::app(APP), from, to)
        .await
        .expect("read");
    let counts = [
        (sums.requests, 50),
        (sums.blocked, 20),
        (sums.unknown, 10),
        (sums.credentialed, 30),
        (sums.credentialed_blocked, 10),
        (sums.credentialed_denied, 10),
        (sums.preflighted, 20),
        (sums.preflight_blocked, 10),
        (sums.preflights, 20),
        (sums.preflights_failed, 10),
        (sums.header_reads, 20),
        (sums.header_unreadable, 10),
    ];
    for (at, (got, expect)) in counts.into_iter().enumerate() {
        assert_eq!(got, expect, "sum {at} of {sums:?}");
    }
    let expect = [
        (Outcome::Ok, 10),
        (Outcome::HttpError, 10),
        (Outcome::Blocked, 20),
        (Outcome::Aborted, 10),
        (Outcome::Offline, 10),
        (Outcome::Unknown, 10),
    ];
    assert_eq!(sums.by_outcome, expect);
}

/// One ordinary row, one of hostile texts, one of a laboratory, one of another app.
async fn four_kinds_of_rows() -> Store {
    let hostile = |record: &mut Record| {
        let row = &mut record.envelope.observations[0];
        row.service = HOSTILE.to_owned();
        row.endpoint = HOSTILE.to_owned();
        row.target_origin = HOSTILE.to_owned();
        record.envelope.origin.page.as_mut().expect("a page").origin = HOSTILE.to_owned();
        record.envelope.origin.release = HOSTILE.to_owned();
        record.envelope.origin.environment = HOSTILE.to_owned();
    };
    let lab =
        |record: &mut Record| record.envelope.origin.page.as_mut().expect("a page").lab = true;
    let other_app = |record: &mut Record| record.envelope.origin.app = "other".to_owned();
    with(vec![
        record(START, 0, |_| ()),
        record(START, 1, hostile),
        record(START, 2, lab),
        record(START, 3, other_app),
    ])
    .await
}

#[tokio::test]
async fn filters_keep_what_they_name() {
    let store = four_kinds_of_rows().await;
    let all = SliFilter::app(APP);
    let with = |set: fn(&mut SliFilter)| {
        let mut filter = all.clone();
        set(&mut filter);
        filter
    };
    let filters = [
        (all.clone(), 2),
        (with(|filter| filter.lab = LabTraffic::Included), 3),
        (with(|filter| filter.service = Some(HOSTILE.to_owned())), 1),
        (with(|filter| filter.endpoint = Some(HOSTILE.to_owned())), 1),
        (
            with(|filter| filter.target_origin = Some(HOSTILE.to_owned())),
            1,
        ),
        (
            with(|filter| filter.page_origin = Some(HOSTILE.to_owned())),
            1,
        ),
        (with(|filter| filter.release = Some(HOSTILE.to_owned())), 1),
        (
            with(|filter| filter.environment = Some(HOSTILE.to_owned())),
            1,
        ),
        (
            with(|filter| filter.source = observation::Source::Gateway),
            0,
        ),
        (SliFilter::app("other"), 1),
        (SliFilter::app(HOSTILE), 0),
    ];
    let (from, to) = hour();
    for (filter, expect) in filters {
        let rollup = store.reader().sli(&filter, from, to).await.expect("read");
        assert_eq!(rollup.requests, expect, "{filter:?}");
        let raw = store
            .reader()
            .recount_raw(&filter, from, to)
            .await
            .expect("read");
        assert_eq!(raw, rollup, "{filter:?}");
    }
}

#[tokio::test]
async fn a_breakdown_names_every_value_as_it_was_reported() {
    let store = four_kinds_of_rows().await;
    let (from, to) = hour();
    let all = SliFilter::app(APP);
    let by = |dimension| {
        let (reader, all) = (store.reader(), all.clone());
        async move {
            reader
                .breakdown(&all, dimension, from, to, 10)
                .await
                .expect("read")
        }
    };
    let endpoints = by(Dimension::Endpoint).await;
    assert!(
        endpoints.iter().any(|row| row.value == HOSTILE),
        "{endpoints:?}"
    );
    for dimension in [
        Dimension::Status,
        Dimension::Browser,
        Dimension::Outcome,
        Dimension::Context,
    ] {
        let total: u64 = by(dimension)
            .await
            .iter()
            .map(|row| row.sums.requests)
            .sum();
        assert_eq!(total, 2, "{dimension:?}");
    }
}

#[expect(clippy::too_many_lines, reason = "one story and one table")]
#[tokio::test]
async fn failures_are_told_by_signature_blocks_first() {
    let mut records = vec![record(START, 0, |_| ())];
    for seed in 1..=5 {
        records.push(record(START.plus(60_000 * seed as i64), seed, |record| {
            failed(Outcome::Network, Stage::Unknown)(record);
            record.envelope.observations[0].endpoint = "/down".to_owned();
        }));
    }
    for seed in 6..=8 {
        records.push(record(START.plus(60_000 * seed as i64), seed, |record| {
            failed(Outcome::Blocked, Stage::Preflight)(record);
            let row = &mut record.envelope.observations[0];
            (row.endpoint, row.method) = ("/cart/:id".to_owned(), "PUT".to_owned());
            row.target_origin = "https://api.test".to_owned();
            row.service = "cart".to_owned();
            record.envelope.origin.page.as_mut().expect("a page").origin =
                "https://shop.test".to_owned();
            record
                .envelope
                .origin
                .page
                .as_mut()
                .expect("a page")
                .session = observation::SessionId(seed / 2);
            record
                .envelope
                .origin
                .page
                .as_mut()
                .expect("a page")
                .network = 7;
        }));
    }
    let store = with(records).await;
    let (from, to) = hour();
    let filter = SliFilter::app(APP);
    let failures = store
        .reader()
        .top_failures(&filter, from, to, 10)
        .await
        .expect("read");
    let block = &failures[0];
    assert_eq!(
        (block.outcome, block.stage),
        (Outcome::Blocked, Some(Stage::Preflight))
    );
    assert_eq!((block.count, block.sessions), (3, 2));
    assert_eq!(
        (block.endpoint.as_str(), block.method.as_str()),
        ("/cart/:id", "PUT")
    );
    assert_eq!(block.parameter, "x-tenant");
    assert_eq!(block.page_origins, ["https://shop.test"]);
    assert_eq!(block.first_seen, START.plus(360_000).minute());
    assert_eq!(block.last_seen, START.plus(480_000).minute());
    assert!(!block.browsers.is_empty());
    let network: u64 = failures[1..].iter().map(|row| row.count).sum();
    assert_eq!(network, 5);
    assert!(
        failures[1..]
            .iter()
            .all(|row| row.outcome == Outcome::Network)
    );
    let witnesses = store
        .reader()
        .witnesses(&filter, from, to)
        .await
        .expect("read");
    let slices: Vec<_> = witnesses
        .iter()
        .map(|row| {
            (
                row.endpoint.as_str(),
                row.method.as_str(),
                row.sessions,
                row.networks,
            )
        })
        .collect();
    for expect in [
        ("", "", 2, 1),
        ("/cart/:id", "", 2, 1),
        ("/cart/:id", "PUT", 2, 1),
    ] {
        assert!(slices.contains(&expect), "{expect:?} in {slices:?}");
    }
}

/// The edge hashes client networks with another value each day (`collector/src/network.rs`).
#[tokio::test]
async fn one_network_is_one_witness_also_over_midnight() {
    const DAY: i64 = 86_400_000;
    let midnight = UnixMillis((START.0 / DAY + 1) * DAY);
    let blocked = |after: i64, seed: u64, network: u32| {
        let at = midnight.plus(after * 60_000);
        record(at, seed, |record| {
            failed(Outcome::Blocked, Stage::Preflight)(record);
            record.envelope.observations[0].target_origin = "https://api.test".to_owned();
            let page = record.envelope.origin.page.as_mut().expect("a page");
            (page.session, page.network) = (observation::SessionId(seed), network);
        })
    };
    let store = with(vec![
        blocked(-2, 1, 71),
        blocked(-1, 2, 72),
        blocked(1, 3, 1_071),
        blocked(2, 4, 1_072),
    ])
    .await;
    let (from, to) = (midnight.plus(-3_600_000), midnight.plus(3_600_000));
    let (filter, reader) = (SliFilter::app(APP), store.reader());
    let witnesses = reader.witnesses(&filter, from, to).await.expect("read");
    let of_server = witnesses.iter().find(|row| row.endpoint.is_empty());
    let of_server = of_server.expect("a row of the server");
    let counted = (
        of_server.sessions,
        of_server.networks,
        of_server.all_networks,
    );
    assert_eq!(counted, (4, 2, 2));
    assert_eq!(reader.networks(&filter, from, to).await.expect("read"), 2);
    let counts = Counts {
        failed: Count::Blocked,
        all: Count::Requests,
    };
    let affected = reader.affected(&filter, (&[], counts), (from, to), 600_000);
    let affected = affected.await;
    let affected = affected.expect("read");
    assert_eq!(
        (affected.sessions, affected.networks),
        (4, 2),
        "{affected:?}"
    );
}

#[tokio::test]
async fn a_series_has_a_point_for_every_step_with_observations() {
    let day = UnixMillis(1_795_000_000_000 / 86_400_000 * 86_400_000);
    let store = with(vec![
        record(day.plus(0), 0, |_| ()),
        record(day.plus(60_000), 1, |_| ()),
        record(day.plus(179_999), 2, |_| ()),
        record(day.plus(240_000), 3, |_| ()),
    ])
    .await;
    let filter = SliFilter::app(APP);
    let series = |step| {
        let (reader, filter) = (store.reader(), filter.clone());
        async move {
            let (from, to) = (day, day.plus(240_000));
            let series = reader
                .series(&filter, from, to, Duration::from_secs(step))
                .await;
            let series = series.expect("read");
            series
                .iter()
                .map(|(at, sums)| (at.0 - day.0, sums.requests))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(series(60).await, [(0, 1), (60_000, 1), (120_000, 1)]);
    assert_eq!(series(61).await, [(0, 2), (120_000, 1)]);
    assert_eq!(series(3600).await, [(0, 3)]);
}

#[tokio::test]
async fn a_query_over_its_limits_is_stopped_and_says_so() {
    let engine = Engine::shared().await;
    let config = Config {
        query_rows: 10,
        ..engine.config()
    };
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("migrated");
    let mut traffic = Traffic::new(1, START, 10.0, 1);
    let batch = Fold::new(1000).batch((0..50).map(|_| traffic.record()));
    store.write(&batch).await.expect("written");
    let (from, to) = hour();
    let error = store
        .reader()
        .recount_raw(&SliFilter::app(APP), from, to)
        .await;
    let error = error.expect_err("over the limit");
    assert!(
        matches!(error, StoreError::Limits { code: 158, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_by_its_address_serves_as_the_embedded_engine_does() {
    let engine = Engine::shared().await;
    let (user, password) = engine.access().credentials(EngineUser::Writer);
    let config = Config {
        url: engine.access().running().expect("runs").url,
        user: user.to_owned(),
        password: password.clone(),
        ..engine.config()
    };
    let store = Store::connect(&config).expect("a URL");
    store.migrate().await.expect("migrated");
    let mut traffic = Traffic::new(1, START, 10.0, 1);
    let batch = Fold::new(1000).batch((0..50).map(|_| traffic.record()));
    store.write(&batch).await.expect("written");
    let (from, to) = hour();
    let sums = store
        .reader()
        .sli(&SliFilter::app(APP), from, to)
        .await
        .expect("read");
    assert!(sums.requests > 300, "{sums:?}");
    let error = Store::connect(&Config::default()).expect_err("no address");
    assert!(matches!(error, StoreError::Config(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_may_be_asked_again() {
    let config = Config {
        url: "http://127.0.0.1:1".to_owned(),
        ..Config::default()
    };
    let store = Store::connect(&config).expect("a URL");
    let error = store.progress().await.expect_err("no one there");
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn alerts_are_replaced_by_their_later_rows() {
    let store = Engine::database().await;
    let alert = |version, state, resolved_at| AlertRow {
        id: HOSTILE.to_owned(),
        version,
        app: APP.to_owned(),
        slo: "m1".to_owned(),
        rule: "fast".to_owned(),
        group: HOSTILE.to_owned(),
        severity: slo::Severity::Page,
        state,
        started_at: START,
        updated_at: START.plus(version as i64),
        resolved_at,
        body: format!("{{\"x\":{HOSTILE:?}}}"),
    };
    let resolved = alert(2, AlertPhase::Resolved, Some(START));
    for row in [
        alert(1, AlertPhase::Firing, None),
        resolved.clone(),
        alert(1, AlertPhase::Firing, None),
    ] {
        store.save_alerts(&[row]).await.expect("written");
    }
    assert_eq!(
        store.alerts().await.expect("read"),
        std::slice::from_ref(&resolved)
    );
    assert_eq!(store.reader().alerts().await.expect("read"), [resolved]);
}

#[tokio::test]
async fn deploys_are_replaced_by_their_later_rows() {
    let store = Engine::database().await;
    let deploy = |id: &str, at: i64, created_at| DeployRow {
        id: id.to_owned(),
        at: START.plus(at),
        app: APP.to_owned(),
        service: HOSTILE.to_owned(),
        kind: DeployKind::Rollback,
        reverts: "d0".to_owned(),
        touches_cors: true,
        author: HOSTILE.to_owned(),
        note: HOSTILE.to_owned(),
        created_at: START.plus(created_at),
        recorded_by: HOSTILE.to_owned(),
        version: HOSTILE.to_owned(),
        environment: HOSTILE.to_owned(),
        link: HOSTILE.to_owned(),
        source: DeploySource::Gitlab,
        state: DeployState::Started,
        rollback_rule: Some(RollbackRule::Stated),
    };
    for row in [
        deploy("d1", 5, 1),
        deploy("d1", 9, 2),
        deploy("d2", 7, 1),
        deploy("d3", -1, 1),
        // Announced for now, and put off.
        deploy("d4", 6, 1),
        deploy("d4", 400, 2),
    ] {
        store.save_deploy(&row).await.expect("written");
    }
    let deploys = store
        .reader()
        .deploys(APP, START, START.plus(100))
        .await
        .expect("read");
    assert_eq!(deploys, [deploy("d2", 7, 1), deploy("d1", 9, 2)]);
    let reader = store.reader();
    let one = reader.deploy(APP, "d4").await.expect("read");
    assert_eq!(one, Some(deploy("d4", 400, 2)));
    assert_eq!(reader.deploy(HOSTILE, "d4").await.expect("read"), None);
    let asked = DeployRow {
        state: DeployState::Requested,
        ..deploy("d0", 8, 1)
    };
    store.save_deploy(&asked).await.expect("written");
    let before = reader.deploys_before(&deploy("d1", 9, 2)).await;
    let before = before.expect("read");
    assert_eq!(before, [deploy("d2", 7, 1), deploy("d3", -1, 1)]);
    let elsewhere = DeployRow {
        environment: "staging".to_owned(),
        ..deploy("d1", 9, 2)
    };
    let before = reader.deploys_before(&elsewhere).await.expect("read");
    assert_eq!(before, []);
    let none = store
        .reader()
        .deploys(HOSTILE, START, START.plus(100))
        .await
        .expect("read");
    assert_eq!(none, []);
    store
        .write(&Batch::default())
        .await
        .expect("nothing to write");
}

#[tokio::test]
async fn apps_that_number_their_deploys_alike_have_their_own() {
    let store = Engine::database().await;
    let deploy = |app: &str, note: &str, created_at| DeployRow {
        id: "d1".to_owned(),
        at: START,
        app: app.to_owned(),
        service: String::new(),
        kind: DeployKind::Deploy,
        reverts: String::new(),
        touches_cors: true,
        author: "admin".to_owned(),
        note: note.to_owned(),
        created_at: START.plus(created_at),
        recorded_by: app.to_owned(),
        version: String::new(),
        environment: String::new(),
        link: String::new(),
        source: DeploySource::Api,
        state: DeployState::Succeeded,
        rollback_rule: None,
    };
    for row in [deploy("beta", "first", 1), deploy("alpha", "other", 2)] {
        store.save_deploy(&row).await.expect("written");
    }
    let reader = store.reader();
    let read = async |app| {
        reader
            .deploys(app, START, START.plus(100))
            .await
            .expect("read")
    };
    assert_eq!(read("beta").await, [deploy("beta", "first", 1)]);
    assert_eq!(read("alpha").await, [deploy("alpha", "other", 2)]);
}

#[tokio::test]
async fn calls_are_counted_from_zero() {
    let engine = Engine::shared().await;
    let metrics = runtime::Metrics::default();
    let store = Store::embedded(&engine.config(), engine.access()).with_metrics(&metrics);
    let text = metrics.encode();
    let failed = "corswatch_store_call_failures_total{call=\"read\",reason=\"schema\"}";
    assert!(text.contains(&format!("{failed} 0\n")), "{text}");
    store.progress().await.expect_err("not migrated");
    store.migrate().await.expect("migrated");
    let batch = Fold::new(10).batch([Traffic::new(1, START, 1.0, 1).record()]);
    store.write(&batch).await.expect("written");
    store.reader().ledger().await.expect("read");
    let text = metrics.encode();
    assert!(text.contains(&format!("{failed} 1\n")), "{text}");
    assert!(
        text.contains("corswatch_store_call_seconds_count{call=\"read\"}"),
        "{text}"
    );
    let rows = batch.observations.len() + batch.parts.len() + 2;
    assert!(
        text.contains(&format!("corswatch_store_rows_inserted_total {rows}\n")),
        "{text}"
    );
}
