//! Arguments of what is done to a running deployment.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use loader::ReplayFrom;
use observation::{DeadLetterReason, Position, UnixMillis};

use super::Role;
use crate::operations::When;

/// Arguments of `loader`.
#[derive(Debug, Args)]
pub(crate) struct Loader {
    #[command(flatten)]
    pub(crate) role: Role,
    /// Reprocesses the journal, also what the store already holds, from that time on (an RFC 3339 time, or
    /// how long ago), or from its start: after a restore of a backup whose tables are inconsistent. Nothing
    /// is counted twice. It applies to every partition that is assigned to the process, so start it without
    /// this option once it has caught up.
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

/// Arguments of `alert`.
#[derive(Debug, Args)]
pub(crate) struct Alerts {
    #[command(subcommand)]
    pub(crate) command: AlertCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// Sends a test and its end through routes, queues and receivers, labelled `corswatch_test="true"`, and
    /// prints what each receiver answered. Exit code 1 if a receiver rejected it or none was reached.
    Test(AlertTest),
}

/// Arguments of `alert test`.
#[derive(Debug, Args)]
pub(crate) struct AlertTest {
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A label of the test, by which it is routed: `owner=team-checkout`. May be repeated.
    #[arg(long, value_name = "LABEL=VALUE", value_parser = label)]
    pub(crate) route: Vec<(String, String)>,
    /// Only to this receiver, regardless of the routes.
    #[arg(long, value_name = "NAME")]
    pub(crate) receiver: Option<String>,
    /// Seconds after which an unreachable receiver is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=900))]
    pub(crate) timeout: u32,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write a label and its value: owner=team-checkout")?;
    Ok((name.to_owned(), value.to_owned()))
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
    /// Lists the unresolved ones.
    List(ListDeadLetters),
    /// Appends their records to the journal again: once the cause is gone (a newer build, a column that was
    /// repaired). Records that are stored already are not counted twice. Exit code 1 if none was replayed.
    Replay(Selection),
    /// Discards them: they are no longer listed. Exit code 1 if none was dropped.
    Drop(Selection),
}

#[derive(Debug, Args)]
pub(crate) struct ListDeadLetters {
    /// Only those of this reason.
    #[arg(long, value_parser = reason)]
    pub(crate) reason: Option<DeadLetterReason>,
    /// Maximum number.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

/// Which dead letters are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Selection {
    /// Those of this reason.
    #[arg(long, value_parser = reason)]
    pub(crate) reason: Option<DeadLetterReason>,
    /// The one at this position, as it is listed.
    #[arg(long, value_name = "EPOCH/PARTITION/OFFSET")]
    pub(crate) at: Option<RecordPosition>,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
}

fn reason(text: &str) -> Result<DeadLetterReason, String> {
    DeadLetterReason::parse(text).ok_or_else(|| {
        let words = DeadLetterReason::ALL.map(DeadLetterReason::as_str);
        format!("there are: {}", words.join(", "))
    })
}

/// A position as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RecordPosition(pub(crate) Position);

impl FromStr for RecordPosition {
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

/// Arguments of `demo-data`.
#[derive(Debug, Args)]
pub(crate) struct DemoData {
    /// Configuration file; everything has a default. Of its store settings only the chunk size is used.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory to fill; created if it is missing.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub(crate) data: PathBuf,
    /// How many days.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=390))]
    pub(crate) days: u32,
    /// How many raw rows.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=2_000_000_000))]
    pub(crate) rows: u64,
    /// Seed of the generator.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// When it ends: an RFC 3339 time, or how long ago; now by default.
    #[arg(long, value_name = "TIME")]
    pub(crate) end: Option<When>,
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
    /// Until the minute of this time, exclusive. Recent minutes still change.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) to: When,
    /// Writes what differs again from the journal.
    #[arg(long)]
    pub(crate) repair: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_there_is_not_is_refused_with_those_that_there_are() {
        assert_eq!(reason("malformed"), Ok(DeadLetterReason::Malformed));
        let refused = reason("nonsense").expect_err("no reason");
        let all = "empty, newer_version, older_version, malformed, refused_by_store";
        assert!(refused.ends_with(all), "{refused}");
    }

    #[test]
    fn positions_and_replays_are_read_as_they_are_written() {
        let place = "1/0/4711"
            .parse::<RecordPosition>()
            .map(|place| place.0.offset);
        assert_eq!(place, Ok(4711));
        for wrong in ["1/0", "1/0/4711/2", "a/b/c", ""] {
            assert!(wrong.parse::<RecordPosition>().is_err(), "{wrong}");
        }
        assert_eq!("start".parse(), Ok(Replay::Start));
        assert!("soon".parse::<Replay>().is_err());
    }
}
