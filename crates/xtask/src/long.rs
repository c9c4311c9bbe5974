//! `cargo xtask long`: what the tests play in a short form, whole.

use anyhow::Result;

use crate::{build, setup, shell};

/// Arguments of `long`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    name: Name,
}

#[derive(Debug, clap::Subcommand)]
enum Name {
    /// Every scenario of half-broken servers and of incidents in each of three engines; the tests share them out among the engines.
    Verdicts,
    /// What `cargo xtask chaos` does.
    Chaos(crate::chaos::Args),
}

/// Runs the whole of it.
pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.name {
        Name::Verdicts => verdicts(),
        Name::Chaos(args) => crate::chaos::run(args),
    }
}

fn verdicts() -> Result<()> {
    setup::all()?;
    build::scripts()?;
    let mut tests = shell::npm("sdk-js", ["run", "--silent", "test:verdicts"]);
    tests.env("LONG", "1");
    shell::run(&mut tests)
}
