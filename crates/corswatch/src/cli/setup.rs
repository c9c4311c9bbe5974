//! Arguments of what sets an installation up.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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
