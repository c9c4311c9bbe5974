//! Where every beacon went.

use std::collections::BTreeMap;

use serde::Serialize;
use store::Ledger;
use utoipa::ToSchema;

use crate::stamp::Stamp;
use crate::state::LogEnd;

/// Where every beacon went: `received = refused + appended + shed` at the edge, `appended = stored
/// + duplicate + dead_lettered + in_flight` behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LedgerBody {
    /// Beacons that reached an edge.
    pub received: u64,
    /// Refused for good: the sender's fault.
    pub refused: u64,
    /// The refused, by reason.
    pub refused_by_reason: BTreeMap<String, u64>,
    /// Sent away for load, to be sent again.
    pub shed: u64,
    /// Made durable, as the edges report.
    pub appended: u64,
    /// Counted.
    pub stored: u64,
    /// Dropped because the same beacon was counted before.
    pub duplicate: u64,
    /// Could not be read; kept aside.
    pub dead_lettered: u64,
    /// In the log, not yet written. From the log's end where this process can ask the log, else
    /// what is missing from `appended`.
    pub in_flight: u64,
    /// Whether both equations hold.
    pub verdict: Verdict,
    /// `received - refused - appended - shed`.
    pub edge_difference: i64,
    /// `appended - stored - duplicate - dead_lettered - in_flight`. Negative: the log holds more
    /// than the last reports say, because they are late or an edge died before its report.
    pub log_difference: i64,
    /// Edge processes that have reported.
    pub edges: u64,
    /// When the last report was made; null while there is none.
    pub reported_at: Option<Stamp>,
}

/// Whether the equations hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Both hold: every beacon is accounted for.
    Balanced,
    /// More is in the log than the last reports of the edges say. Settles with their next reports;
    /// where an edge was killed it stays: its last counts were never reported. Nothing is lost.
    ReportsBehind,
    /// A beacon is missing.
    NotBalanced,
}

impl LedgerBody {
    /// The view of what the store knows and where the log ends.
    pub(crate) fn of(ledger: &Ledger, ends: Option<&[LogEnd]>) -> Self {
        let edge =
            |field: fn(&store::EdgeReportRow) -> u64| ledger.edges.iter().map(field).sum::<u64>();
        let part =
            |field: fn(&store::ChunkRow) -> u64| ledger.partitions.iter().map(field).sum::<u64>();
        let refused_by_reason = refused_by_reason(ledger);
        let refused = refused_by_reason.values().sum::<u64>();
        let (received, appended, shed) =
            (edge(|e| e.received), edge(|e| e.appended), edge(|e| e.shed));
        let (stored, duplicate) = (part(|p| p.beacons_stored), part(|p| p.duplicates));
        let dead_lettered = part(|p| p.dead_lettered);
        let written = stored + duplicate + dead_lettered;
        let in_flight = ends.map_or(appended.saturating_sub(written), |ends| {
            beyond_progress(ledger, ends)
        });
        let edge_difference = difference(received, refused + appended + shed);
        let log_difference = difference(appended, written + in_flight);
        Self {
            received,
            refused,
            refused_by_reason,
            shed,
            appended,
            stored,
            duplicate,
            dead_lettered,
            in_flight,
            verdict: verdict(edge_difference, log_difference),
            edge_difference,
            log_difference,
            edges: ledger.edges.len() as u64,
            reported_at: ledger.edges.iter().map(|edge| Stamp(edge.at)).max(),
        }
    }
}

const fn verdict(edge: i64, log: i64) -> Verdict {
    match (edge, log) {
        (0, 0) => Verdict::Balanced,
        (0, ..0) => Verdict::ReportsBehind,
        _ => Verdict::NotBalanced,
    }
}

fn refused_by_reason(ledger: &Ledger) -> BTreeMap<String, u64> {
    let mut reasons = BTreeMap::new();
    for (reason, count) in ledger.edges.iter().flat_map(|edge| &edge.refused) {
        *reasons.entry(reason.clone()).or_default() += count;
    }
    reasons
}

/// Records between what was written and the ends of the log. Reports of edges that are in flight
/// are among them: they cannot be told apart before they are read.
fn beyond_progress(ledger: &Ledger, ends: &[LogEnd]) -> u64 {
    let written = |end: &LogEnd| {
        let same =
            |row: &&store::ProgressRow| (row.epoch, row.partition) == (end.epoch, end.partition);
        ledger
            .progress
            .iter()
            .find(same)
            .map_or(0, |row| row.next_offset)
    };
    ends.iter()
        .map(|end| end.next_offset.saturating_sub(written(end)))
        .sum()
}

fn difference(left: u64, right: u64) -> i64 {
    i64::try_from(i128::from(left) - i128::from(right)).unwrap_or(i64::MAX)
}
