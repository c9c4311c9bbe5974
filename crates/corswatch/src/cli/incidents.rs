//! Arguments of `incident`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::words::web_url;

/// Where a corswatch that runs is asked.
#[derive(Debug, Args)]
pub(crate) struct Api {
    /// Asks the API of corswatch there.
    #[arg(long, visible_alias = "url", value_name = "URL", value_parser = web_url, default_value = "http://127.0.0.1:7781")]
    pub(crate) api: url::Url,
    /// The environment variable with the token for it.
    #[arg(long, value_name = "NAME", default_value = "CORSWATCH_TOKEN")]
    pub(crate) token_env: String,
    /// A file with the token instead.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A file with certificates of authorities (PEM) that vouch for it, besides the usual ones; where left out,
    /// the one that the environment variable SSL_CERT_FILE names.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// Arguments of `incident`.
#[derive(Debug, Args)]
pub(crate) struct IncidentArgs {
    #[command(subcommand)]
    pub(crate) command: IncidentCommand,
}

/// What is done with incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentCommand {
    /// Lists incidents, those that last first.
    List {
        /// The app; all that the token may see where left out.
        #[arg(long)]
        app: Option<String>,
        /// Only those in this state: open or closed.
        #[arg(long, value_name = "STATE", value_parser = ["open", "closed"])]
        state: Option<String>,
        /// How it is written.
        #[arg(long, value_enum, default_value = "text")]
        format: super::Format,
        #[command(flatten)]
        api: Api,
    },
    /// Shows one incident.
    Show {
        /// Its identity.
        id: String,
        /// How it is written.
        #[arg(long, value_enum, default_value = "text")]
        format: super::Format,
        #[command(flatten)]
        api: Api,
    },
    /// Writes one incident as the draft of a post-mortem: timeline, evidence, header difference, changes,
    /// notifications, and the times to detect, to page and to fix.
    Export {
        /// Its identity.
        id: String,
        /// How it is written.
        #[arg(long, value_enum, default_value = "markdown")]
        format: IncidentFormat,
        #[command(flatten)]
        api: Api,
    },
    /// Closes an incident by hand.
    Close {
        /// Its identity.
        id: String,
        /// Why it is over.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        api: Api,
    },
}

/// How an incident is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IncidentFormat {
    /// For a post-mortem.
    Markdown,
    /// For machines.
    Json,
}
