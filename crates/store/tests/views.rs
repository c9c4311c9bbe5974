//! The views that people ask with SQL of their own say what the product says.

mod support;

use std::time::Duration;

use observation::UnixMillis;
use store::{CHUNKS_PER_SPAN, SliFilter, Store};
use support::fold::Fold;
use support::sql::Sql;
use support::traffic::{APP, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const BELIEVED: &str =
    "app = 'shop' AND source = 'browser' AND NOT lab AND standing = 'undisputed'";

struct World {
    store: Store,
    sql: Sql,
}

impl World {
    async fn new() -> Self {
        let engine = Engine::shared().await;
        let config = engine.config();
        let store = Store::embedded(&config, engine.access());
        store.migrate().await.expect("migrated");
        let sql = Sql::new(engine, &config);
        let mut traffic = Traffic::new(3, START, 0.05, 1);
        let mut fold = Fold::new(2);
        for _ in 0..5 {
            let records: Vec<_> = (0..40).map(|_| traffic.record()).collect();
            let batch = fold.batch(records);
            store.write(&batch).await.expect("written");
        }
        Self { store, sql }
    }

    /// What the product says, and what the view says.
    async fn check(&self, when: &str) {
        let (from, to) = (START.plus(-3_600_000), START.plus(86_400_000));
        let reader = self.store.reader();
        let sums = reader.sli(&SliFilter::app(APP), from, to).await;
        let sums = sums.expect("read");
        let counts = [
            sums.requests,
            sums.blocked,
            sums.unknown,
            sums.credentialed,
            sums.credentialed_blocked,
            sums.preflighted,
            sums.preflight_blocked,
            sums.header_reads,
            sums.header_unreadable,
        ];
        assert!(
            sums.blocked > 0 && sums.preflighted > 0,
            "there is something to count"
        );
        let expect = counts.map(|count| count.to_string()).join("\t") + "\n";
        let sql = format!(
            "SELECT sum(requests), sum(blocked), sum(unknown), sum(credentialed_requests), \
               sum(credentialed_blocked), sum(preflighted_requests), sum(preflight_blocked), \
               sum(header_reads), sum(header_unreadable) \
             FROM v1_sli_minute WHERE {BELIEVED} AND minute >= toDateTime({}, 'UTC') \
               AND minute < toDateTime({}, 'UTC')",
            from.seconds(),
            to.seconds()
        );
        assert_eq!(self.sql.ask(&sql).await, expect, "{when}");
        let failures = reader
            .top_failures(&SliFilter::app(APP), from, to, 10_000)
            .await;
        let failures: u64 = failures.expect("read").iter().map(|row| row.count).sum();
        let sql = format!("SELECT sum(count) FROM v1_failures WHERE {BELIEVED}");
        assert_eq!(self.sql.ask(&sql).await, format!("{failures}\n"), "{when}");
    }
}

#[tokio::test]
async fn views_say_what_the_product_says_before_during_and_after_compaction() {
    let world = World::new().await;
    world.check("before").await;
    let progress = world.store.progress().await.expect("read");
    let spans = progress[0].next_offset / 2 / CHUNKS_PER_SPAN;
    assert!(spans > 3);
    for span in 0..spans {
        world.store.compact(1, 0, span).await.expect("compacted");
        world.check("while spans are compacted").await;
    }
    let late = START.plus(10 * 86_400_000);
    assert!(world.store.prune(late).await.expect("pruned"));
    testkit::wait_until("the parts are gone", Duration::from_secs(60), || async {
        let left = format!(
            "SELECT count() FROM sli_parts WHERE chunk < {}",
            spans * CHUNKS_PER_SPAN
        );
        world.sql.ask(&left).await == "0\n"
    })
    .await;
    world.check("after the parts were removed").await;
}

#[tokio::test]
async fn an_incident_is_told_with_its_times_and_cause() {
    let world = World::new().await;
    let body = r#"{"id":"i1","target_origin":"https://api.example","service":"cart","failing":"blocked",
        "stage":"preflight","started_at":1795000000000,
        "cause":{"cause":"HeaderDisallowedByPreflightResponse","parameter":"x-tenant"}}"#;
    let insert = format!(
        "INSERT INTO incidents (id, version, apps, severity, state, opened_at, updated_at, closed_at, body) \
         VALUES ('i1', 1, ['shop'], 'page', 'open', 1795000060, 1795000060, NULL, '{}')",
        body.replace('\n', " ")
    );
    world.sql.run(&insert).await;
    let rows = world.sql.rows("SELECT * FROM v1_incidents").await;
    assert_eq!(rows.len(), 1);
    for (column, expect) in [
        ("id", "i1"),
        ("severity", "page"),
        ("state", "open"),
        ("service", "cart"),
        ("target_origin", "https://api.example"),
        ("stage", "preflight"),
        ("failing", "blocked"),
        ("cause", "HeaderDisallowedByPreflightResponse"),
        ("parameter", "x-tenant"),
        ("started_at", "2026-11-18 11:06:40.000"),
    ] {
        assert_eq!(rows[0][column], expect, "{column}");
    }
}
