//! Partial rollups of log chunks, the ledger, and the progress through the log.

use observation::{BeaconId, Chunk, Latency, UnixMillis};

use super::Dimensions;
use crate::wire::{Buckets, Bytes, Flat, Pairs, Reasons, Seconds, Word, fields};

fields! {
    /// The sums of one chunk for one minute and one set of dimensions, cumulative in the chunk.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PartRow in "sli_parts" {
        /// Configured application.
        pub app: String as Word,
        /// Start of the minute in which the observations happened.
        pub minute: UnixMillis as Seconds,
        /// Incarnation of the log.
        pub epoch: u32,
        /// Partition.
        pub partition: u32,
        /// Chunk of the partition.
        pub chunk: Chunk,
        /// What the sums are of.
        pub dims: Dimensions as Flat,
        /// The last offset that the sums cover: a later row replaces an earlier one.
        pub version: u64,
        /// How many requests (preflights, header reads).
        pub count: u64,
        /// Durations by bucket.
        pub latency: Vec<(u8, u64)> as Pairs<Buckets>,
        /// Preflight durations by bucket.
        pub preflight_latency: Vec<(u8, u64)> as Pairs<Buckets>,
    }
}

impl PartRow {
    /// Adds one histogram to another; both sorted by bucket.
    pub fn add_latency(into: &mut Vec<(u8, u64)>, latency: &Latency) {
        for &(bucket, count) in latency.pairs() {
            match into.binary_search_by_key(&bucket, |pair| pair.0) {
                Ok(at) => into[at].1 += u64::from(count),
                Err(at) => into.insert(at, (bucket, u64::from(count))),
            }
        }
    }
}

fields! {
    /// The outcome of the records of one chunk, cumulative in the chunk: the ledger, derived from
    /// positions instead of counters that die with a process.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ChunkRow in "chunks" {
        /// Incarnation of the log.
        pub epoch: u32,
        /// Partition.
        pub partition: u32,
        /// Chunk of the partition.
        pub chunk: Chunk,
        /// The last offset covered.
        pub version: u64,
        /// Records of any kind.
        pub records: u64,
        /// Beacons whose observations are stored.
        pub beacons_stored: u64,
        /// Re-sent beacons that were dropped.
        pub duplicates: u64,
        /// Records that could not be read.
        pub dead_lettered: u64,
        /// Reports of edge processes.
        pub edge_reports: u64,
        /// Raw rows stored.
        pub rows: u64,
    }
}

/// What is stored of a chunk: where a reader goes on when the log has lost the chunk's start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChunkBase {
    /// The ledger; none where nothing was stored.
    pub ledger: Option<ChunkRow>,
    /// The sums, each with the version up to which it counts.
    pub parts: Vec<PartRow>,
}

fields! {
    /// How far a partition has been written.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct ProgressRow in "progress" {
        /// Incarnation of the log.
        pub epoch: u32,
        /// Partition.
        pub partition: u32,
        /// Everything below is in the store.
        pub next_offset: u64,
        /// Everything that the log took in before this time is in the store.
        pub event_time: UnixMillis,
    }
}

impl From<ProgressRow> for slo::Progress {
    fn from(row: ProgressRow) -> Self {
        Self {
            epoch: row.epoch,
            partition: row.partition,
            event_time: row.event_time,
        }
    }
}

fields! {
    /// A record that could not be turned into rows.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeadLetterRow in "dead_letters" {
        /// Incarnation of the log.
        pub epoch: u32,
        /// Partition.
        pub partition: u32,
        /// Offset.
        pub offset: u64,
        /// When the log took the record in.
        pub append_time: UnixMillis,
        /// Closed reason.
        pub reason: String,
        /// What exactly, for people.
        pub detail: String,
        /// The record.
        pub payload: Vec<u8> as Bytes,
    }
}

fields! {
    /// What one edge process had counted at a time; the last report of a process replaces earlier ones.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct EdgeReportRow in "edge_reports" {
        /// The process.
        pub process: [u8; 12],
        /// When the report was made.
        pub at: UnixMillis,
        /// Beacons that arrived.
        pub received: u64,
        /// Beacons that the journal made durable.
        pub appended: u64,
        /// Beacons sent away for load.
        pub shed: u64,
        /// Of the appended, those in the spool of the process.
        pub spooled: u64,
        /// Beacons refused for good, by reason.
        pub refused: Vec<(String, u64)> as Pairs<Reasons>,
        /// Of the shed, how many for which reason.
        pub shed_by: Vec<(String, u64)> as Pairs<Reasons>,
    }
}

impl From<observation::EdgeReport> for EdgeReportRow {
    fn from(report: observation::EdgeReport) -> Self {
        Self {
            process: report.process,
            at: report.at,
            received: report.received,
            appended: report.appended,
            shed: report.shed,
            spooled: report.spooled,
            refused: report.refused,
            shed_by: report.shed_by,
        }
    }
}

impl From<EdgeReportRow> for observation::EdgeReport {
    fn from(row: EdgeReportRow) -> Self {
        Self {
            process: row.process,
            at: row.at,
            received: row.received,
            appended: row.appended,
            shed: row.shed,
            spooled: row.spooled,
            refused: row.refused,
            shed_by: row.shed_by,
        }
    }
}

fields! {
    /// A beacon that is already in the store, as [`crate::Store::seen`] tells it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct SeenBeacon {
        /// The beacon.
        pub beacon ["beacon_id"]: BeaconId,
        /// The smallest offset at which it is stored.
        pub offset: u64,
        /// When the log took that record in.
        pub append_time: UnixMillis,
    }
}
