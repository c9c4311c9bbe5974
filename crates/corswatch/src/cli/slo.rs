//! Arguments of what is done with objectives.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;
use super::words::web_url;
use crate::operations::When;

/// Arguments of `slo`.
#[derive(Debug, Args)]
pub(crate) struct Slo {
    #[command(subcommand)]
    pub(crate) command: SloCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SloCommand {
    /// Checks the objectives of files, each alone, and reports all mistakes together, with their lines.
    Validate(Validate),
    /// Shows objectives with every default: rules, windows, burn rates.
    Show(Show),
    /// Replays stored history through objectives: what would have fired, when, for how long, with which
    /// budget. Exit code 1 where --exit-code says so, 2 where something cannot be read or reached.
    Backtest(Backtest),
    /// Reads OpenSLO v1 and writes it as `[[slo]]`. What was added or lost is said on standard error, and
    /// stands at the head as comments.
    Import(Import),
    /// Writes objectives as OpenSLO v1, or as recording and alerting rules of Prometheus. What other tools do not
    /// get is said on standard error.
    Export(Export),
}

/// Arguments of `slo export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// A whole configuration, or a file of objectives alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value_t = ExportFormat::Openslo)]
    pub(crate) format: ExportFormat,
}

/// Forms that objectives are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportFormat {
    /// OpenSLO v1.
    Openslo,
    /// A rule file of Prometheus, over the gauges at `/metrics`.
    Prometheus,
}

/// Arguments of `slo import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file of OpenSLO v1 documents.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The configured app of objectives that name none; otherwise their `service`.
    #[arg(long)]
    pub(crate) app: Option<String>,
}

/// Arguments of `slo validate`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Files with `[[slo]]`: of a whole configuration, or of objectives alone.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The configuration with the apps. Otherwise those of the file itself, or any where it has none.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// Arguments of `slo show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A whole configuration, or a file of objectives alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// How it is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// Arguments of `slo backtest`.
#[derive(Debug, Args)]
pub(crate) struct Backtest {
    /// The configuration: its store is read, its objectives are replayed. With --url a file of objectives
    /// alone is enough.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Replays the objectives of this file instead: what a change would have raised.
    #[arg(long, value_name = "FILE")]
    pub(crate) slo: Option<PathBuf>,
    /// Directory of an embedded store. While its `corswatch up` runs, that is asked instead.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// From this time on: an RFC 3339 time, or how long ago.
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) from: When,
    /// To before this time.
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub(crate) to: When,
    /// How the report is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Ends with code 1 where an alert of this severity, or a more urgent one, would have fired.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) exit_code: Option<ExitOn>,
    /// Asks the admin server of a corswatch that runs, such as `http://127.0.0.1:7781`.
    #[arg(long, visible_alias = "api", value_name = "URL", value_parser = web_url)]
    pub(crate) url: Option<url::Url>,
    /// File with the token for it; the token needs `access = "write"`.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A file with certificates of authorities (PEM) that vouch for it, besides the usual ones; where left out,
    /// the one that the environment variable SSL_CERT_FILE names.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
    /// For build systems: a case for each objective.
    Junit,
}

/// From which severity on a command fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExitOn {
    /// A page.
    Page,
    /// A ticket or a page.
    Ticket,
}
