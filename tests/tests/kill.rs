//! kill -9 while numbered beacons flow: after recovery every acknowledged one counts exactly once.

use std::path::Path;

use anyhow::{Result, ensure};
use corswatch_tests::{Flood, Product, Settings, eventually};

const SENDERS: u64 = 8;
const BEACONS: u64 = 1200;
const KILLS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_counts_every_acknowledged_beacon_once() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports();
    let mut product = Product::start(data.path(), &settings).await;
    let flood = Flood::new(&product.edge, SENDERS, BEACONS);
    for kill in 1..=KILLS {
        // The kills are spread over the beacons, not over time: each meets traffic.
        flood.reaches(BEACONS * kill / (KILLS + 1)).await;
        match kill % 2 {
            0 => kill_engine(product.process.id()),
            _ => {
                product.process.kill();
                product = Product::start(data.path(), &settings).await;
            }
        }
    }
    flood.ends().await;
    eventually("all beacons are counted", async || -> Result<()> {
        let found = product.sli("test", "block_rate").await?;
        ensure!(found == (BEACONS, 2 * BEACONS), "{found:?}");
        Ok(())
    })
    .await;
    // What is not yet visible would come now: nothing may be counted twice.
    settled(&product).await;
    let found = product.sli("test", "block_rate").await.expect("an SLI");
    assert_eq!(found, (BEACONS, 2 * BEACONS));
}

/// Kills the child that hosts the engine.
fn kill_engine(parent: u32) {
    let children = format!("/proc/{parent}/task/{parent}/children");
    for child in engine_hosts(&children) {
        let killed = std::process::Command::new("kill")
            .args(["-KILL", &child])
            .status();
        assert!(killed.expect("kill can be started").success());
    }
}

fn engine_hosts(children: &str) -> Vec<String> {
    let listed = std::fs::read_to_string(children).expect("the product is alive");
    let is_host = |pid: &&str| {
        let arguments = std::fs::read(Path::new("/proc").join(pid).join("cmdline"));
        arguments.is_ok_and(|arguments| arguments.windows(11).any(|word| word == b"engine-host"))
    };
    listed
        .split_whitespace()
        .filter(is_host)
        .map(str::to_owned)
        .collect()
}

/// Waits until everything that the log took in up to now is in the store: the watermark says so
/// once it has moved twice.
async fn settled(product: &Product) {
    for _ in 0..2 {
        let before = watermark(product).await.expect("a watermark");
        eventually("the watermark moves", async || -> Result<()> {
            ensure!(watermark(product).await? != before, "it stands at {before}");
            Ok(())
        })
        .await;
    }
}

async fn watermark(product: &Product) -> Result<String> {
    let sli = product
        .private
        .json("/api/v1/sli?app=test&window=1h")
        .await?;
    Ok(sli["watermark"].to_string())
}
