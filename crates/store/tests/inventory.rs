//! The inventory and the traffic that it follows, written and read back from a real engine.

mod support;

use observation::{Kind, Outcome, UnixMillis};
use store::{
    AuditState, FoundRow, Grant, HeaderLine, InventoryRow, OriginSource, SnapshotRow, Stance,
    Store, TriedOrigin, Vary,
};
use support::fold::Fold;
use support::traffic::{Record, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const HOUR: i64 = 3_600_000;

async fn store() -> Store {
    let engine = Engine::shared().await;
    let store = Store::embedded(&engine.config(), engine.access());
    store.migrate().await.expect("migrated");
    store
}

fn row(endpoint: &str, first: i64, updated: i64) -> InventoryRow {
    InventoryRow {
        service: "api".to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: endpoint.to_owned(),
        apps: vec!["shop".to_owned(), "admin".to_owned()],
        method: "GET".to_owned(),
        url: format!("https://api.test{endpoint}"),
        made_up: true,
        first_at: START.plus(first),
        last_at: START.plus(updated - 1),
        updated_at: START.plus(updated),
        answered_at: Some(START.plus(updated - 2)),
        observed_since: Some(START.plus(-HOUR)),
        state: AuditState::Answered,
        reason: "'\"\\ \u{1f980}".to_owned(),
        stance: Some(Stance::List),
        vary: Vary::Missing,
        max_age: Some(86_401),
        origins: vec![
            TriedOrigin {
                origin: "https://shop.test".to_owned(),
                source: OriginSource::Traffic,
                grant: Grant::Credentialed,
                last_seen: Some(START),
                unused: false,
            },
            TriedOrigin {
                origin: "https://partner.test".to_owned(),
                source: OriginSource::Listed,
                grant: Grant::Plain,
                last_seen: None,
                unused: true,
            },
        ],
        findings: vec![FoundRow {
            rule: "vary-origin-missing".to_owned(),
            key: "k".to_owned(),
            level: store::FindingLevel::Warning,
            title: "t".to_owned(),
            message: "m".to_owned(),
            evidence: vec!["GET -> 200".to_owned(), "  vary: Accept".to_owned()],
            fix: vec!["vary: Origin".to_owned()],
            first_at: START.plus(-5),
        }],
    }
}

#[tokio::test]
async fn the_latest_state_of_each_target_reads_back_as_written_and_earlier_ones_at_their_time() {
    let store = store().await;
    let unanswered = InventoryRow {
        state: AuditState::NoAnswer,
        stance: None,
        max_age: None,
        answered_at: None,
        observed_since: None,
        origins: Vec::new(),
        findings: Vec::new(),
        ..row("/b", 50, 60)
    };
    let changed = InventoryRow {
        stance: Some(Stance::CredentialedReflecting),
        ..row("/a", 1000, 1100)
    };
    let gone = InventoryRow {
        state: AuditState::Retired,
        ..row("/b", 2000, 2000)
    };
    for rows in [
        vec![row("/a", 0, 10), row("/a", 0, 900)],
        // A zombie writes an older version late.
        vec![row("/a", 0, 20), unanswered.clone(), changed.clone()],
        vec![gone],
    ] {
        store.save_inventory(&rows).await.expect("written");
    }
    let reader = store.reader();
    let at = async |millis| reader.inventory(START.plus(millis)).await.expect("read");
    assert_eq!(at(-1).await, []);
    assert_eq!(at(999).await, [row("/a", 0, 900), unanswered.clone()]);
    assert_eq!(at(1500).await, [changed.clone(), unanswered]);
    assert_eq!(at(9000).await, [changed]);
    let steps = reader
        .inventory_steps(START.plus(1500))
        .await
        .expect("read");
    let told: Vec<_> = steps
        .iter()
        .map(|step| {
            let since = step.first_at.0 - START.0;
            (step.endpoint.as_str(), since, step.state, step.stance)
        })
        .collect();
    use AuditState::{Answered, NoAnswer};
    assert_eq!(
        told,
        [
            ("/a", 0, Answered, Some(Stance::List)),
            ("/b", 50, NoAnswer, None),
            ("/a", 1000, Answered, Some(Stance::CredentialedReflecting),),
        ]
    );
    assert_eq!(steps[0].apps, ["shop", "admin"]);
}

/// A page of `page` calls `endpoint`.
fn call(
    offset: u64,
    at: i64,
    page: &str,
    endpoint: &str,
    change: impl FnOnce(&mut Record),
) -> Record {
    let mut record = Traffic::new(offset, START.plus(at), 1000.0, 1)
        .rows_per_beacon(1)
        .record();
    record.position.offset = offset;
    record.envelope.origin.page.as_mut().expect("a page").origin = format!("https://{page}.test");
    record.envelope.origin.page.as_mut().expect("a page").lab = false;
    let seen = &mut record.envelope.observations[0];
    seen.at = START.plus(at);
    seen.kind = Kind::Request;
    seen.outcome = Outcome::Blocked;
    seen.service = "api".to_owned();
    seen.target_origin = "https://api.test".to_owned();
    seen.endpoint = endpoint.to_owned();
    seen.method = "GET".to_owned();
    change(&mut record);
    record
}

#[tokio::test]
async fn what_is_called_and_by_whom_is_read_from_every_tier() {
    let store = store().await;
    let lab =
        |record: &mut Record| record.envelope.origin.page.as_mut().expect("a page").lab = true;
    let nobodys = |record: &mut Record| record.envelope.observations[0].service = String::new();
    let read = |record: &mut Record| record.envelope.observations[0].kind = Kind::HeaderRead;
    // A span of chunks is compacted, and its parts removed; the rest is not.
    let old = [
        call(0, -30 * HOUR, "ancient", "/old", |_| ()),
        call(1, -29 * HOUR, "shop", "/old", |_| ()),
    ];
    let new = [
        call(16, 0, "shop", "/items", |_| ()),
        call(17, 0, "shop", "/items", |_| ()),
        call(18, 0, "m", "/cart", |_| ()),
        call(19, 0, "robot", "/cart", lab),
        call(20, 0, "shop", "/elsewhere", nobodys),
        call(21, 0, "reader", "/items", read),
    ];
    let mut fold = Fold::new(1);
    store.write(&fold.batch(old)).await.expect("written");
    store.write(&fold.batch(new)).await.expect("written");
    store.compact(1, 0, 0).await.expect("compacted");
    store.prune(START.plus(-HOUR)).await.expect("pruned");

    let reader = store.reader();
    let called = reader
        .called_endpoints(START.plus(-HOUR))
        .await
        .expect("read");
    let called: Vec<_> = called
        .iter()
        .map(|row| (row.endpoint.as_str(), row.method.as_str(), row.last_seen))
        .collect();
    let now = START.minute();
    assert_eq!(called, [("/items", "GET", now), ("/cart", "GET", now)]);

    let seen = reader
        .origins_seen(START.plus(-100 * HOUR))
        .await
        .expect("read");
    let mut seen: Vec<_> = seen
        .iter()
        .map(|row| (row.page_origin.as_str(), row.first_seen, row.last_seen))
        .collect();
    seen.sort_unstable();
    let hours_ago = |hours: i64| START.plus(-hours * HOUR).hour();
    assert_eq!(
        seen,
        [
            ("https://ancient.test", hours_ago(30), hours_ago(30)),
            ("https://m.test", now, now),
            ("https://robot.test", now, now),
            ("https://shop.test", hours_ago(29), now),
        ]
    );
}

#[tokio::test]
async fn a_url_has_changed_once_a_question_has_a_second_answer() {
    let store = store().await;
    let snapshot = |url: &str, asked: &str, first: i64, value: &str| SnapshotRow {
        page_origin: "https://shop.test".to_owned(),
        url: url.to_owned(),
        asked: asked.to_owned(),
        stage: observation::Stage::Preflight,
        first_at: START.plus(first),
        last_at: START.plus(first + 10),
        status: 204,
        headers: vec![HeaderLine {
            name: "vary".to_owned(),
            value: value.to_owned(),
        }],
    };
    let rows = [
        snapshot("https://api.test/same", "GET", 0, "a"),
        snapshot("https://api.test/same", "PUT", 500, "a"),
        snapshot("https://api.test/changed", "GET", 0, "a"),
        snapshot("https://api.test/changed", "GET", 700, "b"),
        snapshot("https://api.test/changed", "PUT", 900, "b"),
        snapshot("https://api.test/unasked", "GET", 0, "a"),
        snapshot("https://api.test/unasked", "GET", 1, "b"),
    ];
    store.save_snapshots(&rows).await.expect("written");
    let urls = ["same", "changed", "unknown'"].map(|name| format!("https://api.test/{name}"));
    let changed = store
        .reader()
        .changed_urls(urls.to_vec())
        .await
        .expect("read");
    assert_eq!(
        changed,
        [("https://api.test/changed".to_owned(), START.plus(700))]
    );
    assert_eq!(
        store.reader().changed_urls(Vec::new()).await.expect("read"),
        []
    );
}
