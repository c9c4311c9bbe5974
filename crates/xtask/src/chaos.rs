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
    let (profile, optimised) = if args.release {
        (Profile::Release, "--release")
    } else {
        (Profile::Dev, "--profile=dev")
    };
    build::product(profile)?;
    let fixed = ["run", "--locked", optimised, "-p", "corswatch-tests"];
    let mut words: Vec<String> = fixed
        .into_iter()
        .chain(["--bin", "chaos", "--"])
        .map(str::to_owned)
        .collect();
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
