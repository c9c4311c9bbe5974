//! Arguments of what judges exchanges and servers.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::words::{FormChoice, form, page_origin, web_url};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Reads one exchange a line (JSON) and writes one verdict a line: the default.
    #[arg(long, group = "input")]
    pub(crate) jsonl: bool,
    /// Reads a HAR file, as DevTools of any browser, test tools and proxies export it.
    #[arg(long, group = "input")]
    pub(crate) har: bool,
    /// Reads what `curl -i`, `-v` or `-L`, HTTPie, `wget -S` or Invoke-WebRequest printed, or a command
    /// that DevTools copied as cURL. The other options say what the page asked where the dump does not:
    /// they go before it.
    #[arg(long, group = "input")]
    pub(crate) dump: bool,
    /// Origin of the page (with --dump).
    #[arg(long, requires = "dump")]
    pub(crate) origin: Option<String>,
    /// What the page asked for (with --dump).
    #[arg(long, requires = "dump")]
    pub(crate) url: Option<String>,
    /// Method of the request (with --dump).
    #[arg(long, requires = "dump")]
    pub(crate) method: Option<String>,
    /// A header that the page set, as `NAME: VALUE` (with --dump); can be repeated.
    #[arg(long = "header", short = 'H', requires = "dump", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// Credentials mode of the request: omit, same-origin or include (with --dump).
    #[arg(long, requires = "dump", value_parser = credentials)]
    pub(crate) credentials: Option<cors::Credentials>,
    /// Output format; by default JSON with --jsonl and text otherwise.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Also prints the configuration that fixes each blocked request: nginx, envoy, apache, caddy,
    /// haproxy, traefik, express, spring, fastapi, tower-http, aws-api-gateway, cloudfront,
    /// cloudflare-workers, ingress-nginx or gateway-api. Those without a test say so.
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    pub(crate) fix_for: Option<explain::fix::Platform>,
    /// The file; standard input by default.
    pub(crate) file: Option<PathBuf>,
}

fn credentials(text: &str) -> Result<cors::Credentials, String> {
    cors::Credentials::parse(text).ok_or_else(|| "there are: omit, same-origin, include".to_owned())
}

fn platform(text: &str) -> Result<explain::fix::Platform, String> {
    let all = explain::fix::Platform::ALL;
    all.iter()
        .copied()
        .find(|platform| platform.as_str() == text)
        .ok_or_else(|| {
            let names: Vec<_> = all.iter().map(|platform| platform.as_str()).collect();
            format!("there are: {}", names.join(", "))
        })
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

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Contracts, and directories with contracts (`*.toml`).
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,
    /// Asks this server instead of the one that the contracts name.
    #[arg(long, value_name = "URL", value_parser = web_url)]
    pub(crate) target: Option<url::Url>,
    /// Value of `${NAME}` in contracts; other names are read from the environment.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) vars: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// URLs to audit; with --policy every part of the policy by default.
    #[arg(value_name = "URL", required_unless_present_any = ["targets", "edge", "policy"], value_parser = web_url)]
    pub(crate) urls: Vec<url::Url>,
    /// A file of URLs, one a line; findings then point to its lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) targets: Option<PathBuf>,
    /// Origin of a page that is meant to read the responses; can be repeated. Without any, only the access
    /// of untrusted origins is judged.
    #[arg(long = "page-origin", value_name = "ORIGIN", value_parser = page_origin)]
    pub(crate) page_origins: Vec<cors::Origin>,
    /// Response header that those pages read; can be repeated.
    #[arg(long = "reads", value_name = "HEADER")]
    pub(crate) reads: Vec<String>,
    /// Audits a policy file instead of a server: corswatch's own form, nginx, Kubernetes Ingresses
    /// for ingress-nginx, or HTTPRoutes of Gateway API. Findings point to its lines. Without
    /// --page-origin the origins that it names are taken as the intended ones.
    #[arg(long, value_name = "FILE", conflicts_with = "edge")]
    pub(crate) policy: Option<PathBuf>,
    /// The form of the policy file: auto, or one of those of `simulate`.
    #[arg(long, requires = "policy", value_parser = form, default_value = "auto")]
    pub(crate) form: FormChoice,
    /// A directory outside of the policy's own that its `include` may read from; can be repeated.
    #[arg(long = "allow-include", requires = "policy", value_name = "DIR")]
    pub(crate) allow_includes: Vec<PathBuf>,
    /// The answer of servers behind the policy to preflights that are passed on to them: this status,
    /// without CORS headers. Otherwise their answers are unknown.
    #[arg(long, requires = "policy", value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    pub(crate) upstream_preflight: Option<u16>,
    /// Compares this URL at the edge (CDN, gateway) with the same behind it, header by header.
    #[arg(long, value_name = "URL", requires_all = ["origin", "page_origins"], value_parser = web_url)]
    pub(crate) edge: Option<url::Url>,
    /// The URL behind the edge.
    #[arg(long, value_name = "URL", requires = "edge", value_parser = web_url)]
    pub(crate) origin: Option<url::Url>,
    /// A file of suppressed findings, each with a reason and an expiry date.
    #[arg(long, value_name = "FILE")]
    pub(crate) suppress: Option<PathBuf>,
    /// A URL fails with a finding of this level or above: note, warning or error.
    #[arg(long, value_name = "LEVEL", value_parser = level, default_value = "warning")]
    pub(crate) fail_on: findings::Level,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) reporting: Reporting,
}

fn level(text: &str) -> Result<findings::Level, String> {
    findings::Level::parse(text).ok_or_else(|| "there are: note, warning, error".to_owned())
}

/// How servers are asked.
#[derive(Debug, Args)]
pub(crate) struct Asking {
    /// Also asks servers on this machine and in private networks.
    #[arg(long)]
    pub(crate) allow_private_networks: bool,
    /// Also follows redirects to this origin (`https://api.example`, `https://*.example.com`).
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    pub(crate) allow_origins: Vec<String>,
    /// How long a server may take for one answer.
    #[arg(long, value_name = "SPAN", default_value = "5s")]
    pub(crate) timeout: settings::Span,
    /// How many requests are in progress at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
}

/// How results are told.
#[derive(Debug, Args)]
pub(crate) struct Reporting {
    /// How the result is printed: text, json, junit, sarif or github.
    #[arg(long, value_parser = report_format, default_value = "text")]
    pub(crate) format: findings::Format,
    /// Also writes the result to a file, for example `sarif=cors.sarif`; can be repeated.
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = format_and_file)]
    pub(crate) reports: Vec<(findings::Format, PathBuf)>,
}

fn report_format(text: &str) -> Result<findings::Format, String> {
    findings::Format::parse(text).ok_or_else(|| {
        let names: Vec<_> = findings::Format::ALL.iter().map(|f| f.as_str()).collect();
        format!("there are: {}", names.join(", "))
    })
}

fn format_and_file(text: &str) -> Result<(findings::Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE")?;
    Ok((report_format(format)?, PathBuf::from(file)))
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
