//! Records what a build leaves behind, for the builds after it to go on from: `tests/tests/upgrade.rs`.
//!
//! `cargo run -p corswatch-tests --bin record-store tests/stores/NAME.tar.xz`, on the tag whose store it is to be.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use corswatch_tests::{Flood, Product, RECORDED, Settings, eventually};

/// Runs the product, sends numbered beacons, kills it, and packs its data directory.
#[derive(Debug, Parser)]
#[command(name = "record-store")]
struct Args {
    /// The archive to write.
    file: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir(&data)?;
    // What it holds must not be too old on the day of a test.
    let kept = "[store.retention]\nraw = \"19years\"\nparts = \"19years\"\nminutes = \"19years\"\nhours = \"19years\"";
    let settings = Settings::with_fixed_ports().and(kept);
    let mut product = Product::start(&data, &settings).await;
    let most = RECORDED - RECORDED / 10;
    Flood::new(&product.edge, 4, most).ends().await;
    eventually("most beacons are counted", async || {
        let found = product.sli("test", "block_rate").await?;
        ensure!(found == (most, 2 * most), "{found:?}");
        Ok(())
    })
    .await;
    // Of the last ones the log knows more than the store.
    Flood::new(&product.edge, 4, RECORDED).ends().await;
    product.process.kill();
    pack(&data, &args.file)
}

fn pack(data: &Path, file: &Path) -> Result<()> {
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(data).arg("-cJf").arg(file);
    let status = tar.args(["journal", "engine", "salt"]).status();
    ensure!(
        status.context("tar cannot be started")?.success(),
        "tar failed"
    );
    Ok(())
}
