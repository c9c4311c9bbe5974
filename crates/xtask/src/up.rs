//! `cargo xtask up`: from a checkout to the running product.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::build::{self, Profile};
use crate::setup::{self, Part};

/// Arguments of `up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Optimised: takes minutes longer to compile.
    #[arg(long)]
    release: bool,
    /// Without the demo shop.
    #[arg(long)]
    no_demo: bool,
    /// Handed to `corswatch up`.
    #[arg(last = true)]
    args: Vec<String>,
}

/// Builds what is needed and becomes `corswatch up`.
pub(crate) fn run(args: &Args) -> Result<()> {
    let profile = if args.release {
        Profile::Release
    } else {
        Profile::Dev
    };
    setup::set_up(Part::Engine)?;
    let binary = build::product(profile)?;
    let mut up = Command::new(&binary);
    up.arg("up");
    if !args.no_demo {
        up.arg("--demo");
    }
    // Returns only when it could not become the product.
    let error = up.args(&args.args).exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}
