//! Which rows a query is of: filter, window and tiers, as conditions with server-side parameters.

use observation::{Standing, UnixMillis};

use crate::client::Statement;
use crate::compaction::Compactions;
use crate::rollup::{Grain, Tier};
use crate::rows::dimensions::names;
use crate::{LabTraffic, Reports, SliFilter};

const UNDISPUTED: Standing = Standing::Undisputed;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// The last second that a `DateTime` column can hold, at the start of a minute.
const END_OF_TIME: i64 = (u32::MAX as i64 / MINUTE) * MINUTE;

/// A table, its column of the time, and which rows of it are meant.
type Table = (&'static str, &'static str, String);

/// What SLIs are counted by.
const COUNTED_BY: [&str; 6] = [
    "kind",
    "outcome",
    "stage",
    "status",
    "credentialed",
    "preflighted",
];

/// A filter and a window in whole minutes.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    filter: &'a SliFilter,
    /// Apps that are meant instead of the filter's own; each of their rows names its app.
    apps: Option<&'a [String]>,
    from: i64,
    to: i64,
}

impl<'a> Scope<'a> {
    pub(super) fn new(filter: &'a SliFilter, from: UnixMillis, to: UnixMillis) -> Self {
        let from = from.minute().seconds().clamp(0, END_OF_TIME);
        // Up to the end of the minute that holds the last instant before `to`.
        let to = to.plus(59_999).minute().seconds().clamp(from, END_OF_TIME);
        Self {
            filter,
            apps: None,
            from,
            to,
        }
    }

    /// The same of several apps.
    pub(super) fn of_apps(
        filter: &'a SliFilter,
        apps: &'a [String],
        span: (UnixMillis, UnixMillis),
    ) -> Self {
        Self {
            apps: Some(apps),
            ..Self::new(filter, span.0, span.1)
        }
    }

    /// The whole hours, or days, of the window: multiples of `length`; empty at its start where there is none.
    fn whole(&self, length: i64) -> (i64, i64) {
        let first = (self.from + length - 1) / length * length;
        let end = self.to / length * length;
        if first < end {
            (first, end)
        } else {
            (self.from, self.from)
        }
    }

    /// Conditions on what was observed, whichever table.
    fn filters(&self) -> String {
        let app = match self.apps {
            Some(_) => "app IN {apps:Array(String)}",
            None => "app = {app:String}",
        };
        let mut text = format!("{app} AND source = {{source:String}}");
        for (column, _) in self.filter.limits() {
            text.push_str(&format!(" AND {column} = {{{column}:String}}"));
        }
        if self.filter.flow.is_some() {
            text.push_str(&format!(" AND {IN_FLOW}"));
        }
        if self.filter.lab == LabTraffic::Excluded {
            text.push_str(" AND NOT lab");
        }
        match self.filter.reports {
            Reports::Undisputed => text.push_str(&format!(" AND standing = '{UNDISPUTED}'")),
            Reports::Disputed => text.push_str(&format!(" AND standing != '{UNDISPUTED}'")),
            Reports::All => {}
        }
        text
    }

    pub(super) fn raw_condition(&self) -> String {
        format!("{} AND {}", self.filters(), within("minute", "from", "to"))
    }

    /// The whole hours of the window, and the minutes around them.
    pub(super) fn hours_and_edges(&self) -> (String, String) {
        let filters = self.filters();
        (
            format!("{filters} AND {}", within("hour", "first_hour", "end_hour")),
            format!("{filters} AND {}", around("minute", HOURS, WINDOW)),
        )
    }

    /// A subquery of the raw rows, each once.
    pub(super) fn raw_rows(&self) -> String {
        let dimensions = names();
        format!(
            "(SELECT {dimensions}, minute, {MEASURES} FROM observations FINAL WHERE {})",
            self.raw_condition()
        )
    }

    /// A subquery of rollup rows that cover the window exactly once, with the columns that are `asked` for, those
    /// that SLIs are counted by, and the time. Whole days (hours) of compacted spans come from the days (hours),
    /// their edges from what is finer, and what is not compacted yet from the parts; nothing that is longer than
    /// `longest`.
    pub(super) fn rollup_rows(&self, longest: Tier, asked: &[&str]) -> String {
        let limits = self.filter.limits();
        let limits = limits.iter().map(|(column, _)| *column);
        let of_flow = self.filter.flow.iter().flat_map(|_| ["endpoint", "method"]);
        let columns = limits.chain(of_flow).chain(asked.iter().copied()).collect();
        let grain = Grain::narrowest(&columns);
        // Each column costs time in each table, for questions of an hour more than its rows do.
        let is_read = |name: &&str| COUNTED_BY.contains(name) || asked.contains(name);
        let read = grain.dimensions().into_iter().filter(is_read).collect();
        self.rows_of((grain, read), longest)
    }

    /// The same of failures alone, with every dimension.
    pub(super) fn failure_rows(&self) -> String {
        let grain = Grain::Failures;
        self.rows_of((grain, grain.dimensions()), Tier::Hours)
    }

    fn rows_of(&self, (grain, read): (Grain, Vec<&str>), longest: Tier) -> String {
        let longest = longest.min(grain.longest());
        let longest = if longest == Tier::Days && !self.has_days() {
            Tier::Hours
        } else {
            longest
        };
        let mut tables = Self::open_tables(grain, longest);
        tables.extend(Self::compacted_tables(grain, longest));
        let rows = tables
            .iter()
            .map(|table| self.sums((grain, &read), table))
            .collect::<Vec<_>>();
        format!("({})", rows.join(" UNION ALL "))
    }

    /// Tables of spans that are not compacted: of single chunks where these are, else of parts.
    fn open_tables(grain: Grain, longest: Tier) -> Vec<Table> {
        let parts = |which: String| ("sli_parts", "minute", which);
        let window = within("minute", "from", "to");
        let Some(chunks) = grain.open_table(longest) else {
            return vec![parts(format!("{window} AND {}", Compactions::is_open()))];
        };
        let latest = parts(format!("{window} AND {}", Compactions::is_part()));
        let is_chunk = Compactions::is_chunk();
        if longest == Tier::Minutes {
            return vec![
                latest,
                (chunks, "minute", format!("{window} AND {is_chunk}")),
            ];
        }
        let whole = within("hour", "first_hour", "end_hour");
        let edges = around("minute", HOURS, WINDOW);
        vec![
            latest,
            parts(format!("{edges} AND {is_chunk}")),
            (chunks, "hour", format!("{whole} AND {is_chunk}")),
        ]
    }

    fn compacted_tables(grain: Grain, longest: Tier) -> Vec<Table> {
        let compacted = Compactions::first_open_span();
        let table = |tier: Tier, window: String| {
            let which = format!("{window} AND span < {compacted}");
            (grain.table(tier), tier.column(), which)
        };
        let minutes = |window: String| table(Tier::Minutes, window);
        match longest {
            Tier::Minutes => vec![minutes(within("minute", "from", "to"))],
            Tier::Hours => vec![
                minutes(around("minute", HOURS, WINDOW)),
                table(Tier::Hours, within("hour", "first_hour", "end_hour")),
            ],
            Tier::Days => vec![
                minutes(around("minute", HOURS, WINDOW)),
                table(Tier::Hours, around("hour", DAYS, HOURS)),
                table(Tier::Days, within("day", "first_day", "end_day")),
            ],
        }
    }

    fn sums(&self, (grain, read): (Grain, &[&str]), (table, column, which): &Table) -> String {
        format!(
            "SELECT {read}, {column} AS minute, {MEASURES} FROM {table} FINAL \
             WHERE {filters} AND {condition} AND {which}",
            read = self
                .apps
                .map(|_| "app")
                .iter()
                .chain(read)
                .copied()
                .collect::<Vec<_>>()
                .join(", "),
            filters = self.filters(),
            condition = grain.condition(),
        )
    }

    fn has_days(&self) -> bool {
        let (first, end) = self.whole(DAY);
        first < end
    }

    pub(super) fn bind(&self, statement: Statement) -> Statement {
        let filter = self.filter;
        let (first_hour, end_hour) = self.whole(HOUR);
        let (first_day, end_day) = self.whole(DAY);
        let statement = statement
            .param("app", filter.app.as_str())
            .param("source", filter.source.as_str())
            .param("from", self.from)
            .param("to", self.to)
            .param("first_hour", first_hour)
            .param("end_hour", end_hour)
            .param("first_day", first_day)
            .param("end_day", end_day);
        let statement = match self.apps {
            Some(apps) => statement.param("apps", apps.to_vec()),
            None => statement,
        };
        let statement = match &filter.flow {
            Some(flow) => statement.param("flow", flow.texts()),
            None => statement,
        };
        let limits = filter.limits().into_iter();
        limits.fold(statement, |statement, (column, value)| {
            statement.param(column, value)
        })
    }
}

/// Whether a row is of a call of the flow.
const IN_FLOW: &str = "(has({flow:Array(String)}, toString(endpoint)) \
    OR has({flow:Array(String)}, concat(toString(method), ' ', toString(endpoint))))";

/// What queries sum.
const MEASURES: &str = "toUInt64(count) AS n, \
    `latency.bucket` AS latency_buckets, \
    CAST(`latency.count`, 'Array(UInt64)') AS latency_counts, \
    `preflight_latency.bucket` AS preflight_buckets, \
    CAST(`preflight_latency.count`, 'Array(UInt64)') AS preflight_counts";

/// Names of the parameters that bound the window, its whole hours and its whole days.
const WINDOW: [&str; 2] = ["from", "to"];
const HOURS: [&str; 2] = ["first_hour", "end_hour"];
const DAYS: [&str; 2] = ["first_day", "end_day"];

/// In the outer bounds, but not in the inner ones.
fn around(column: &str, [first, end]: [&str; 2], [from, to]: [&str; 2]) -> String {
    format!(
        "({} OR {})",
        within(column, from, first),
        within(column, end, to)
    )
}

fn within(column: &str, from: &str, to: &str) -> String {
    format!(
        "{column} >= toDateTime({{{from}:Int64}}, 'UTC') \
         AND {column} < toDateTime({{{to}:Int64}}, 'UTC')"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: i64, to: i64, window: (i64, i64), hours: (i64, i64)) {
        let filter = SliFilter::app("shop");
        let scope = Scope::new(
            &filter,
            UnixMillis(from * 1000 + 1),
            UnixMillis(to * 1000 - 1),
        );
        assert_eq!((scope.from, scope.to), window, "{from}..{to}");
        assert_eq!(scope.whole(HOUR), hours, "{from}..{to}");
    }

    #[test]
    fn a_window_is_widened_to_whole_minutes_and_its_whole_hours_are_found() {
        check(0, 60, (0, 60), (0, 0));
        check(61, 7199, (60, 7200), (3600, 7200));
        check(3600, 10_800, (3600, 10_800), (3600, 10_800));
        check(3660, 7140, (3660, 7140), (3660, 3660));
        check(-90, 30, (0, 60), (0, 0));
    }

    #[test]
    fn days_are_asked_only_where_the_window_has_a_whole_one() {
        let filter = SliFilter::app("shop");
        for (from, to, days) in [
            (HOUR, DAY, None),
            (0, DAY, Some((0, DAY))),
            (DAY - 60, 3 * DAY + 60, Some((DAY, 3 * DAY))),
        ] {
            let scope = Scope::new(&filter, UnixMillis(from * 1000), UnixMillis(to * 1000));
            assert_eq!(scope.has_days(), days.is_some(), "{from}..{to}");
            if let Some(days) = days {
                assert_eq!(scope.whole(DAY), days, "{from}..{to}");
            }
            let sql = scope.rollup_rows(Tier::Days, &["endpoint"]);
            assert_eq!(sql.contains("target_days"), days.is_some(), "{sql}");
        }
    }
}
