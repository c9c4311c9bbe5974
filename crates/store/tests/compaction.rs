//! Sums of any window are the same from raw rows, from parts alone, and from any mix of compacted
//! and open spans.

mod support;

use std::time::Duration;

use observation::UnixMillis;
use proptest::prelude::*;
use slo::Sums;
use store::{CHUNKS_PER_SPAN, Compacted, Reader, SliFilter, Store, StoreError};
use support::fold::Fold;
use support::random::Random;
use support::sql::Sql;
use support::traffic::{APP, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const SPREAD: i64 = 4 * 3_600_000;

/// How a history was made.
#[derive(Debug, Clone)]
struct History {
    seed: u64,
    partitions: usize,
    chunk_size: u64,
    records: usize,
    batch: usize,
}

fn history() -> impl Strategy<Value = History> {
    (
        any::<u64>(),
        1..=3_usize,
        1..=4_u64,
        100..300_usize,
        20..200_usize,
    )
        .prop_map(|(seed, partitions, chunk_size, records, batch)| History {
            seed,
            partitions,
            chunk_size,
            records,
            batch,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn sums_of_any_window_stay_the_same_before_during_and_after_compaction(history in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(check(&history));
    }
}

async fn check(history: &History) {
    let engine = Engine::shared().await;
    let config = engine.config();
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("migrated");
    let sql = Sql::new(engine, &config);
    let ends = write(&store, history).await;
    let windows = windows(history.seed);
    let reader = store.reader();

    let mut expect = Vec::new();
    for window in &windows {
        let parts = sli(&reader, *window).await;
        let raw = reader
            .recount_raw(&SliFilter::app(APP), window.0, window.1)
            .await;
        assert_eq!(
            parts,
            raw.expect("read"),
            "parts against raw, {window:?} of {history:?}"
        );
        expect.push(parts);
    }
    let requests: u64 = expect.iter().map(|sums| sums.requests).sum();
    assert!(requests > 0, "windows hold something: {history:?}");

    let mut random = Random(history.seed);
    let closed = |partition: usize| ends[partition] / history.chunk_size / CHUNKS_PER_SPAN;
    for partition in 0..history.partitions {
        for span in 0..closed(partition) {
            store
                .compact(1, partition as u32, span)
                .await
                .expect("compacted");
            if random.chance(0.15) {
                same(&reader, &windows, &expect, history).await;
            }
        }
    }
    same(&reader, &windows, &expect, history).await;

    // The sums are written, the row that says so is not: what an aggregator leaves that dies
    // between the two. The next one compacts again.
    sql.run("TRUNCATE TABLE compacted").await;
    same(&reader, &windows, &expect, history).await;
    for partition in 0..history.partitions {
        for span in 0..closed(partition) {
            store
                .compact(1, partition as u32, span)
                .await
                .expect("compacted again");
        }
    }
    same(&reader, &windows, &expect, history).await;
}

/// Writes the history and returns the next offset of each partition.
async fn write(store: &Store, history: &History) -> Vec<u64> {
    let per_second = history.records as f64 / (SPREAD as f64 / 1000.0);
    let mut traffic = Traffic::new(history.seed, START, per_second, history.partitions);
    let mut fold = Fold::new(history.chunk_size);
    let records: Vec<_> = (0..history.records).map(|_| traffic.record()).collect();
    for records in records.chunks(history.batch) {
        let batch = fold.batch(records.to_vec());
        store.write(&batch).await.expect("written");
    }
    let mut ends = vec![0; history.partitions];
    for row in store.progress().await.expect("read") {
        ends[row.partition as usize] = row.next_offset;
    }
    ends
}

fn windows(seed: u64) -> Vec<(UnixMillis, UnixMillis)> {
    let mut random = Random(seed ^ 1);
    let mut windows = vec![(START.plus(-3_600_000), START.plus(SPREAD + 3_600_000))];
    for _ in 0..4 {
        let from = START.plus(random.below(SPREAD as u64) as i64);
        windows.push((from, from.plus(random.below(SPREAD as u64) as i64)));
    }
    windows
}

async fn sli(reader: &Reader, (from, to): (UnixMillis, UnixMillis)) -> Sums {
    reader
        .sli(&SliFilter::app(APP), from, to)
        .await
        .expect("read")
}

async fn same(
    reader: &Reader,
    windows: &[(UnixMillis, UnixMillis)],
    expect: &[Sums],
    history: &History,
) {
    for (window, expect) in windows.iter().zip(expect) {
        assert_eq!(
            &sli(reader, *window).await,
            expect,
            "{window:?} of {history:?}"
        );
    }
    for minutes in [7, 60] {
        let step = Duration::from_secs(minutes * 60);
        let (from, to) = windows[0];
        let series = reader
            .series(&SliFilter::app(APP), from, to, step)
            .await
            .expect("read");
        let sum: u64 = series.iter().map(|(_, sums)| sums.requests).sum();
        assert_eq!(
            sum, expect[0].requests,
            "steps of {minutes} minutes of {history:?}"
        );
        assert!(series.is_sorted_by_key(|(at, _)| *at));
        let step = step.as_millis() as i64;
        assert!(series.iter().all(|(at, _)| at.0 % step == 0));
    }
}

#[tokio::test]
async fn spans_are_compacted_in_order_and_once() {
    let store = Engine::database().await;
    let error = store.compact(1, 0, 1).await.expect_err("out of order");
    assert!(matches!(error, StoreError::Rejected { .. }), "{error:?}");
    for span in [0, 0, 1] {
        store.compact(1, 0, span).await.expect("compacted");
    }
    let expect = Compacted {
        epoch: 1,
        partition: 0,
        spans: 2,
        chunks: 2 * CHUNKS_PER_SPAN,
    };
    assert_eq!(store.compacted().await.expect("read"), [expect]);
}

#[tokio::test]
async fn pruning_removes_only_what_is_compacted_and_old() {
    let history = History {
        seed: 11,
        partitions: 1,
        chunk_size: 2,
        records: 100,
        batch: 50,
    };
    let engine = Engine::shared().await;
    let config = engine.config();
    let store = Store::embedded(&config, engine.access());
    store.migrate().await.expect("migrated");
    let sql = Sql::new(engine, &config);
    write(&store, &history).await;
    let windows = windows(history.seed);
    let reader = store.reader();
    let mut expect = Vec::new();
    for window in &windows {
        expect.push(sli(&reader, *window).await);
    }
    let rows = || sql.ask("SELECT count() FROM sli_parts FINAL");
    let all = rows().await;
    let late = START.plus(SPREAD * 2);
    assert!(
        !store.prune(late).await.expect("pruned"),
        "nothing is compacted"
    );
    for span in 0..3 {
        store.compact(1, 0, span).await.expect("compacted");
    }
    assert!(
        !store.prune(START.plus(-SPREAD)).await.expect("pruned"),
        "nothing is old"
    );
    assert_eq!(rows().await, all);
    assert!(store.prune(late).await.expect("pruned"));
    testkit::wait_until("the parts are gone", Duration::from_secs(60), || async {
        sql.ask("SELECT count() FROM sli_parts WHERE chunk < 48")
            .await
            == "0\n"
    })
    .await;
    assert_ne!(rows().await, "0\n", "open spans stay");
    same(&reader, &windows, &expect, &history).await;
}
