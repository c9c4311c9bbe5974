//! Rows as the loader writes them, read back from a real engine.

mod support;

use observation::UnixMillis;
use store::SliFilter;
use support::fold::Fold;
use support::traffic::{APP, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);

#[tokio::test]
async fn a_batch_written_twice_counts_once() {
    let store = Engine::database().await;
    let mut traffic = Traffic::new(1, START, 10.0, 2);
    let batch = Fold::new(100).batch((0..300).map(|_| traffic.record()));
    store.write(&batch).await.expect("written");
    let filter = SliFilter::app(APP);
    let reader = store.reader();
    let window = (START, START.plus(120_000));
    let once = reader.sli(&filter, window.0, window.1).await.expect("read");
    assert!(once.requests > 2000, "{once:?}");
    store.write(&batch).await.expect("written");
    let twice = reader.sli(&filter, window.0, window.1).await.expect("read");
    assert_eq!(once, twice);
    let raw = reader
        .recount_raw(&filter, window.0, window.1)
        .await
        .expect("read");
    assert_eq!(once, raw);
}
