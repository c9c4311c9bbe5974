//! A backup of the embedded data directory, restored whole and in parts, as `docs/operations/recovery.md`
//! says it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use corswatch_tests::{Flood, Product, Settings, corswatch, eventually};

const SENDERS: u64 = 4;

async fn counts(product: &Product, beacons: u64) {
    eventually("every beacon is counted once", async || -> Result<()> {
        let found = product.sli("test", "block_rate").await?;
        ensure!(found == (beacons, 2 * beacons), "{found:?}");
        Ok(())
    })
    .await;
}

/// Starts the product, sends the beacons below `sent`, looks that they count, and stops it.
async fn session(data: &Path, settings: &Settings, sent: Option<u64>, counted: u64) {
    let mut product = Product::start(data, settings).await;
    if let Some(sent) = sent {
        Flood::new(&product.edge, SENDERS, sent).ends().await;
    }
    counts(&product, counted).await;
    product.process.terminate();
    let status = product.process.ended(Duration::from_secs(60)).await;
    assert!(status.success(), "{:#?}", product.process.lines());
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.expect("cp can be started").success());
}

/// A command on the data directory of a product that does not run, and all that it said.
fn on_data(data: &Path, args: &[&str]) -> (Option<i32>, String) {
    let here = ["--config", "corswatch.toml", "--data", "."];
    let (code, out, err) = corswatch(data, &[args, &here].concat());
    (code, out + &err)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_comes_back_whole_and_an_older_store_catches_up_from_the_log() {
    let folder = tempfile::tempdir().expect("a directory");
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    std::fs::create_dir(&data).expect("made");
    let settings = Settings::with_fixed_ports();
    session(&data, &settings, Some(60), 60).await;
    copy(&data, &backup);
    // The first sixty are sent again, and sixty new ones.
    session(&data, &settings, Some(120), 120).await;

    // The store alone is lost and comes from the backup: the log has what it lacks.
    std::fs::remove_dir_all(data.join("engine")).expect("removed");
    copy(&backup.join("engine"), &data.join("engine"));
    session(&data, &settings, None, 120).await;
    let (code, text) = on_data(
        &data,
        &["verify", "--from", "1h", "--to", "2100-01-01T00:00:00Z"],
    );
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("240 requests "), "{text}");

    // Log and store come from the backup: the state of that day, to go on from.
    session(&backup, &settings, None, 60).await;
    session(&backup, &settings, Some(90), 90).await;
    let (code, text) = on_data(&backup, &["dead-letters", "list"]);
    assert_eq!(code, Some(0), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_lost_begins_anew_and_recognises_what_the_store_holds() {
    let folder = tempfile::tempdir().expect("a directory");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("made");
    let settings = Settings::with_fixed_ports();
    session(&data, &settings, Some(30), 30).await;
    std::fs::remove_dir_all(data.join("journal")).expect("removed");
    // Thirty are sent again into the new log, and twenty are new.
    session(&data, &settings, Some(50), 50).await;
}
