//! Which rows a query is of: filter, window and tiers, as conditions with server-side parameters.

use observation::{Standing, UnixMillis};

use crate::client::Statement;
use crate::compaction::Compactions;
use crate::rows::dimensions::names;
use crate::{LabTraffic, Reports, SliFilter};

const UNDISPUTED: Standing = Standing::Undisputed;
const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
/// The last second that a `DateTime` column can hold, at the start of a minute.
const END_OF_TIME: i64 = (u32::MAX as i64 / MINUTE) * MINUTE;

/// Which rollups may answer: by hour only where nobody asks for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tiers {
    All,
    Minutes,
}

/// A filter and a window in whole minutes.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    filter: &'a SliFilter,
    from: i64,
    to: i64,
}

impl<'a> Scope<'a> {
    pub(super) fn new(filter: &'a SliFilter, from: UnixMillis, to: UnixMillis) -> Self {
        let from = from.minute().seconds().clamp(0, END_OF_TIME);
        // Up to the end of the minute that holds the last instant before `to`.
        let to = to.plus(59_999).minute().seconds().clamp(from, END_OF_TIME);
        Self { filter, from, to }
    }

    /// The whole hours of the window; empty at its start where there is none.
    fn hours(&self) -> (i64, i64) {
        let first = (self.from + HOUR - 1) / HOUR * HOUR;
        let end = self.to / HOUR * HOUR;
        if first < end {
            (first, end)
        } else {
            (self.from, self.from)
        }
    }

    /// Conditions on what was observed, whichever table.
    fn filters(&self) -> String {
        let mut text = "app = {app:String} AND source = {source:String}".to_owned();
        for (column, _) in self.filter.limits() {
            text.push_str(&format!(" AND {column} = {{{column}:String}}"));
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

    /// A subquery of the raw rows, each once.
    pub(super) fn raw_rows(&self) -> String {
        let dimensions = names();
        format!(
            "(SELECT {dimensions}, minute, {MEASURES} FROM observations FINAL WHERE {})",
            self.raw_condition()
        )
    }

    /// A subquery of rollup rows that cover the window exactly once: whole hours of compacted spans
    /// from the hours, their edges from the minutes, and what is not compacted yet from the parts.
    pub(super) fn rollup_rows(&self, tiers: Tiers) -> String {
        let (filters, dimensions) = (self.filters(), names());
        let compacted = Compactions::first_open_span();
        let open_chunk = Compactions::first_open_chunk();
        let parts = format!(
            "SELECT {dimensions}, minute, {MEASURES} FROM sli_parts FINAL \
             WHERE {filters} AND {} AND chunk >= {open_chunk}",
            within("minute", "from", "to")
        );
        let minutes = |window: String| {
            format!(
                "SELECT {dimensions}, minute, {MEASURES} FROM sli_minutes FINAL \
                 WHERE {filters} AND ({window}) AND span < {compacted}"
            )
        };
        match tiers {
            Tiers::Minutes => {
                format!(
                    "({parts} UNION ALL {})",
                    minutes(within("minute", "from", "to"))
                )
            }
            Tiers::All => format!(
                "({parts} UNION ALL {} UNION ALL \
                 SELECT {dimensions}, hour AS minute, {MEASURES} FROM sli_hours FINAL \
                 WHERE {filters} AND {} AND span < {compacted})",
                minutes(format!(
                    "{} OR {}",
                    within("minute", "from", "first_hour"),
                    within("minute", "end_hour", "to")
                )),
                within("hour", "first_hour", "end_hour")
            ),
        }
    }

    pub(super) fn bind(&self, statement: Statement) -> Statement {
        let filter = self.filter;
        let (first_hour, end_hour) = self.hours();
        let statement = statement
            .param("app", filter.app.as_str())
            .param("source", filter.source.as_str())
            .param("from", self.from)
            .param("to", self.to)
            .param("first_hour", first_hour)
            .param("end_hour", end_hour);
        let limits = filter.limits().into_iter();
        limits.fold(statement, |statement, (column, value)| {
            statement.param(column, value)
        })
    }
}

/// What queries sum.
const MEASURES: &str = "toUInt64(count) AS n, \
    `latency.bucket` AS latency_buckets, \
    CAST(`latency.count`, 'Array(UInt64)') AS latency_counts, \
    `preflight_latency.bucket` AS preflight_buckets, \
    CAST(`preflight_latency.count`, 'Array(UInt64)') AS preflight_counts";

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
        assert_eq!(scope.hours(), hours, "{from}..{to}");
    }

    #[test]
    fn a_window_is_widened_to_whole_minutes_and_its_whole_hours_are_found() {
        check(0, 60, (0, 60), (0, 0));
        check(61, 7199, (60, 7200), (3600, 7200));
        check(3600, 10_800, (3600, 10_800), (3600, 10_800));
        check(3660, 7140, (3660, 7140), (3660, 3660));
        check(-90, 30, (0, 60), (0, 0));
    }
}
