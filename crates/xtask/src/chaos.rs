//! `cargo xtask chaos`: breaks the product while numbered beacons flow.

use anyhow::Result;

use crate::build::{self, Profile};
use crate::{setup, shell};

/// Arguments of `chaos`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long; left out: until the kills and rows of the run that is part of the tests are reached.
    #[arg(long)]
    minutes: Option<u64>,
    /// How many kills, twice as many at once as otherwise; with `--minutes` in at most that time.
    #[arg(long)]
    kills: Option<u64>,
    /// The seed of a run to repeat; left out: another one each time.
    #[arg(long)]
    seed: Option<u64>,
    /// Breaks an optimised build: for recovery times as in production.
    #[arg(long)]
    release: bool,
}

/// Builds the product and breaks it.
pub(crate) fn run(args: &Args) -> Result<()> {
    setup::all()?;
    let profile = if args.release {
        Profile::Release
    } else {
        Profile::Dev
    };
    let product = build::product_and(profile, &["chaos"])?;
    let mut chaos = std::process::Command::new(product.with_file_name("chaos"));
    for (option, value) in [
        ("--minutes", args.minutes),
        ("--kills", args.kills),
        ("--seed", args.seed),
    ] {
        if let Some(value) = value {
            chaos.args([option, &value.to_string()]);
        }
    }
    shell::run(&mut chaos)
}
