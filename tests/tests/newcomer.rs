//! The first command of the README, in this checkout.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use corswatch_tests::{KEY, Product, Settings};
use journal::{Journal, KEY_LEN, Record, Room};
use runtime::{Clock, Metrics};
use testkit::Beacon;
use testkit::http::Http;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn one_command_runs_the_product_with_its_demo_and_a_signal_ends_it() {
    let data = tempfile::tempdir().expect("a directory");
    let mut product = Product::of_checkout(data.path()).await;
    let shop = Http::new(product.shop.clone());
    for (what, page) in [("shop", &shop), ("dashboard", &product.private)] {
        let answer = page.get("/").await.expect(what);
        assert_eq!(answer.status(), 200, "{what}");
        let kind = answer.headers()["content-type"].to_str().expect("ASCII");
        assert!(kind.starts_with("text/html"), "{what}: {kind}");
    }
    let ready = product.private.json("/readyz").await.expect("it is ready");
    assert_eq!(ready["condition"], "ready", "{ready}");
    product.process.terminate();
    let status = product.process.ended(Duration::from_secs(60)).await;
    assert!(status.success(), "{:#?}", product.process.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_without_room_is_said_wherever_a_newcomer_looks() -> Result<()> {
    let data = tempfile::tempdir()?;
    fill(data.path().join("journal")).await?;
    let small = "[journal.disk]\nkeep_free_percent = 0\nmax_size = \"16MiB\"";
    let settings = Settings::with_fixed_ports().and(small);
    let mut product = Product::start(data.path(), &settings).await;

    let refused = "beacons are refused with 503";
    let said = format!("The journal DOES NOT WORK: {refused}");
    let told = |line: &str| line.contains(&said).then(|| line.to_owned());
    let told = product.process.line("the warning", SOON, told).await;
    assert!(told.contains("`journal.disk.max_size`"), "{told}");
    for n in 0..3 {
        let beacon = Beacon::new(n).blocked("PUT", "/cart");
        assert_eq!(product.edge.beacon(KEY, &beacon).await?, 503);
    }
    let ready = product.private.get("/readyz").await?;
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await?.contains(refused));
    let lines = product.process.lines();
    let warnings = lines
        .iter()
        .filter(|line| line.contains("WARN") && line.contains("max_size"));
    assert_eq!(warnings.count(), 1, "once, however often: {lines:#?}");
    Ok(())
}

/// A journal of 20 MB, of which nothing may be removed.
async fn fill(dir: PathBuf) -> Result<()> {
    let mut config = journal::Config::default();
    config.disk.dir = dir;
    config.disk.keep_free_percent = 0; // However full the disk of the tests is.
    let journal = Journal::open(&config, Clock::system(), &Metrics::default()).await?;
    let appender = journal.appender().await?;
    for n in 0..20 {
        let record = Record {
            partition: 0,
            key: [n; KEY_LEN],
            payload: Bytes::from(vec![0; 900_000]),
            room: Room::Shared,
        };
        appender.append(record).await?;
    }
    appender.close(SOON).await;
    Ok(())
}
