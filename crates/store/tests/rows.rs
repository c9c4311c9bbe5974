//! Rows as the loader writes them, read back from a real engine.

#![recursion_limit = "256"]

mod support;

use observation::{
    BeaconId, Browser, Chunk, Confidence, Context, Envelope, Failure, Kind, Latency, Observation,
    Origin, Outcome, Page, Position, SessionId, Source, Stage, Standing, UnixMillis,
};
use serde_json::json;
use store::{
    Batch, ChunkRow, DeadLetterRow, Dimensions, EdgeReportRow, ObservationRow, PartRow,
    ProgressRow, SliFilter, Store,
};
use support::fold::Fold;
use support::sql::Sql;
use support::traffic::{APP, Record, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
/// What a hostile page might send where a text is taken.
const HOSTILE: &str =
    "a'b\"c\\d\0e\tf\ng\u{202e}h{x:String}; DROP TABLE observations; -- \u{1f980}`";

async fn database() -> (Store, Sql) {
    let engine = Engine::shared().await;
    let config = engine.config();
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("migrated");
    (store, Sql::new(engine, &config))
}

fn traffic(seed: u64) -> Vec<Record> {
    let mut traffic = Traffic::new(seed, START, 10.0, 2);
    (0..300).map(|_| traffic.record()).collect()
}

async fn check_sums(store: &Store, expect: &slo::Sums) {
    let reader = store.reader();
    let (filter, end) = (SliFilter::app(APP), START.plus(120_000));
    let rollup = reader.sli(&filter, START.plus(-60_000), end).await;
    assert_eq!(&rollup.expect("read"), expect, "rollup");
    let raw = reader.recount_raw(&filter, START.plus(-60_000), end).await;
    assert_eq!(&raw.expect("read"), expect, "raw");
}

async fn sums(store: &Store) -> slo::Sums {
    let filter = SliFilter::app(APP);
    let sums = store
        .reader()
        .sli(&filter, START.plus(-60_000), START.plus(120_000))
        .await
        .expect("read");
    assert!(sums.requests > 2000, "{sums:?}");
    sums
}

#[tokio::test]
async fn a_replay_of_any_part_of_a_batch_changes_nothing() {
    let (store, _) = database().await;
    let batch = Fold::new(100).batch(traffic(1));
    store.write(&batch).await.expect("written");
    let once = sums(&store).await;
    check_sums(&store, &once).await;
    let raw_only = Batch {
        observations: batch.observations.clone(),
        ..Batch::default()
    };
    let without_ledger = Batch {
        parts: batch.parts.clone(),
        ..raw_only.clone()
    };
    for replay in [&batch, &raw_only, &without_ledger, &batch] {
        store.write(replay).await.expect("written again");
        check_sums(&store, &once).await;
    }
    let ledger = store.reader().ledger().await.expect("read");
    let stored: u64 = ledger.partitions.iter().map(|row| row.beacons_stored).sum();
    assert_eq!(stored, 300);
}

#[tokio::test]
async fn a_write_that_broke_off_after_any_insert_is_completed_by_its_repetition() {
    let whole = Fold::new(100).batch(traffic(2));
    let (store, _) = database().await;
    store.write(&whole).await.expect("written");
    let expect = sums(&store).await;
    for kept in 1..=2 {
        let (store, _) = database().await;
        let broken = Batch {
            observations: whole.observations.clone(),
            parts: if kept > 1 {
                whole.parts.clone()
            } else {
                Vec::new()
            },
            ..Batch::default()
        };
        store.write(&broken).await.expect("written");
        assert_eq!(store.progress().await.expect("read"), []);
        store.write(&whole).await.expect("written");
        check_sums(&store, &expect).await;
        assert_eq!(store.progress().await.expect("read"), whole.progress);
    }
}

#[tokio::test]
async fn a_zombie_that_writes_older_sums_late_changes_nothing() {
    let (store, _) = database().await;
    let mut fold = Fold::new(100);
    let records = traffic(3);
    let old = fold.batch(records[..150].to_vec());
    let new = fold.batch(records[150..].to_vec());
    store.write(&old).await.expect("written");
    store.write(&new).await.expect("written");
    let expect = sums(&store).await;
    let ledger = store.reader().ledger().await.expect("read");
    let progress = store.progress().await.expect("read");
    store.write(&old).await.expect("written late");
    check_sums(&store, &expect).await;
    assert_eq!(store.reader().ledger().await.expect("read"), ledger);
    assert_eq!(store.progress().await.expect("read"), progress);
}

#[tokio::test]
async fn a_quiet_partition_moves_its_event_time_without_an_offset() {
    let (store, _) = database().await;
    let at = |event_time| ProgressRow {
        epoch: 1,
        partition: 0,
        next_offset: 7,
        event_time: UnixMillis(event_time),
    };
    for (written, expect) in [(1000, 1000), (3000, 3000), (2000, 3000)] {
        let batch = Batch {
            progress: vec![at(written)],
            ..Batch::default()
        };
        store.write(&batch).await.expect("written");
        assert_eq!(store.progress().await.expect("read"), [at(expect)]);
    }
}

#[tokio::test]
async fn seen_beacons_are_found_by_partition_offset_and_time_at_their_smallest_offset() {
    let (store, _) = database().await;
    let beacon = BeaconId([9; 12]);
    let record = |epoch, partition, offset, append_time, id: u8| {
        let position = Position {
            epoch,
            partition,
            offset,
        };
        let mut envelope = envelope("x");
        envelope.beacon = BeaconId([id; 12]);
        // A re-send that slipped through lands in another minute.
        envelope.observations[0].at = START.plus(append_time);
        ObservationRow::from_envelope(position, START.plus(append_time), envelope)
    };
    let rows = [
        record(1, 0, 5, 100_000, 9),
        record(1, 0, 8, 400_000, 9),
        record(1, 0, 6, 100_000, 7),
        record(1, 0, 20, 500_000, 6),
        record(1, 1, 5, 500_000, 5),
        record(2, 0, 5, 500_000, 4),
        record(1, 0, 4, 10_000, 3),
    ];
    let batch = Batch {
        observations: rows.concat(),
        ..Batch::default()
    };
    store.write(&batch).await.expect("written");
    let seen = store
        .seen(1, 0, 20, START.plus(100_000))
        .await
        .expect("read");
    let ids: Vec<_> = seen
        .iter()
        .map(|row| (row.beacon.0[0], row.offset))
        .collect();
    assert_eq!(ids, [(9, 5), (7, 6)]);
    assert_eq!(seen[0].beacon, beacon);
    assert_eq!(seen[0].append_time, START.plus(100_000));
}

fn envelope(text: &str) -> Envelope {
    let text = || text.to_owned();
    Envelope {
        beacon: BeaconId([0, 255, 39, 92, 10, 9, 7, 128, 0, 1, 2, 3]),
        received_at: UnixMillis(1_795_000_000_123),
        origin: Origin {
            app: APP.to_owned(),
            environment: text(),
            release: text(),
            source: Source::Browser,
            page: Some(Page {
                origin: text(),
                context: Context::Worker,
                session: SessionId(u64::MAX >> 16),
                network: u32::MAX,
                browser: Browser {
                    family: text(),
                    major: 156,
                },
                lab: false,
            }),
        },
        observations: vec![Observation {
            kind: Kind::Request,
            page_origin: None,
            at: UnixMillis(1_794_999_999_999),
            target_origin: text(),
            endpoint: text(),
            service: text(),
            method: text(),
            credentialed: true,
            preflighted: false,
            parameter: text(),
            status: 599,
            outcome: Outcome::Blocked,
            failure: Some(Failure {
                stage: Stage::Redirect,
                cause: text(),
                confidence: Confidence::Proven,
                evidence: text(),
            }),
            count: u32::MAX,
            standing: Standing::Contradicted,
            latency: Latency::from_pairs([(0, 1), (159, u32::MAX)]),
            preflight_latency: Latency::from_pairs([(64, 2)]),
        }],
    }
}

fn hostile_row() -> Vec<ObservationRow> {
    let position = Position {
        epoch: u32::MAX,
        partition: 3,
        offset: u64::MAX,
    };
    ObservationRow::from_envelope(position, UnixMillis(1_795_000_000_456), envelope(HOSTILE))
}

#[tokio::test]
async fn every_column_of_a_raw_row_reads_back() {
    let (store, sql) = database().await;
    let batch = Batch {
        observations: hostile_row(),
        ..Batch::default()
    };
    store.write(&batch).await.expect("written");
    let rows = sql
        .rows("SELECT * REPLACE (hex(beacon_id) AS beacon_id) FROM observations")
        .await;
    let expect = json!({
        "app": APP, "minute": "2026-11-18 11:06:00", "beacon_id": "00FF275C0A09078000010203",
        "idx": 0, "epoch": u32::MAX, "partition": 3, "offset": u64::MAX,
        "append_time": "2026-11-18 11:06:40.456", "received_at": "2026-11-18 11:06:40.123",
        "environment": HOSTILE, "release": HOSTILE, "source": "browser", "page_origin": HOSTILE,
        "context": "worker", "session": u64::MAX >> 16, "network": u32::MAX,
        "browser_family": HOSTILE, "browser_major": 156, "lab": false, "standing": "contradicted", "kind": "request",
        "at": "2026-11-18 11:06:39.999", "target_origin": HOSTILE, "endpoint": HOSTILE,
        "service": HOSTILE, "method": HOSTILE, "credentialed": true, "preflighted": false,
        "status": 599, "outcome": "blocked", "stage": "redirect", "cause": HOSTILE,
        "parameter": HOSTILE, "confidence": "proven", "evidence": HOSTILE, "count": u32::MAX,
        "latency.bucket": [0, 159], "latency.count": [1, u32::MAX],
        "preflight_latency.bucket": [64], "preflight_latency.count": [2],
    });
    assert_eq!(rows, [expect]);
}

#[tokio::test]
async fn every_column_of_a_part_reads_back() {
    let (store, sql) = database().await;
    let row = &hostile_row()[0];
    let part = PartRow {
        app: APP.to_owned(),
        minute: row.observation.at.minute(),
        epoch: 1,
        partition: 2,
        chunk: Chunk(u64::MAX),
        dims: Dimensions::of(&row.origin, &row.observation),
        version: u64::MAX - 1,
        count: u64::MAX - 2,
        latency: vec![(1, u64::MAX), (2, 3)],
        preflight_latency: vec![(64, 5)],
    };
    let batch = Batch {
        parts: vec![part],
        ..Batch::default()
    };
    store.write(&batch).await.expect("written");
    let rows = sql.rows("SELECT * FROM sli_parts").await;
    let expect = json!({
        "app": APP, "minute": "2026-11-18 11:06:00", "epoch": 1, "partition": 2,
        "chunk": u64::MAX, "environment": HOSTILE, "release": HOSTILE, "source": "browser",
        "kind": "request", "page_origin": HOSTILE, "target_origin": HOSTILE, "endpoint": HOSTILE,
        "service": HOSTILE, "method": HOSTILE, "credentialed": true, "preflighted": false,
        "status": 599, "outcome": "blocked", "stage": "redirect", "cause": HOSTILE,
        "parameter": HOSTILE, "confidence": "proven", "browser_family": HOSTILE,
        "browser_major": 156, "context": "worker", "lab": false, "standing": "contradicted", "version": u64::MAX - 1,
        "count": u64::MAX - 2, "latency.bucket": [1, 2], "latency.count": [u64::MAX, 3],
        "preflight_latency.bucket": [64], "preflight_latency.count": [5],
    });
    assert_eq!(rows, [expect]);
}

fn report(at: i64, received: u64) -> EdgeReportRow {
    EdgeReportRow {
        process: [255; 12],
        at: UnixMillis(at),
        received,
        appended: 2,
        shed: 3,
        spooled: 1,
        refused: vec![
            (HOSTILE.to_owned(), 4),
            ("body_too_large".to_owned(), u64::MAX),
        ],
        shed_by: vec![("journal_full".to_owned(), 3)],
    }
}

#[tokio::test]
async fn ledger_and_dead_letters_read_back() {
    let (store, sql) = database().await;
    let chunk = ChunkRow {
        epoch: 1,
        partition: 2,
        chunk: Chunk(3),
        version: 4,
        records: 5,
        beacons_stored: 6,
        duplicates: 7,
        dead_lettered: 8,
        edge_reports: 9,
        rows: 10,
    };
    let letter = DeadLetterRow {
        epoch: 1,
        partition: 2,
        offset: 3,
        append_time: START,
        reason: "malformed".to_owned(),
        detail: HOSTILE.to_owned(),
        payload: (0..=255).collect(),
    };
    let batch = Batch {
        chunks: vec![
            chunk,
            ChunkRow {
                chunk: Chunk(4),
                version: 9,
                ..chunk
            },
        ],
        edge_reports: vec![report(2000, 20), report(1000, 10)],
        dead_letters: vec![letter],
        ..Batch::default()
    };
    store.write(&batch).await.expect("written");
    let ledger = store.reader().ledger().await.expect("read");
    let sum = ChunkRow {
        chunk: Chunk(4),
        version: 9,
        records: 10,
        beacons_stored: 12,
        duplicates: 14,
        dead_lettered: 16,
        edge_reports: 18,
        rows: 20,
        ..chunk
    };
    assert_eq!(ledger.partitions, [sum]);
    assert_eq!(ledger.edges, [report(2000, 20)]);
    let rows = sql
        .rows("SELECT * REPLACE (hex(payload) AS payload, toUnixTimestamp64Milli(append_time) AS append_time) FROM dead_letters")
        .await;
    let bytes: String = (0..=255).map(|byte| format!("{byte:02X}")).collect();
    let expect = json!({
        "epoch": 1, "partition": 2, "offset": 3, "append_time": START.0, "reason": "malformed",
        "detail": HOSTILE, "payload": bytes,
    });
    assert_eq!(rows, [expect]);
}
