//! The rollups of compacted spans: by which dimensions each keeps its sums, and for which length of time.

use std::collections::BTreeSet;

use crate::rows::dimensions::NAMES;

/// Failures as rollups hold them: readable responses are no failures of CORS, and what the page took back is
/// none at all. A preflight is judged by its status.
pub(crate) const FAILED: &str = "(outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline') \
    OR (kind = 'preflight' AND status >= 400))";

/// By which dimensions a rollup tells sums apart, narrowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// What SLIs are counted by.
    Totals,
    /// Who was asked, and how it ended.
    Targets,
    /// Who asked.
    Clients,
    /// Every dimension.
    Full,
    /// Every dimension, of failures alone.
    Failures,
}

/// How long the time is that one sum is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Minutes,
    Hours,
    Days,
}

/// In every grain: what SLIs are counted by, and what every question may be limited to.
const JUDGED: [&str; 10] = [
    "environment",
    "outcome",
    "stage",
    "status",
    "source",
    "kind",
    "credentialed",
    "preflighted",
    "lab",
    "standing",
];
const OF_TARGETS: [&str; 6] = [
    "service",
    "target_origin",
    "endpoint",
    "method",
    "cause",
    "parameter",
];
const OF_CLIENTS: [&str; 5] = [
    "page_origin",
    "release",
    "browser_family",
    "browser_major",
    "context",
];

impl Grain {
    /// The narrowest grain that has all `columns`.
    pub(crate) fn narrowest(columns: &BTreeSet<&str>) -> Self {
        let grains = [Self::Totals, Self::Targets, Self::Clients];
        let has_all = |grain: &Self| {
            let own = grain.dimensions();
            columns.iter().all(|column| own.contains(column))
        };
        grains.into_iter().find(has_all).unwrap_or(Self::Full)
    }

    /// Its dimensions, in the order of the columns.
    pub(crate) fn dimensions(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::Totals => &[],
            Self::Targets => &OF_TARGETS,
            Self::Clients => &OF_CLIENTS,
            Self::Full | Self::Failures => return NAMES.to_vec(),
        };
        let has = |name: &&str| JUDGED.contains(name) || own.contains(name);
        NAMES.iter().copied().filter(has).collect()
    }

    /// The table with its sums of `tier`: where it has none of its own, one that has all its dimensions.
    pub(crate) const fn table(self, tier: Tier) -> &'static str {
        match (self, tier) {
            (Self::Totals, Tier::Minutes) => "total_minutes",
            (_, Tier::Minutes) => "sli_minutes",
            (Self::Totals, Tier::Hours | Tier::Days) => "total_hours",
            (Self::Targets, Tier::Hours) => "target_hours",
            (Self::Targets, Tier::Days) => "target_days",
            (Self::Clients, Tier::Hours) => "client_hours",
            (Self::Clients, Tier::Days) => "client_days",
            (Self::Full, Tier::Hours) => "sli_hours",
            (Self::Full, Tier::Days) => "sli_days",
            (Self::Failures, Tier::Hours | Tier::Days) => "failure_hours",
        }
    }

    /// The table with its sums of single chunks; none where parts have to stand in.
    pub(crate) const fn open_table(self, tier: Tier) -> Option<&'static str> {
        match (self, tier) {
            (Self::Totals, Tier::Minutes) => Some("open_total_minutes"),
            (Self::Totals, _) => Some("open_total_hours"),
            (Self::Targets, Tier::Hours | Tier::Days) => Some("open_target_hours"),
            (Self::Clients, Tier::Hours | Tier::Days) => Some("open_client_hours"),
            (Self::Failures, Tier::Hours | Tier::Days) => Some("open_failure_hours"),
            (Self::Full, _) | (_, Tier::Minutes) => None,
        }
    }

    /// The longest time that a sum of it is of.
    pub(crate) const fn longest(self) -> Tier {
        match self {
            // A day of them is no more than some hundred rows, and failures are few; their hours are exact.
            Self::Totals | Self::Failures => Tier::Hours,
            Self::Targets | Self::Clients | Self::Full => Tier::Days,
        }
    }

    /// What else has to hold of the rows of other tables that stand in for its own.
    pub(crate) const fn condition(self) -> &'static str {
        match self {
            Self::Failures => FAILED,
            Self::Totals | Self::Targets | Self::Clients | Self::Full => "1",
        }
    }
}

impl Tier {
    /// The column of the time.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Minutes => "minute",
            Self::Hours => "hour",
            Self::Days => "day",
        }
    }

    /// The start of that time, where `time` lies in it.
    fn start_of(self, time: &str) -> String {
        match self {
            Self::Minutes => time.to_owned(),
            Self::Hours => format!("toStartOfHour({time})"),
            Self::Days => format!("toStartOfDay({time})"),
        }
    }
}

/// One table of sums, and the table that a span's rows of it are made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rollup {
    pub(crate) grain: Grain,
    pub(crate) tier: Tier,
    from: From,
}

/// Where the sums of a span come from.
#[derive(Debug, Clone, Copy)]
enum From {
    Parts,
    Rollup(Grain, Tier),
}

const fn rollup(grain: Grain, tier: Tier, from: From) -> Rollup {
    Rollup { grain, tier, from }
}

/// All of them, each after the one that it is made from.
pub(crate) const ROLLUPS: [Rollup; 10] = [
    rollup(Grain::Full, Tier::Minutes, From::Parts),
    rollup(Grain::Full, Tier::Hours, From::Parts),
    rollup(
        Grain::Full,
        Tier::Days,
        From::Rollup(Grain::Full, Tier::Hours),
    ),
    rollup(
        Grain::Totals,
        Tier::Minutes,
        From::Rollup(Grain::Full, Tier::Minutes),
    ),
    rollup(
        Grain::Totals,
        Tier::Hours,
        From::Rollup(Grain::Full, Tier::Hours),
    ),
    rollup(
        Grain::Targets,
        Tier::Hours,
        From::Rollup(Grain::Full, Tier::Hours),
    ),
    rollup(
        Grain::Targets,
        Tier::Days,
        From::Rollup(Grain::Targets, Tier::Hours),
    ),
    rollup(
        Grain::Clients,
        Tier::Hours,
        From::Rollup(Grain::Full, Tier::Hours),
    ),
    rollup(
        Grain::Clients,
        Tier::Days,
        From::Rollup(Grain::Clients, Tier::Hours),
    ),
    rollup(
        Grain::Failures,
        Tier::Hours,
        From::Rollup(Grain::Full, Tier::Hours),
    ),
];

/// The rollups of single chunks: their tables, grains and times.
pub(crate) const OPEN: [(&str, Grain, Tier); 5] = [
    ("open_total_minutes", Grain::Totals, Tier::Minutes),
    ("open_total_hours", Grain::Totals, Tier::Hours),
    ("open_target_hours", Grain::Targets, Tier::Hours),
    ("open_client_hours", Grain::Clients, Tier::Hours),
    ("open_failure_hours", Grain::Failures, Tier::Hours),
];

/// A table that sums are written to: a row of it is of one `run` of the log, a span or a chunk.
struct Target {
    table: &'static str,
    run: &'static str,
    grain: Grain,
    tier: Tier,
}

/// Writes the sums of one chunk to an open rollup.
pub(crate) fn sums_of_chunk(open: (&'static str, Grain, Tier)) -> String {
    Target::of_chunk(open).sums(From::Parts)
}

/// Rows of zero for the sums of one chunk of an open rollup that no part stands for.
pub(crate) fn zero_stale_of_chunk(open: (&'static str, Grain, Tier)) -> String {
    Target::of_chunk(open).zero_stale()
}

impl Rollup {
    pub(crate) const fn table(self) -> &'static str {
        self.grain.table(self.tier)
    }

    /// Writes the sums of a span.
    pub(crate) fn sums_of_span(self) -> String {
        self.target().sums(self.from)
    }

    /// Rows of zero for the sums of a span that no part stands for.
    pub(crate) fn zero_stale(self) -> String {
        self.target().zero_stale()
    }

    const fn target(self) -> Target {
        Target {
            table: self.table(),
            run: "span",
            grain: self.grain,
            tier: self.tier,
        }
    }
}

impl Target {
    const fn of_chunk((table, grain, tier): (&'static str, Grain, Tier)) -> Self {
        Self {
            table,
            run: "chunk",
            grain,
            tier,
        }
    }

    /// Writes the sums of the run. `first_minute` and `last_minute` make its rows cheap to find, since sorting
    /// keys start with the time.
    fn sums(&self, from: From) -> String {
        let dimensions = self.grain.dimensions().join(", ");
        let column = self.tier.column();
        let (source, source_column, own) = match from {
            From::Parts => (
                "sli_parts",
                "minute",
                "chunk >= {first_chunk:UInt64} AND chunk < {end_chunk:UInt64}",
            ),
            From::Rollup(grain, tier) => (
                grain.table(tier),
                tier.column(),
                "span = {span:UInt64} AND count > 0",
            ),
        };
        let bound =
            |name: &str| tier_of(from).start_of(&format!("toDateTime({{{name}:UInt32}}, 'UTC')"));
        format!(
            "INSERT INTO {table} (app, {column}, epoch, partition, {run}, {dimensions}, version, count, \
                `latency.bucket`, `latency.count`, \
                `preflight_latency.bucket`, `preflight_latency.count`) \
             SELECT app, {time} AS time, {{epoch:UInt32}}, {{partition:UInt32}}, {{{run}:UInt64}}, \
                {dimensions}, {{version:UInt64}}, sum(count), \
                sumMap(`latency.bucket`, `latency.count`).1, \
                sumMap(`latency.bucket`, `latency.count`).2, \
                sumMap(`preflight_latency.bucket`, `preflight_latency.count`).1, \
                sumMap(`preflight_latency.bucket`, `preflight_latency.count`).2 \
             FROM {source} FINAL \
             WHERE epoch = {{epoch:UInt32}} AND partition = {{partition:UInt32}} AND {own} \
               AND {source_column} >= {first} AND {source_column} <= {last} AND {condition} \
             GROUP BY app, time, {dimensions}",
            table = self.table,
            run = self.run,
            time = self.tier.start_of(source_column),
            first = bound("first_minute"),
            last = bound("last_minute"),
            condition = self.grain.condition(),
        )
    }

    /// Rows of zero for the sums of the run that no part stands for.
    fn zero_stale(&self) -> String {
        let dimensions = self.grain.dimensions().join(", ");
        let (table, column, run) = (self.table, self.tier.column(), self.run);
        format!(
            "INSERT INTO {table} (app, {column}, epoch, partition, {run}, {dimensions}, version, count) \
             SELECT app, {column}, epoch, partition, {run}, {dimensions}, {{version:UInt64}}, 0 \
             FROM {table} FINAL \
             WHERE epoch = {{epoch:UInt32}} AND partition = {{partition:UInt32}} \
               AND {run} = {{{run}:UInt64}} AND count > 0 \
               AND (app, {column}, {dimensions}) NOT IN \
                 (SELECT app, {time}, {dimensions} FROM sli_parts FINAL \
                  WHERE epoch = {{epoch:UInt32}} AND partition = {{partition:UInt32}} \
                    AND chunk >= {{first_chunk:UInt64}} AND chunk < {{end_chunk:UInt64}} \
                    AND {condition})",
            time = self.tier.start_of("minute"),
            condition = self.grain.condition(),
        )
    }
}

const fn tier_of(from: From) -> Tier {
    match from {
        From::Parts => Tier::Minutes,
        From::Rollup(_, tier) => tier,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_by_the_narrowest_rollup_that_knows_what_it_asks() {
        for (columns, grain) in [
            (&[][..], Grain::Totals),
            (&["environment", "outcome"], Grain::Totals),
            (&["endpoint", "environment"], Grain::Targets),
            (&["release", "browser_family"], Grain::Clients),
            (&["endpoint", "release"], Grain::Full),
            (&["confidence"], Grain::Full),
        ] {
            let asked: BTreeSet<_> = columns.iter().copied().collect();
            assert_eq!(Grain::narrowest(&asked), grain, "{columns:?}");
        }
    }

    #[test]
    fn every_rollup_is_made_from_one_that_was_made_before_and_knows_its_dimensions() {
        for (at, rollup) in ROLLUPS.iter().enumerate() {
            let From::Rollup(grain, tier) = rollup.from else {
                continue;
            };
            let source = grain.dimensions();
            let own = rollup.grain.dimensions();
            assert!(own.iter().all(|name| source.contains(name)), "{rollup:?}");
            assert!(tier <= rollup.tier, "{rollup:?}");
            let before = &ROLLUPS[..at];
            let made = before.iter().any(|one| one.table() == grain.table(tier));
            assert!(made, "{rollup:?}");
        }
    }
}
