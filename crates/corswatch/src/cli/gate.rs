//! Arguments of what pipelines run.

use clap::Args;

use super::Format;

/// Arguments of `gate`.
#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// Configured app.
    #[arg(long)]
    pub(crate) app: String,
    /// Identity of a recorded deploy, or a release as pages state it.
    #[arg(long, value_name = "ID")]
    pub(crate) deploy: String,
    /// Another deploy or release to compare with. Otherwise all other traffic, or the time before.
    #[arg(long, value_name = "ID")]
    pub(crate) baseline: Option<String>,
    /// How long the change is observed: 1m to 1d.
    #[arg(long = "for", value_name = "SPAN", default_value = "10m")]
    pub(crate) watched: settings::Span,
    /// Checks once instead of waiting until that time has passed.
    #[arg(long)]
    pub(crate) once: bool,
    #[command(flatten)]
    pub(crate) api: super::Api,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("period").required(true).args(["week", "month"])))]
pub(crate) struct Report {
    /// Configured app.
    #[arg(long)]
    pub(crate) app: String,
    /// The last 7 days.
    #[arg(long)]
    pub(crate) week: bool,
    /// The last 30 days.
    #[arg(long)]
    pub(crate) month: bool,
    #[command(flatten)]
    pub(crate) api: super::Api,
    /// Output format.
    #[arg(long, value_enum, default_value = "markdown")]
    pub(crate) format: ReportStyle,
    /// Sends it through the `[[alert.email]]` of this configuration instead of printing it.
    #[arg(long, value_name = "FILE")]
    pub(crate) mail: Option<std::path::PathBuf>,
}

/// How a report of a week or a month is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ReportStyle {
    /// For people.
    Markdown,
    /// For machines.
    Json,
    /// A page of its own.
    Html,
}

/// Arguments of `deploy`.
#[derive(Debug, Args)]
pub(crate) struct Deploy {
    /// Configured app whose traffic it may change.
    #[arg(long)]
    pub(crate) app: String,
    /// Identity within the app, such as the pipeline's number; random where left out.
    #[arg(long, default_value = "")]
    pub(crate) id: String,
    /// Service that is deployed.
    #[arg(long, default_value = "")]
    pub(crate) service: String,
    /// Which version it brings; the release that its pages state, where it is one of pages.
    #[arg(long, default_value = "")]
    pub(crate) version: String,
    /// Where it is deployed to, as pages state it.
    #[arg(long, default_value = "")]
    pub(crate) environment: String,
    /// deploy, config or rollback.
    #[arg(long, default_value = "deploy")]
    pub(crate) kind: String,
    /// Identity of the deploy that it takes back.
    #[arg(long, default_value = "")]
    pub(crate) reverts: String,
    /// It changes CORS configuration.
    #[arg(long)]
    pub(crate) touches_cors: bool,
    /// Who made it; the name of the token where left out.
    #[arg(long, default_value = "")]
    pub(crate) author: String,
    /// What it is, for people.
    #[arg(long, default_value = "")]
    pub(crate) note: String,
    /// Address of a page about it, such as that of the pipeline's run.
    #[arg(long, value_name = "URL", default_value = "")]
    pub(crate) link: String,
    #[command(flatten)]
    pub(crate) api: super::Api,
}
