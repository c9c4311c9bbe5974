//! The servers that others are measured against, with the allocator that a Rust program has when
//! no one chooses one.

#[path = "../baseline.rs"]
mod baseline;

use clap::Parser;

#[derive(Debug, Parser)]
struct Cli {
    #[command(flatten)]
    baseline: baseline::Args,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    baseline::serve(&Cli::parse().baseline).await
}
