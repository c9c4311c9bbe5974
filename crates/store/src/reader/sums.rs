//! The sums that all SLIs are ratios of, as one select list.

use clickhouse::Row;
use observation::Outcome;
use serde::Deserialize;

use crate::SliSums;

/// One row of sums; `key` is what they are grouped by.
#[derive(Debug, Row, Deserialize)]
pub(super) struct SumsRow {
    pub(super) key: String,
    requests: u64,
    blocked: u64,
    unknown: u64,
    credentialed: u64,
    credentialed_blocked: u64,
    credentialed_denied: u64,
    preflighted: u64,
    preflight_blocked: u64,
    preflights: u64,
    preflights_failed: u64,
    header_reads: u64,
    header_unreadable: u64,
    preflight_latency: (Vec<u8>, Vec<u64>),
    latency: (Vec<u8>, Vec<u64>),
    by_outcome: Vec<u64>,
}

impl From<SumsRow> for SliSums {
    fn from(row: SumsRow) -> Self {
        let zip = |(buckets, counts): (Vec<u8>, Vec<u64>)| -> Vec<(u8, u64)> {
            buckets.into_iter().zip(counts).collect()
        };
        let preflight_latency = zip(row.preflight_latency);
        let outcomes = Outcome::ALL.iter().copied().zip(row.by_outcome);
        Self {
            requests: row.requests,
            blocked: row.blocked,
            unknown: row.unknown,
            credentialed: row.credentialed,
            credentialed_blocked: row.credentialed_blocked,
            credentialed_denied: row.credentialed_denied,
            preflighted: row.preflighted,
            preflight_blocked: row.preflight_blocked,
            preflights: row.preflights,
            preflights_failed: row.preflights_failed,
            header_reads: row.header_reads,
            header_unreadable: row.header_unreadable,
            preflight_measured: preflight_latency.iter().map(|pair| pair.1).sum(),
            preflight_latency,
            latency: zip(row.latency),
            by_outcome: outcomes.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

/// Sums of `rows` (a subquery) for each value of `key`; `tail` groups, orders and limits.
pub(super) fn select(key: &str, rows: &str, tail: &str) -> String {
    let quoted = |outcome: &Outcome| format!("'{outcome}'");
    let uncounted: Vec<_> = Outcome::ALL
        .iter()
        .filter(|outcome| !outcome.counts_as_request())
        .map(quoted)
        .collect();
    let by_outcome: Vec<_> = Outcome::ALL
        .iter()
        .map(|outcome| format!("sumIf(n, kind = 'request' AND outcome = '{outcome}')"))
        .collect();
    format!(
        "WITH kind = 'request' AND outcome NOT IN ({uncounted}) AS counts, \
           counts AND outcome = 'blocked' AS is_blocked \
         SELECT {key} AS key, \
           sumIf(n, counts) AS requests, \
           sumIf(n, is_blocked), \
           sumIf(n, counts AND outcome = 'unknown'), \
           sumIf(n, counts AND credentialed), \
           sumIf(n, is_blocked AND credentialed), \
           sumIf(n, counts AND credentialed AND status IN (401, 403)), \
           sumIf(n, counts AND preflighted), \
           sumIf(n, is_blocked AND preflighted AND stage = 'preflight'), \
           sumIf(n, kind = 'preflight'), \
           sumIf(n, kind = 'preflight' AND status >= 400), \
           sumIf(n, kind = 'header_read'), \
           sumIf(n, kind = 'header_read' AND outcome = 'blocked'), \
           sumMapIf(preflight_buckets, preflight_counts, kind IN ('request', 'preflight')), \
           sumMapIf(latency_buckets, latency_counts, kind = 'request'), \
           [{by_outcome}] \
         FROM {rows} {tail}",
        uncounted = uncounted.join(", "),
        by_outcome = by_outcome.join(", "),
    )
}
