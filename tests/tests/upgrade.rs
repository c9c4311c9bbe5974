//! What builds of before left behind is gone on from: `tests/stores` has one archive for each release, and before the
//! first release one of a build whose schema is older. `record-store` makes them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use corswatch_tests::{
    Cluster, Flood, KEY, Product, RECORDED, Settings, address, corswatch, counted_and_balanced,
    eventually,
};
use testkit::http::Http;
use testkit::{Beacon, checkout};

/// Beacons that the present build adds.
const ADDED: u64 = 30;
/// Not one of those that are recorded.
const NEW: u64 = 1_000_000;
/// Beacons that are sent while the upgrade is killed again and again.
const UNDER_LOAD: u64 = 240;
/// What the new build says on its way: it is killed at each.
const KILLED_AT: [&str; 3] = [
    "applied migration",
    "reading partition",
    "admin server ready",
];
const READY: Duration = Duration::from_secs(60);

/// The archives of builds of before.
fn stores() -> Vec<PathBuf> {
    let folder = checkout::root().join("tests/stores");
    let files = std::fs::read_dir(folder).expect("the folder of recorded stores");
    let files = files.map(|file| file.expect("a file").path());
    files.collect()
}

fn unpack(archive: &Path, into: &Path) {
    std::fs::create_dir(into).expect("made");
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(into).arg("-xJf").arg(archive);
    assert!(tar.status().expect("tar can be started").success());
}

/// A command on the data directory of a product that does not run, and all that it said.
fn on_data(data: &Path, args: &[&str]) -> (Option<i32>, String) {
    let here = ["--config", "corswatch.toml", "--data", "."];
    let (code, out, err) = corswatch(data, &[args, &here].concat());
    (code, out + &err)
}

async fn stopped(mut product: Product) {
    product.process.terminate();
    let status = product.process.ended(Duration::from_secs(60)).await;
    assert!(status.success(), "{:#?}", product.process.lines());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_build_left_is_migrated_read_to_its_end_and_gone_on_from() {
    let stores = stores();
    assert!(!stores.is_empty(), "no store of an older build");
    for archive in stores {
        let folder = tempfile::tempdir().expect("a directory");
        let data = folder.path().join("data");
        unpack(&archive, &data);
        let settings = Settings::with_fixed_ports();
        let product = Product::start(&data, &settings).await;
        for n in 0..ADDED {
            let beacon = Beacon::new(NEW + n).blocked("PUT", "/cart");
            let status = product.edge.beacon(KEY, &beacon).await.expect("answered");
            assert_eq!(status, 204, "{}", archive.display());
        }
        eventually("the ledger balances", async || -> Result<()> {
            let ledger = product.private.json("/api/v1/ledger").await?;
            ensure!(ledger["stored"] == RECORDED + ADDED, "{ledger}");
            ensure!(ledger["verdict"] == "balanced", "{ledger}");
            Ok(())
        })
        .await;
        stopped(product).await;
        recounted(&data, 2 * RECORDED + ADDED);
    }
}

/// Raw rows and rollups agree on so many requests.
fn recounted(data: &Path, requests: u64) {
    let all = [
        "--from",
        "2026-01-01T00:00:00Z",
        "--to",
        "2100-01-01T00:00:00Z",
    ];
    let (code, text) = on_data(data, &[&["verify"][..], &all].concat());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with(&format!("{requests} requests ")), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_is_killed_on_its_way_while_pages_send_counts_every_beacon_once() {
    for archive in stores() {
        let folder = tempfile::tempdir().expect("a directory");
        let data = folder.path().join("data");
        unpack(&archive, &data);
        let settings = Settings::with_fixed_ports();
        let edge = Http::new(settings.edge_url());
        let flood = Flood::beyond(NEW, &edge, 4, UNDER_LOAD);
        for said in KILLED_AT {
            let mut process = Product::begun(&data, &settings);
            let found = |line: &str| line.contains(said).then_some(());
            process.line(said, READY, found).await;
            process.kill();
        }
        let mut product = Product::start(&data, &settings).await;
        flood.reaches(UNDER_LOAD / 2).await;
        product.process.kill();
        let product = Product::start(&data, &settings).await;
        flood.ends().await;
        eventually("every beacon is counted once", async || -> Result<()> {
            let counted = product.sli("test", "block_rate").await?;
            ensure!(counted == (UNDER_LOAD, 2 * UNDER_LOAD), "{counted:?}");
            let ledger = product.private.json("/api/v1/ledger").await?;
            ensure!(ledger["stored"] == RECORDED + UNDER_LOAD, "{ledger}");
            ensure!(ledger["lost"] == 0 && ledger["missing"] == 0, "{ledger}");
            Ok(())
        })
        .await;
        stopped(product).await;
        recounted(&data, 2 * (RECORDED + UNDER_LOAD));
    }
}

/// What a later build may add: the present one is the build of before then.
const ADDED_LATER: [&str; 6] = [
    "ALTER TABLE observations ADD COLUMN later LowCardinality(String) DEFAULT 'unset'",
    "ALTER TABLE sli_parts ADD COLUMN later UInt64 DEFAULT 0",
    "ALTER TABLE chunks ADD COLUMN later String DEFAULT ''",
    "ALTER TABLE edge_reports ADD COLUMN later UInt64 DEFAULT 0",
    "CREATE TABLE later (at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY at",
    "INSERT INTO migrations (number, name, checksum, expands) VALUES (9999, '9999_later', 'x', true)",
];
const ROLLED_BACK_OVER: u64 = 400;

#[tokio::test(flavor = "multi_thread")]
async fn the_build_before_goes_on_under_load_with_a_store_to_which_a_later_one_added() {
    let ground = Cluster::prepare("rollback").await;
    let mut loader = ground.start("loader");
    let mut collector = ground.start("collector");
    let edge = Http::new(address(&mut collector, "edge").await);
    let mut dashboard = ground.start("dashboard");
    address(&mut dashboard, "dashboard").await;
    let flood = Flood::new(&edge, 4, ROLLED_BACK_OVER);
    flood.reaches(ROLLED_BACK_OVER / 4).await;
    // Forward: the store is migrated while the roles of the build before go on.
    for statement in ADDED_LATER {
        ground.sql(statement).await;
    }
    flood.reaches(ROLLED_BACK_OVER / 2).await;
    // Back: the roles of the build before start again, one of them amid its work.
    loader.kill();
    dashboard.kill();
    collector.terminate();
    let drained = collector.ended(READY).await;
    assert!(drained.success(), "{:#?}", collector.lines());
    let mut loader = ground.start("loader");
    let goes_on = |line: &str| line.contains("9999_later").then_some(());
    loader.line("what it goes on beside", READY, goes_on).await;
    let _collector = ground.start("collector");
    let mut dashboard = ground.start("dashboard");
    let private = Http::new(address(&mut dashboard, "dashboard").await);
    flood.ends().await;
    counted_and_balanced(&private, ROLLED_BACK_OVER).await;
}
