//! `cargo xtask chaos`: breaks the product while numbered beacons flow.

use anyhow::Result;

use crate::build::{self, Profile};
use crate::{setup, shell};

/// Arguments of `chaos`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long; left out: at least 60 kills and two million rows, in at most eight minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// How many kills, twice as many at once as otherwise.
    #[arg(long, conflicts_with = "minutes")]
    kills: Option<u64>,
    /// The seed of a run to repeat; left out: another one each time.
    #[arg(long)]
    seed: Option<u64>,
}

/// Builds the product and breaks it.
pub(crate) fn run(args: &Args) -> Result<()> {
    setup::all()?;
    build::product(Profile::Dev)?;
    let mut words = vec![
        "run".to_owned(),
        "--locked".to_owned(),
        "-p".to_owned(),
        "corswatch-tests".to_owned(),
        "--bin".to_owned(),
        "chaos".to_owned(),
        "--".to_owned(),
    ];
    for (option, value) in [
        ("--minutes", args.minutes),
        ("--kills", args.kills),
        ("--seed", args.seed),
    ] {
        if let Some(value) = value {
            words.extend([option.to_owned(), value.to_string()]);
        }
    }
    shell::run(&mut shell::cargo(words.iter().map(String::as_str)))
}
