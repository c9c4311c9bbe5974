//! `cargo xtask lab`: how right the verdicts of the SDK are.

use anyhow::Result;

use crate::{build, shell};

const FOLDER: &str = "sdk-js";

/// Arguments of `lab`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Handed to the lab: `--only REGEX`, `--load THREADS`, `--twins` (whether a page can tell what is wrong), `--write` (`sdk-js/ACCURACY.md`), `--json`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Plays every scenario to the built script in three engines, and prints what comes of it.
pub(crate) fn run(args: &Args) -> Result<()> {
    build::scripts()?;
    let lab = ["run", "--silent", "lab", "--"];
    let given = args.args.iter().map(String::as_str);
    shell::run(&mut shell::npm(FOLDER, lab.into_iter().chain(given)))
}
