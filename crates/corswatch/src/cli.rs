//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use loader::ReplayFrom;
use observation::{Position, UnixMillis};

use crate::operations::When;

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
    Loader(Loader),
    /// Runs the aggregator: compaction, SLOs, alerts.
    Aggregator(Role),
    /// Runs the prober: replays failures and names the rule that broke.
    Prober(Role),
    /// Runs the private side: API, metrics, health, web UI.
    Dashboard(Role),
    /// Lists records that could not be stored, puts them into the journal again, or gives them up.
    DeadLetters(DeadLetters),
    /// Recounts raw rows and compares them with rollups and ledger; repairs from the journal.
    Verify(Verify),
    /// Says what a browser makes of CORS exchanges: which rule broke, in which response, and the fix.
    Explain(Explain),
    /// Holds a live server against contracts: requests as browsers make them, and what must come of
    /// them. Exit code 0 where all are kept, 1 where one is not, 2 where something cannot be read.
    Check(Check),
    /// Looks at servers from outside for what is wrong with their CORS policy. Exit codes as of
    /// `check`.
    Audit(Audit),
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
    /// Reads the journal again from there, as `corswatch loader --replay-from` does.
    #[arg(long, value_name = "TIME|start")]
    pub(crate) replay_from: Option<Replay>,
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

/// Arguments of `loader`.
#[derive(Debug, Args)]
pub(crate) struct Loader {
    #[command(flatten)]
    pub(crate) role: Role,
    /// Reads and writes again what the store says it holds, from that time on (an RFC 3339 time, or
    /// how long ago), or from the start of the journal: after a restore of a backup whose tables do
    /// not agree. Nothing is counted twice. It holds for every partition that the process gets, so
    /// start it without this once it has caught up.
    #[arg(long, value_name = "TIME|start")]
    pub(crate) replay_from: Option<Replay>,
}

/// Where a replay begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replay {
    Start,
    At(When),
}

impl Replay {
    pub(crate) fn from(self, now: UnixMillis) -> ReplayFrom {
        match self {
            Self::Start => ReplayFrom::Start,
            Self::At(when) => ReplayFrom::Time(when.before(now)),
        }
    }
}

impl FromStr for Replay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "start" => Ok(Self::Start),
            text => text.parse().map(Self::At),
        }
    }
}

/// Arguments of `dead-letters`.
#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    /// Configuration file; everything has a default.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Directory of an embedded store, whose `corswatch up` is stopped.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: DeadLettersCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// Shows those that nobody has dealt with.
    List(ListDeadLetters),
    /// Appends their records to the journal again: once the cause is gone (a newer build, a column
    /// that was repaired). What is stored already is recognised.
    Replay(Selection),
    /// Gives them up: they are listed no longer.
    Drop(Selection),
}

#[derive(Debug, Args)]
pub(crate) struct ListDeadLetters {
    /// Only those of this reason.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

/// Which dead letters are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Selection {
    /// Those of this reason.
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// The one at this position, as it is listed.
    #[arg(long, value_name = "EPOCH/PARTITION/OFFSET")]
    pub(crate) at: Option<Place>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
}

/// A position as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) Position);

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = || {
            let mut numbers = text.split('/');
            let place = Position {
                epoch: numbers.next()?.parse().ok()?,
                partition: numbers.next()?.parse().ok()?,
                offset: numbers.next()?.parse().ok()?,
            };
            numbers.next().is_none().then_some(Self(place))
        };
        place().ok_or_else(|| "expected EPOCH/PARTITION/OFFSET, such as 1/0/4711".to_owned())
    }
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Configuration file; everything has a default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory of an embedded store, whose `corswatch up` is stopped.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// From this time on: an RFC 3339 time, or how long ago.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(crate) from: When,
    /// To before the minute of this time. Recent minutes still change.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) to: When,
    /// Writes what differs again from the journal.
    #[arg(long)]
    pub(crate) repair: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Reads one exchange a line (JSON) and writes one verdict a line: what it does by itself.
    #[arg(long, group = "input")]
    pub(crate) jsonl: bool,
    /// Reads a HAR file that a browser's DevTools exported.
    #[arg(long, group = "input")]
    pub(crate) har: bool,
    /// Reads what `curl -i`, `curl -iL` or `curl -v` printed: the preflight first where the request
    /// needs one. The other options say what the page asked.
    #[arg(long, group = "input", requires_all = ["origin", "url"])]
    pub(crate) dump: bool,
    /// Origin of the page (with --dump).
    #[arg(long, requires = "dump")]
    pub(crate) origin: Option<String>,
    /// What the page asked for (with --dump).
    #[arg(long, requires = "dump")]
    pub(crate) url: Option<String>,
    /// Method of the request (with --dump).
    #[arg(long, requires = "dump", default_value = "GET")]
    pub(crate) method: String,
    /// A header that the page set, as `NAME: VALUE` (with --dump); can be repeated.
    #[arg(long = "header", short = 'H', requires = "dump", value_name = "HEADER")]
    pub(crate) headers: Vec<String>,
    /// Credentials mode of the request: omit, same-origin or include (with --dump).
    #[arg(long, requires = "dump", value_parser = credentials, default_value = "same-origin")]
    pub(crate) credentials: cors::Credentials,
    /// How the answer is written; by itself JSON for --jsonl and text for the others.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Also prints the configuration that mends each blocked request: nginx, envoy, apache, caddy,
    /// haproxy, express, spring, fastapi, tower-http, aws-api-gateway, cloudfront,
    /// cloudflare-workers, ingress-nginx or gateway-api.
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    pub(crate) fix_for: Option<cors::fix::Platform>,
    /// The file; standard input where left out.
    pub(crate) file: Option<PathBuf>,
}

fn credentials(text: &str) -> Result<cors::Credentials, String> {
    cors::Credentials::parse(text).ok_or_else(|| "there are: omit, same-origin, include".to_owned())
}

fn platform(text: &str) -> Result<cors::fix::Platform, String> {
    let all = cors::fix::Platform::ALL;
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
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<url::Url>,
    /// What `${NAME}` in a contract stands for; the environment is asked for all others.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) vars: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) telling: Telling,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// URLs to look at.
    #[arg(value_name = "URL", required_unless_present_any = ["targets", "edge"])]
    pub(crate) urls: Vec<url::Url>,
    /// A file of URLs, one a line; findings then point to its lines.
    #[arg(long, value_name = "FILE")]
    pub(crate) targets: Option<PathBuf>,
    /// Origin of a page that is meant to read the responses; can be repeated. Without any, only what
    /// strangers get is judged.
    #[arg(long = "page-origin", value_name = "ORIGIN", value_parser = page_origin)]
    pub(crate) page_origins: Vec<cors::Origin>,
    /// Response header that those pages read; can be repeated.
    #[arg(long = "reads", value_name = "HEADER")]
    pub(crate) reads: Vec<String>,
    /// Compares this URL at the edge (CDN, gateway) with the same behind it, header by header.
    #[arg(long, value_name = "URL", requires_all = ["origin", "page_origins"])]
    pub(crate) edge: Option<url::Url>,
    /// The URL behind the edge.
    #[arg(long, value_name = "URL", requires = "edge")]
    pub(crate) origin: Option<url::Url>,
    /// A file of findings to live with, each with a reason and a last day.
    #[arg(long, value_name = "FILE")]
    pub(crate) suppress: Option<PathBuf>,
    /// A URL fails with a finding this bad: note, warning or error.
    #[arg(long, value_name = "LEVEL", value_parser = level, default_value = "warning")]
    pub(crate) fail_on: findings::Level,
    #[command(flatten)]
    pub(crate) asking: Asking,
    #[command(flatten)]
    pub(crate) telling: Telling,
}

fn page_origin(text: &str) -> Result<cors::Origin, String> {
    cors::Origin::parse(text).ok_or_else(|| "not an origin such as https://app.example".to_owned())
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
    /// How many requests are under way at a time.
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
}

/// How results are told.
#[derive(Debug, Args)]
pub(crate) struct Telling {
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

    #[test]
    fn positions_and_replays_are_read_as_they_are_written() {
        let place = "1/0/4711".parse::<Place>().map(|place| place.0.offset);
        assert_eq!(place, Ok(4711));
        for wrong in ["1/0", "1/0/4711/2", "a/b/c", ""] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
        assert_eq!("start".parse(), Ok(Replay::Start));
        assert!("soon".parse::<Replay>().is_err());
    }
}
