//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Tells which cross-origin requests browsers blocked, why, and how fast that burns the error budget.
#[derive(Debug, Parser)]
#[command(name = "corswatch", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the whole product in one process, with an embedded ClickHouse and a journal on disk.
    Up(Up),
    /// Runs the edge: takes beacons in, serves the script.
    Collector(Role),
    /// Runs the loader: journal to store.
    Loader(Role),
    /// Runs the aggregator: compaction, SLOs, alerts.
    Aggregator(Role),
    /// Runs the private side: API, metrics, health, web UI.
    Dashboard(Role),
    /// Says what a browser makes of CORS exchanges: which rule broke, in which response, and the fix.
    Explain(Explain),
    /// Checks a configuration and reports all its mistakes at once.
    CheckConfig(CheckConfig),
    /// Prints the description of the private side's API (OpenAPI 3.1).
    Openapi,
    /// Hosts the embedded engine; started by `up` itself.
    #[command(hide = true)]
    EngineHost {
        /// Handed on to the host.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Configuration file; everything has a default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of journal and engine; made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Also runs a small shop and its API, with CORS failures to switch on and off.
    #[arg(long)]
    pub(crate) demo: bool,
}

/// Arguments of a role.
#[derive(Debug, Args)]
pub(crate) struct Role {
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Reads one exchange a line (JSON) and writes one verdict a line.
    #[arg(long, group = "input")]
    pub(crate) jsonl: bool,
    /// Reads a HAR file that a browser's DevTools exported.
    #[arg(long, group = "input")]
    pub(crate) har: bool,
    /// How the answer is written.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// The file; standard input where left out.
    pub(crate) file: Option<PathBuf>,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// Arguments of `check-config`.
#[derive(Debug, Args)]
pub(crate) struct CheckConfig {
    /// Configuration file.
    #[arg(long, value_name = "FILE", required_unless_present = "print_defaults")]
    pub(crate) config: Option<PathBuf>,
    /// Prints every setting with its default instead.
    #[arg(long)]
    pub(crate) print_defaults: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
