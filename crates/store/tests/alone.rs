//! A store that one process writes to alone: less is asked of the engine, and nothing is known later.

mod support;

use std::time::Duration;

use observation::UnixMillis;
use store::{Batch, Config, ProgressRow, SilenceRow, Store};
use support::sql::Sql;
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(300);

async fn alone() -> (Store, Sql, Config) {
    let engine = Engine::shared().await;
    let config = engine.config();
    let store = Store::embedded(&config, engine.access()).alone();
    store.migrate().await.expect("migrated");
    (store, Sql::new(engine, &config), config)
}

fn progress(next_offset: u64, seconds: i64) -> ProgressRow {
    ProgressRow {
        epoch: 1,
        partition: 0,
        next_offset,
        event_time: START.plus(seconds * 1000),
    }
}

async fn tell(store: &Store, row: ProgressRow) {
    let batch = Batch {
        progress: vec![row],
        ..Batch::default()
    };
    store.write(&batch).await.expect("written");
}

#[tokio::test]
async fn progress_is_known_at_once_and_stored_with_every_record_but_not_with_every_second() {
    let (store, sql, config) = alone().await;
    let stored = || async {
        let question = "SELECT max(next_offset), \
             toUnixTimestamp64Milli(max(event_time)) FROM progress";
        sql.ask(question).await.trim().to_owned()
    };
    let line = |row: ProgressRow| format!("{}\t{}", row.next_offset, row.event_time.0);
    // What is told, and what is stored then.
    for (told, kept) in [
        (progress(5, 0), progress(5, 0)),
        (progress(5, 1), progress(5, 0)),
        (progress(5, 9), progress(5, 0)),
        (progress(5, 10), progress(5, 10)),
        (progress(6, 11), progress(6, 11)),
        (progress(6, 12), progress(6, 11)),
    ] {
        tell(&store, told).await;
        assert_eq!(store.progress().await.expect("known"), [told]);
        let ledger = store.reader().ledger().await.expect("read");
        assert_eq!(ledger.progress, [told]);
        assert_eq!(stored().await, line(kept), "after {told:?}");
    }
    let engine = Engine::shared().await;
    let next = Store::embedded(&config, engine.access()).alone();
    assert_eq!(
        next.progress().await.expect("read"),
        [progress(6, 11)],
        "what the next process goes on from"
    );
}

#[tokio::test]
async fn a_lease_is_renewed_without_the_engine_and_still_has_one_holder() {
    let (store, sql, _) = alone().await;
    let written = || async { sql.ask("SELECT count() FROM leases").await };
    let ask = |holder: &'static str, ttl| {
        let store = store.clone();
        async move {
            let lease = store.acquire_lease("leader", holder, ttl).await;
            lease
                .expect("asked")
                .map(|lease| (lease.term, lease.holder))
        }
    };
    let held = |term, holder: &str| Some((term, holder.to_owned()));
    assert_eq!(ask("a", LONG).await, held(1, "a"));
    let before = written().await;
    for _ in 0..3 {
        assert_eq!(ask("a", LONG).await, held(1, "a"));
        assert_eq!(ask("b", LONG).await, None);
    }
    assert_eq!(written().await, before, "renewals are not written");
    let lease = store.acquire_lease("leader", "a", LONG).await;
    let lease = lease.expect("asked").expect("held");
    store.release_lease(&lease).await.expect("given back");
    assert_eq!(ask("b", SHORT).await, held(2, "b"));
    let next = testkit::wait_for("the lease ends", Duration::from_secs(30), || ask("a", LONG));
    assert_eq!(next.await, (3, "a".to_owned()));
}

#[tokio::test]
async fn what_is_written_is_read_at_once() {
    let (store, _, _) = alone().await;
    assert_eq!(store.silences().await.expect("read"), []);
    for id in ["one", "two"] {
        let silence = SilenceRow {
            id: id.to_owned(),
            version: 1,
            kind: "silence".to_owned(),
            app: String::new(),
            body: "{}".to_owned(),
            created_at: START,
            created_by: String::new(),
            deleted_at: None,
            deleted_by: String::new(),
            keep_until: UnixMillis(4_000_000_000_000),
        };
        store.save_silence(&silence).await.expect("written");
        let read = store.silences().await.expect("read");
        assert!(read.contains(&silence), "{read:?}");
    }
    assert_eq!(store.silences().await.expect("read").len(), 2);
}
