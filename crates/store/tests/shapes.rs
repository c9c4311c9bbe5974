//! Request shapes, summed over rollups and read back from a real engine.

mod support;

use observation::{Kind, Observation, Outcome, UnixMillis};
use store::{RequestShape, SliFilter, Store};
use support::fold::Fold;
use support::traffic::{APP, Record, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);
const PAGE: &str = "https://shop.test";

fn record(seed: u64, change: impl FnOnce(&mut Observation)) -> Record {
    let mut record = Traffic::new(seed, START, 1000.0, 1)
        .rows_per_beacon(1)
        .record();
    record.position.offset = seed;
    record.envelope.origin.page.as_mut().expect("a page").lab = false;
    record.envelope.origin.page.as_mut().expect("a page").origin = PAGE.to_owned();
    let row = &mut record.envelope.observations[0];
    *row = Observation {
        at: START,
        endpoint: "/cart/:id".to_owned(),
        ..testkit::fact::ok()
    };
    change(row);
    record
}

fn put(names: &str, outcome: Outcome, count: u32) -> impl FnOnce(&mut Observation) {
    move |row| {
        row.method = "PUT".to_owned();
        row.preflighted = true;
        row.parameter = names.to_owned();
        row.outcome = outcome;
        row.count = count;
    }
}

async fn shapes(filter: &SliFilter) -> Vec<RequestShape> {
    let store: Store = Engine::database().await;
    let records = vec![
        record(1, put("content-type,x-tenant", Outcome::Ok, 70)),
        record(2, put("content-type,x-tenant", Outcome::Blocked, 20)),
        record(3, put("content-type,x-tenant", Outcome::Ok, 7)),
        record(4, put("content-type", Outcome::Ok, 30)),
        record(5, |_| {}),
        record(6, |row| {
            row.kind = Kind::HeaderRead;
            row.parameter = "x-total".to_owned();
        }),
        record(7, |row| {
            row.kind = Kind::HeaderRead;
            row.outcome = Outcome::Blocked;
            row.parameter = "etag".to_owned();
        }),
    ];
    let batch = Fold::new(1000).batch(records);
    store.write(&batch).await.expect("written");
    let (from, to) = (START.plus(-60_000), START.plus(60_000));
    store.reader().shapes(filter, from, to).await.expect("read")
}

#[tokio::test]
async fn requests_that_differ_in_their_header_names_alone_are_different_shapes() {
    let shapes = shapes(&SliFilter::app(APP)).await;
    let told: Vec<_> = shapes
        .iter()
        .map(|shape| (&*shape.method, &*shape.headers, shape.count))
        .collect();
    assert_eq!(
        told,
        [
            ("PUT", "content-type,x-tenant", 97),
            ("PUT", "content-type", 30),
            ("GET", "", 1),
        ]
    );
    assert_eq!(
        shapes[0].outcomes,
        [(Outcome::Blocked, 20), (Outcome::Ok, 77)]
    );
    assert_eq!(shapes[2].reads, ["etag", "x-total"]);
    assert!(shapes[0].reads.is_empty());
}

#[tokio::test]
async fn a_filter_leaves_out_what_does_not_fit() {
    let filter = SliFilter {
        target_origin: Some("https://elsewhere.test".to_owned()),
        ..SliFilter::app(APP)
    };
    assert_eq!(shapes(&filter).await, []);
}
