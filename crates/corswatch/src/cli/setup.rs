//! Arguments of what sets an installation up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Format;
use super::words::{page_origin, web_url};

/// The forms of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// One process with the embedded engine and a journal on disk.
    ThisMachine,
    /// Collectors beside one `corswatch up`, over a broker of Kafka.
    Kafka,
    /// Roles over Kafka and a ClickHouse server.
    Cluster,
}

/// Arguments of `init`. What is left out is asked for.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// What the configuration is for.
    #[arg(long = "for", value_enum, value_name = "FORM")]
    pub(crate) form: Option<Form>,
    /// Name of the application whose pages are watched.
    #[arg(long, value_name = "NAME")]
    pub(crate) app: Option<String>,
    /// Origin of its pages, such as https://shop.example; can be repeated.
    #[arg(long = "page-origin", value_name = "ORIGIN", value_parser = page_origin)]
    pub(crate) page_origins: Vec<cors::Origin>,
    /// The first brokers to ask (kafka, cluster): host:port,host:port.
    #[arg(long, value_name = "BROKERS")]
    pub(crate) brokers: Option<String>,
    /// The ClickHouse server (cluster).
    #[arg(long, value_name = "URL", value_parser = web_url)]
    pub(crate) clickhouse: Option<url::Url>,
    /// The file to write; one that is there stays as it is.
    #[arg(long, value_name = "FILE", default_value = "corswatch.toml")]
    pub(crate) out: PathBuf,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Configuration file; everything has a default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of journal and engine, as of `corswatch up`.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Only what a process of this role needs, on this machine; no beacon is sent.
    #[arg(long, value_enum)]
    pub(crate) role: Option<crate::config::Role>,
    /// The edge, where it is not the one of `collector.listen` or `public_url`.
    #[arg(long, value_name = "URL", value_parser = web_url)]
    pub(crate) edge: Option<url::Url>,
    /// The API, where it is not the one of `dashboard.listen` or `alert.external_url`.
    #[arg(long, value_name = "URL", value_parser = web_url)]
    pub(crate) api: Option<url::Url>,
    /// The environment variable with the token for it.
    #[arg(long, value_name = "NAME", default_value = "CORSWATCH_TOKEN")]
    pub(crate) token_env: String,
    /// A file with the token instead.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// A file with certificates of authorities (PEM) that vouch for edge and API, besides the usual ones; where left
    /// out, the one that the environment variable SSL_CERT_FILE names.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Sends no beacon.
    #[arg(long)]
    pub(crate) no_beacon: bool,
    /// After so many seconds a question is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) timeout: u32,
    /// How many seconds the beacon may take until it is counted.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) wait: u32,
    /// How the report is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}
