//! The sums that all SLIs are ratios of, as one select list.

use std::collections::BTreeMap;

use clickhouse::Row;
use observation::Outcome;
use serde::Deserialize;
use slo::{Condition, Count, Sums, Test};

/// One row of sums; `key` is what they are grouped by.
#[derive(Debug, Row, Deserialize)]
pub(super) struct SumsRow {
    pub(super) key: String,
    /// In the order of [`Count::ALL`].
    counts: Vec<u64>,
    preflight_latency: (Vec<u8>, Vec<u64>),
    latency: (Vec<u8>, Vec<u64>),
    /// Words of outcomes, and how many.
    by_outcome: (Vec<String>, Vec<u64>),
}

impl From<SumsRow> for Sums {
    fn from(row: SumsRow) -> Self {
        let zip =
            |(buckets, counts): (Vec<u8>, Vec<u64>)| buckets.into_iter().zip(counts).collect();
        let (words, counts) = row.by_outcome;
        let of_words: BTreeMap<_, _> = words.into_iter().zip(counts).collect();
        let outcomes = Outcome::ALL.iter().copied().filter_map(|outcome| {
            let count = of_words.get(outcome.as_str()).copied();
            count
                .filter(|count| *count > 0)
                .map(|count| (outcome, count))
        });
        let mut sums = Self {
            preflight_latency: zip(row.preflight_latency),
            latency: zip(row.latency),
            by_outcome: outcomes.collect(),
            ..Self::default()
        };
        for (&count, sum) in Count::ALL.iter().zip(row.counts) {
            *sums.get_mut(count) = sum;
        }
        sums
    }
}

/// Sums of `rows` (a subquery) for each value of `key`; `tail` groups, orders and limits.
pub(super) fn select(key: &str, rows: &str, tail: &str) -> String {
    let counts: Vec<_> = Count::ALL.iter().copied().map(of).collect();
    format!(
        "SELECT {key} AS key, \
           [{counts}] AS counts, \
           sumMapIf(preflight_buckets, preflight_counts, kind IN ('request', 'preflight')) \
             AS preflight_latency, \
           sumMapIf(latency_buckets, latency_counts, kind = 'request') AS latency, \
           sumMapIf([toString(outcome)], [n], kind = 'request') AS by_outcome \
         FROM {rows} {tail}",
        counts = counts.join(", "),
    )
}

/// The sum of what is counted.
pub(super) fn of(count: Count) -> String {
    format!("sumIf(n, {})", meets(count))
}

/// Whether a row is counted.
pub(super) fn meets(count: Count) -> String {
    condition(count.condition())
}

/// What has to hold of a row to be counted; words and numbers of our own, not values from outside.
fn condition(Condition { kind, tests }: Condition) -> String {
    let tests = tests.iter().map(|test| match test {
        Test::Counted => {
            let uncounted = Outcome::ALL
                .iter()
                .filter(|outcome| !outcome.counts_as_request());
            let uncounted: Vec<_> = uncounted.map(|outcome| format!("'{outcome}'")).collect();
            format!("outcome NOT IN ({})", uncounted.join(", "))
        }
        Test::Outcome(outcome) => format!("outcome = '{outcome}'"),
        Test::Stage(stage) => format!("stage = '{stage}'"),
        Test::Credentialed => "credentialed".to_owned(),
        Test::Preflighted => "preflighted".to_owned(),
        Test::StatusFrom(status) => format!("status >= {status}"),
        Test::Status(statuses) => {
            let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
            format!("status IN ({})", statuses.join(", "))
        }
    });
    std::iter::once(format!("kind = '{kind}'"))
        .chain(tests)
        .collect::<Vec<_>>()
        .join(" AND ")
}
