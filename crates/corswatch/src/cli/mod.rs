//! The command line.

mod gate;
mod incidents;
mod judgement;
mod operations;
mod partner_links;
mod policies;
mod setup;
mod slo;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use gate::{Deploy, Gate, Report, ReportStyle};
pub(crate) use incidents::{Api, IncidentArgs, IncidentCommand, IncidentFormat};
pub(crate) use judgement::{Asking, Audit, Check, Explain, Format, Reporting};
pub(crate) use operations::{
    AlertCommand, AlertTest, Alerts, DeadLetters, DeadLettersCommand, DemoData, Loader, Replay,
    Selection, Verify,
};
pub(crate) use partner_links::{PartnerLinkCommand, PartnerLinks};
pub(crate) use policies::{Generate, ShapeSource, Simulate};
pub(crate) use setup::{Doctor, Form, Init};
pub(crate) use slo::{
    Backtest, ExitOn, Export, ExportFormat, Import, ReportFormat, Show, Slo, SloCommand, Validate,
};

/// Shows which cross-origin requests browsers blocked, why, and how fast that burns the error budget.
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
    /// Runs the whole product with a small shop and its API, whose CORS failures can be switched on and off,
    /// on a data directory of its own.
    Demo(Demo),
    /// Runs the edge: receives beacons, serves the script.
    Collector(Role),
    /// Runs the loader: journal to store.
    Loader(Loader),
    /// Runs the aggregator: compaction, SLOs, alerts.
    Aggregator(Role),
    /// Runs the prober: replays failures and names the rule that broke.
    Prober(Role),
    /// Runs the admin server: API, metrics, health, web UI.
    Dashboard(Role),
    /// Tests the delivery of alerts to their receivers.
    Alert(Alerts),
    /// Lists records that could not be stored, appends them to the journal again, or discards them.
    DeadLetters(DeadLetters),
    /// Fills an empty data directory with generated history, to look at what the product shows: traffic
    /// of several apps with releases and incidents. The same seed and end give the same history.
    DemoData(DemoData),
    /// Recounts raw rows and compares them with rollups and ledger; repairs from the journal.
    Verify(Verify),
    /// Validates and shows objectives, and replays stored history through them.
    Slo(Slo),
    /// Compares a release or a deploy with its baseline. Exit code 0 if it does not block more, 1 if it
    /// does, 3 if there are too few data, 2 if the request is refused.
    Gate(Gate),
    /// Reports a week or a month of an app: objectives, incidents, changes, replayed failures, allow-lists.
    Report(Report),
    /// Records a deploy, and prints its identity.
    Deploy(Deploy),
    /// Explains how a browser judges CORS exchanges: which rule failed, in which response, and the fix.
    Explain(Explain),
    /// Checks a live server against contracts: requests as browsers make them, and their expected outcomes.
    /// Exit code 0 if all pass, 1 if one fails, 2 if something cannot be read, 3 if the only failure is
    /// that a server does not answer.
    Check(Check),
    /// Audits the CORS policies of servers from outside. Exit codes as for `check`.
    Audit(Audit),
    /// Predicts which of the observed browser requests a CORS policy in a file would block. Exit code 0 if
    /// no request that passes today would be blocked, 1 if one would, 2 if something cannot be read or
    /// reached.
    Simulate(Simulate),
    /// Writes the least permissive policy that allows all observed browser requests.
    Generate(Generate),
    /// Lists, shows, exports or closes incidents of a running corswatch.
    Incident(IncidentArgs),
    /// Makes, lists and revokes links that show a partner one page origin, over a corswatch that runs.
    PartnerLink(PartnerLinks),
    /// Serves the questions of the API as read-only tools of the Model Context Protocol, over standard input and
    /// output, to a client that starts this command: an editor, an assistant, an agent.
    Mcp(Mcp),
    /// Writes a commented configuration to start with: for this machine, for this machine with Kafka, or
    /// for a cluster. Prompts for what no option gives.
    Init(Init),
    /// Checks an installation end to end, with its configuration: names, certificates, Kafka and its topic,
    /// ClickHouse and its grants, clocks, disks, processes, receivers, and one beacon from the edge until
    /// it is counted. Prints what to do about each problem. Exit code 0 if nothing failed, 1 if something
    /// did.
    Doctor(Doctor),
    /// Checks a configuration and reports all its mistakes together.
    CheckConfig(CheckConfig),
    /// Prints the description of the admin server's API (OpenAPI 3.1).
    Openapi,
    /// Prints a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Writes a man page for each command.
    Man {
        /// The folder; created if it is missing.
        #[arg(long, value_name = "DIR", default_value = "man")]
        out: PathBuf,
    },
    /// Prints the reference of the command line, as Markdown.
    #[command(hide = true)]
    #[command(name = "command-reference")]
    Reference,
    /// Hosts the embedded engine; started by `up` itself.
    #[command(hide = true)]
    EngineHost {
        /// Handed on to the host.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

/// Arguments of `mcp`.
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    #[command(flatten)]
    pub(crate) api: Api,
}

/// Arguments of `up`.
#[derive(Debug, Args)]
pub(crate) struct Up {
    /// Configuration file; everything has a default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of journal and engine; created if it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Reprocesses the journal from there, as `corswatch loader --replay-from` does.
    #[arg(long, value_name = "TIME|start")]
    pub(crate) replay_from: Option<Replay>,
    /// Also runs a small shop and its API, with CORS failures to switch on and off, as `corswatch demo` does.
    #[arg(long)]
    pub(crate) demo: bool,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Configuration file; everything has a default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of journal and engine; created if it is missing.
    #[arg(long, value_name = "DIR", default_value = "demo")]
    pub(crate) data: PathBuf,
}

impl Demo {
    /// The same as arguments of `up`.
    pub(crate) fn up(self) -> Up {
        Up {
            config: self.config,
            data: Some(self.data),
            replay_from: None,
            demo: true,
        }
    }
}

/// Arguments of a role.
#[derive(Debug, Args)]
pub(crate) struct Role {
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

/// Arguments of `check-config`.
#[derive(Debug, Args)]
pub(crate) struct CheckConfig {
    /// Configuration file.
    #[arg(long, value_name = "FILE", required_unless_present = "print_defaults")]
    pub(crate) config: Option<PathBuf>,
    /// Also checks that a process of this role can use it.
    #[arg(long, value_enum, conflicts_with = "print_defaults")]
    pub(crate) role: Option<crate::config::Role>,
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
