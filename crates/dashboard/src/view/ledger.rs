//! Where every beacon went.

use std::collections::BTreeMap;

use serde::Serialize;
use store::Ledger;
use utoipa::ToSchema;

use observation::MILLIS_PER_HOUR;

use crate::state::LogEnd;
use crate::timestamp::Timestamp;

/// An edge that has not reported for this much longer than another is gone, and its spool with it.
const SPOOLED_FOR: i64 = MILLIS_PER_HOUR;

/// Where every beacon went: `received = refused + appended + shed` at the edge, `appended = stored
/// + duplicate + dead_lettered + in_flight + spooled` behind it.
///
/// What is behind the edge is counted by positions in the log, so it survives the death of every
/// process. What was refused and shed comes from the reports of the edges, of which the last five
/// seconds die with an edge that is killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LedgerBody {
    /// Beacons that reached an edge and were answered: as the edges report, and those in the log that
    /// no report speaks of.
    pub received: u64,
    /// Refused for good: the sender's fault.
    pub refused: u64,
    /// The refused, by reason.
    pub refused_by_reason: BTreeMap<String, u64>,
    /// Sent away for load, to be sent again.
    pub shed: u64,
    /// Made durable: positions of the log that hold beacons.
    pub appended: u64,
    /// Counted.
    pub stored: u64,
    /// Dropped because the same beacon was counted before.
    pub duplicate: u64,
    /// Could not be read; kept aside.
    pub dead_lettered: u64,
    /// In the log, not yet written; reports of edges that are not read yet are among them. Where
    /// this process cannot ask the log for its end: what is missing from the edges' reports.
    pub in_flight: u64,
    /// Positions that the log had dropped before they were read: retention was too short.
    pub lost: u64,
    /// Acknowledged and durable in the spool of an edge, on their way into the log.
    pub spooled: u64,
    /// Acknowledged, as the edges report, but neither in the log nor in a spool.
    pub missing: u64,
    /// In the log, but in no report: the next report is due, or an edge was killed before it, or the
    /// journal took a beacon after its sender had been told to try again.
    pub unreported: u64,
    /// Not yet answered when their edge reported last. Stays where an edge was killed: its page was
    /// never told that the beacon was taken, and sends it again.
    pub under_way: u64,
    /// Whether every beacon is accounted for.
    pub verdict: Verdict,
    /// Edge processes that have reported.
    pub edges: u64,
    /// When the last report was made; null while there is none.
    pub reported_at: Option<Timestamp>,
}

/// Whether every beacon is accounted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Both equations hold.
    Balanced,
    /// A beacon is lost or missing, or an edge's own counts do not add up.
    NotBalanced,
}

impl LedgerBody {
    /// The view of what the store knows and where the log ended afterwards.
    pub(crate) fn of(ledger: &Ledger, ends: Option<&[LogEnd]>) -> Self {
        let edge =
            |field: fn(&store::EdgeReportRow) -> u64| ledger.edges.iter().map(field).sum::<u64>();
        let part =
            |field: fn(&store::ChunkRow) -> u64| ledger.partitions.iter().map(field).sum::<u64>();
        let refused_by_reason = refused_by_reason(ledger);
        let refused = refused_by_reason.values().sum::<u64>();
        let (reported, shed) = (edge(|e| e.appended), edge(|e| e.shed));
        let (stored, duplicate) = (part(|p| p.beacons_stored), part(|p| p.duplicates));
        let dead_lettered = part(|p| p.dead_lettered);
        let lost = lost(ledger);
        let read = part(|p| p.records) - part(|p| p.edge_reports) + lost;
        let in_flight = ends.map_or(reported.saturating_sub(read), |ends| {
            ends.iter().map(|end| beyond(ledger, end)).sum()
        });
        let logged = read + in_flight;
        let not_logged = reported.saturating_sub(logged);
        // What was drained since the report is in the log already.
        let spooled = spooled(ledger).min(not_logged);
        let missing = not_logged - spooled;
        let unreported = logged.saturating_sub(reported);
        let adds_up = ledger.edges.iter().all(|e| e.received >= answered(e));
        let answered = ledger.edges.iter().map(answered).sum::<u64>();
        let is_read =
            part(|p| p.records) == stored + duplicate + dead_lettered + part(|p| p.edge_reports);
        Self {
            received: answered + unreported,
            refused,
            refused_by_reason,
            shed,
            appended: logged + not_logged,
            stored,
            duplicate,
            dead_lettered,
            in_flight,
            lost,
            spooled,
            missing,
            unreported,
            under_way: edge(|e| e.received).saturating_sub(answered),
            verdict: if adds_up && is_read && lost == 0 && missing == 0 {
                Verdict::Balanced
            } else {
                Verdict::NotBalanced
            },
            edges: ledger.edges.len() as u64,
            reported_at: ledger.edges.iter().map(|edge| Timestamp(edge.at)).max(),
        }
    }
}

/// Requests that an edge has answered.
fn answered(edge: &store::EdgeReportRow) -> u64 {
    let refused = edge.refused.iter().map(|(_, count)| count).sum::<u64>();
    refused + edge.appended + edge.shed
}

/// The offset up to which a partition has been dealt with.
fn read_to(ledger: &Ledger, epoch: u32, partition: u32) -> u64 {
    let progress = ledger
        .progress
        .iter()
        .find(|row| (row.epoch, row.partition) == (epoch, partition))
        .map_or(0, |row| row.next_offset);
    // The ledger's rows are written before the progress.
    let chunks = ledger
        .partitions
        .iter()
        .find(|row| (row.epoch, row.partition) == (epoch, partition))
        .map_or(0, |row| row.version + 1);
    progress.max(chunks)
}

/// Offsets that were passed without a record. A partition begins at 0, and has no holes.
fn lost(ledger: &Ledger) -> u64 {
    let passed = |row: &store::ChunkRow| read_to(ledger, row.epoch, row.partition);
    let parts = ledger.partitions.iter();
    parts
        .map(|row| passed(row).saturating_sub(row.records))
        .sum()
}

/// Records between what was dealt with and the end of the log.
fn beyond(ledger: &Ledger, end: &LogEnd) -> u64 {
    end.next_offset
        .saturating_sub(read_to(ledger, end.epoch, end.partition))
}

/// What waits in spools. An edge that ended counts for a while: the next process on its disk drains
/// the spool and reports under another identity, and what is missing then must be seen.
fn spooled(ledger: &Ledger) -> u64 {
    let latest = ledger.edges.iter().map(|edge| edge.at).max();
    let edges = ledger.edges.iter();
    edges
        .filter(|edge| Some(edge.at.plus(SPOOLED_FOR)) >= latest)
        .map(|edge| edge.spooled)
        .sum()
}

fn refused_by_reason(ledger: &Ledger) -> BTreeMap<String, u64> {
    let mut reasons = BTreeMap::new();
    for (reason, count) in ledger.edges.iter().flat_map(|edge| &edge.refused) {
        *reasons.entry(reason.clone()).or_default() += count;
    }
    reasons
}

#[cfg(test)]
mod tests {
    use observation::{Chunk, UnixMillis};
    use store::{ChunkRow, EdgeReportRow, ProgressRow};

    use super::*;

    /// Ten records of one partition: six counted, two dropped, one dead letter, one report.
    fn ledger() -> Ledger {
        Ledger {
            partitions: vec![ChunkRow {
                epoch: 1,
                partition: 0,
                chunk: Chunk(0),
                version: 9,
                records: 10,
                beacons_stored: 6,
                duplicates: 2,
                dead_lettered: 1,
                edge_reports: 1,
                rows: 20,
            }],
            progress: vec![ProgressRow {
                epoch: 1,
                partition: 0,
                next_offset: 10,
                event_time: UnixMillis(0),
            }],
            edges: vec![EdgeReportRow {
                process: [1; 12],
                at: UnixMillis(0),
                received: 13,
                appended: 9,
                shed: 1,
                spooled: 0,
                refused: vec![("origin_not_allowed".into(), 3)],
                shed_by: vec![("key_rate".into(), 1)],
            }],
        }
    }

    fn end(next_offset: u64) -> [LogEnd; 1] {
        [LogEnd {
            epoch: 1,
            partition: 0,
            next_offset,
        }]
    }

    fn equations_hold(body: &LedgerBody) -> bool {
        body.received == body.refused + body.appended + body.shed
            && body.appended
                == body.stored + body.duplicate + body.dead_lettered + body.in_flight + body.spooled
    }

    #[test]
    fn both_equations_hold_when_every_position_is_dealt_with() {
        let body = LedgerBody::of(&ledger(), Some(&end(10)));
        assert_eq!(body.verdict, Verdict::Balanced);
        assert!(equations_hold(&body), "{body:?}");
        assert_eq!((body.received, body.appended, body.in_flight), (13, 9, 0));
    }

    #[test]
    fn what_a_killed_edge_never_reported_is_counted_by_position() {
        let mut killed = ledger();
        killed.edges[0].received = 9;
        killed.edges[0].appended = 5;
        let body = LedgerBody::of(&killed, Some(&end(12)));
        assert_eq!(body.verdict, Verdict::Balanced);
        assert!(equations_hold(&body), "{body:?}");
        assert_eq!((body.unreported, body.in_flight, body.appended), (6, 2, 11));
    }

    #[test]
    fn an_acknowledged_beacon_that_is_not_in_the_log_is_missing() {
        let mut lossy = ledger();
        lossy.edges[0].received += 2;
        lossy.edges[0].appended += 2;
        let body = LedgerBody::of(&lossy, Some(&end(10)));
        assert_eq!((body.verdict, body.missing), (Verdict::NotBalanced, 2));
        assert!(!equations_hold(&body), "{body:?}");
        let unasked = LedgerBody::of(&lossy, None);
        assert_eq!(unasked.in_flight, 2, "it may still be in the log");
        assert_eq!(unasked.verdict, Verdict::Balanced);
    }

    #[test]
    fn what_waits_in_a_spool_is_neither_missing_nor_counted_twice_once_it_is_drained() {
        let mut spooling = ledger();
        spooling.edges[0].received += 3;
        spooling.edges[0].appended += 3;
        spooling.edges[0].spooled = 3;
        let body = LedgerBody::of(&spooling, Some(&end(10)));
        assert_eq!((body.verdict, body.spooled), (Verdict::Balanced, 3));
        assert!(equations_hold(&body), "{body:?}");
        let drained = LedgerBody::of(&spooling, Some(&end(12)));
        assert_eq!((drained.spooled, drained.in_flight), (1, 2));
        assert!(equations_hold(&drained), "{drained:?}");

        let mut gone = spooling;
        let mut other = gone.edges[0].clone();
        other.at = other.at.plus(SPOOLED_FOR + 1);
        (other.received, other.appended, other.shed, other.spooled) = (0, 0, 0, 0);
        other.refused = Vec::new();
        gone.edges.push(other);
        let body = LedgerBody::of(&gone, Some(&end(10)));
        assert_eq!((body.verdict, body.missing), (Verdict::NotBalanced, 3));
    }

    #[test]
    fn positions_that_the_log_dropped_before_they_were_read_are_lost() {
        let mut dropped = ledger();
        dropped.progress[0].next_offset = 14;
        dropped.edges[0].received += 4;
        dropped.edges[0].appended += 4;
        let body = LedgerBody::of(&dropped, Some(&end(14)));
        assert_eq!((body.verdict, body.lost), (Verdict::NotBalanced, 4));
    }

    #[test]
    fn what_is_still_being_answered_is_beside_the_equations_and_counts_beyond_it_are_seen() {
        let mut odd = ledger();
        odd.edges[0].received += 2;
        let body = LedgerBody::of(&odd, Some(&end(10)));
        assert_eq!((body.verdict, body.under_way), (Verdict::Balanced, 2));
        assert!(equations_hold(&body), "{body:?}");
        odd.edges[0].shed += 3;
        let body = LedgerBody::of(&odd, Some(&end(10)));
        assert_eq!(body.verdict, Verdict::NotBalanced);
    }
}
