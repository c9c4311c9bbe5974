//! Side-by-side measurements: ratios, CPU seconds, percentiles. Never a pass or a fail: the machines
//! that this runs on are shared. `cargo xtask bench` builds and runs it.

mod baseline;
mod collector;
mod freshness;
mod hostile;
mod load;
mod loader;
mod panels;
mod process;
mod rounds;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// As in the product; the bare servers are measured with and without it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections that load an edge, unless told otherwise.
const CONNECTIONS: u64 = 64;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    bench: Option<Bench>,
}

#[derive(Debug, Clone, Subcommand)]
enum Bench {
    /// The edge with both journals, against bare servers: CPU, latency, memory.
    Collector {
        /// Rounds of all variants.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Beacons of a round.
        #[arg(long, default_value_t = 100_000)]
        beacons: u64,
        /// Connections that send them.
        #[arg(long, default_value_t = CONNECTIONS)]
        connections: u64,
    },
    /// The loader against a bare insert of the same rows.
    Loader {
        /// Rounds of both.
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// Beacons of a round, of 10 rows each.
        #[arg(long, default_value_t = 50_000)]
        beacons: u64,
    },
    /// From the POST of a beacon to its number in the API.
    Freshness {
        /// Beacons, one after the other.
        #[arg(long, default_value_t = 200)]
        samples: u64,
    },
    /// Latency of good clients among hostile ones against their quiet value; memory.
    Hostile {
        /// Rounds of both.
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// How long a round lasts.
        #[arg(long, default_value_t = 15)]
        seconds: u64,
    },
    /// The questions of every page of the UI, over histories that `corswatch demo-data` wrote.
    Panels {
        /// Data directories, the shortest history first: each is compared with the one before.
        #[arg(long, required = true, num_args = 1..)]
        data: Vec<std::path::PathBuf>,
        /// The app that is asked for.
        #[arg(long, default_value = "shop")]
        app: String,
        /// Only questions whose name holds this.
        #[arg(long, default_value = "")]
        only: String,
        /// How often each question is asked.
        #[arg(long, default_value_t = 20)]
        rounds: usize,
    },
    /// A server that others are measured against.
    #[command(hide = true)]
    Baseline(baseline::Args),
}

#[tokio::main]
async fn main() -> Result<()> {
    if let Some(bench) = Cli::parse().bench {
        return run(bench).await;
    }
    run(Bench::Collector {
        rounds: 5,
        beacons: 100_000,
        connections: CONNECTIONS,
    })
    .await?;
    run(Bench::Loader {
        rounds: 5,
        beacons: 50_000,
    })
    .await?;
    run(Bench::Freshness { samples: 200 }).await?;
    run(Bench::Hostile {
        rounds: 3,
        seconds: 15,
    })
    .await
}

async fn run(bench: Bench) -> Result<()> {
    match bench {
        Bench::Collector {
            rounds,
            beacons,
            connections,
        } => collector::run(rounds, beacons, connections).await,
        Bench::Loader { rounds, beacons } => loader::run(rounds, beacons).await,
        Bench::Freshness { samples } => freshness::run(samples).await,
        Bench::Hostile { rounds, seconds } => hostile::run(rounds, seconds).await,
        Bench::Panels {
            data,
            app,
            only,
            rounds,
        } => panels::run(&data, &app, &only, rounds).await,
        Bench::Baseline(args) => baseline::serve(&args).await,
    }
}
