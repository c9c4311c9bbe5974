//! `cargo xtask chaos`: the product under everything that goes wrong, for as long as wanted.

use std::time::Duration;

use clap::Parser;
use corswatch_tests::chaos::{Plan, run};

/// Breaks the product while numbered beacons flow, and says whether each was counted once.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask chaos", max_term_width = 100)]
struct Args {
    /// How long; left out: until the short run's kills and rows are reached.
    #[arg(long)]
    minutes: Option<u64>,
    /// How many kills, twice as many at once as otherwise; with `--minutes` in at most that time.
    #[arg(long)]
    kills: Option<u64>,
    /// The seed of a run to repeat; left out: another one each time.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<std::process::ExitCode> {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("seed {seed}");
    let plan = match (args.minutes, args.kills) {
        (Some(minutes), None) => Plan::lasting(seed, minutes),
        (Some(minutes), Some(kills)) => Plan {
            most: Duration::from_secs(minutes * 60),
            ..Plan::long(seed, kills)
        },
        (None, Some(kills)) => Plan::long(seed, kills),
        (None, None) => Plan::short(seed),
    };
    let report = run(plan).await?;
    println!("{report}");
    Ok(match report.is_kept() && report.is_in_time() {
        true => std::process::ExitCode::SUCCESS,
        false => std::process::ExitCode::FAILURE,
    })
}
