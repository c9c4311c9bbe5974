//! Raw rows: one per observation of a beacon.

use std::sync::Arc;

use observation::{BeaconId, Envelope, Latency, Observation, Origin, Position, UnixMillis};

use super::dimensions;
use crate::wire::{Block, Buckets, PairNames as _, Stored, member, seconds};

/// One observation at its place in the log. Rows of one beacon share their origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservationRow {
    /// Place of the beacon's record in the log.
    pub position: Position,
    /// The beacon.
    pub beacon: BeaconId,
    /// Index of the observation within the beacon.
    pub idx: u16,
    /// When the log took the record in.
    pub append_time: UnixMillis,
    /// When the edge took the beacon in.
    pub received_at: UnixMillis,
    /// What all observations of the beacon share.
    pub origin: Arc<Origin>,
    /// The observation.
    pub observation: Observation,
}

impl ObservationRow {
    /// The rows of one beacon: a pure function of the record, so that a replay makes the same.
    #[must_use]
    pub fn from_envelope(
        position: Position,
        append_time: UnixMillis,
        envelope: Envelope,
    ) -> Vec<Self> {
        let origin = Arc::new(envelope.origin);
        let row = |(idx, observation)| Self {
            position,
            beacon: envelope.beacon,
            idx,
            append_time,
            received_at: envelope.received_at,
            origin: Arc::clone(&origin),
            observation,
        };
        (0..=u16::MAX).zip(envelope.observations).map(row).collect()
    }
}

impl Stored for ObservationRow {
    const TABLE: &'static str = "observations";

    fn block(rows: &[Self]) -> Block {
        let mut block = Block::of(rows.len());
        identity(&mut block, rows);
        let seen = rows.iter().map(|row| (&*row.origin, &row.observation));
        dimensions::write(&mut block, seen);
        details(&mut block, rows);
        block
    }
}

/// Which observation it is, and where in the log.
fn identity(block: &mut Block, rows: &[ObservationRow]) {
    let rows = || rows.iter();
    block.words("app", rows().map(|row| row.origin.app.as_str()));
    let minute = |row: &ObservationRow| seconds(row.observation.at.minute()).to_le_bytes();
    block.fixed("minute", "DateTime('UTC')", rows().map(minute));
    block.values("beacon_id", rows().map(|row| &row.beacon));
    block.values("idx", rows().map(|row| &row.idx));
    block.values("epoch", rows().map(|row| &row.position.epoch));
    block.values("partition", rows().map(|row| &row.position.partition));
    block.values("offset", rows().map(|row| &row.position.offset));
    block.values("append_time", rows().map(|row| &row.append_time));
    block.values("received_at", rows().map(|row| &row.received_at));
}

/// What rollups do not keep, and what is summed.
fn details(block: &mut Block, rows: &[ObservationRow]) {
    let rows = || rows.iter();
    let sessions: Vec<_> = rows().map(|row| row.origin.session()).collect();
    block.values("session", sessions.iter());
    let networks: Vec<_> = rows().map(|row| row.origin.network()).collect();
    block.values("network", networks.iter());
    block.values("at", rows().map(|row| &row.observation.at));
    let failures = rows().map(|row| row.observation.failure.as_ref());
    let evidence = failures.map(|failure| failure.map_or("", |failure| &failure.evidence));
    block.words("evidence", evidence);
    block.values("count", rows().map(|row| &row.observation.count));
    histograms(block, "latency", rows().map(|row| &row.observation.latency));
    let preflights = rows().map(|row| &row.observation.preflight_latency);
    histograms(block, "preflight_latency", preflights);
}

fn histograms<'a>(
    block: &mut Block,
    column: &str,
    values: impl Iterator<Item = &'a Latency> + Clone,
) {
    let lengths = values.clone().map(|latency| latency.pairs().len());
    let pairs = values.flat_map(Latency::pairs);
    block.lists(lengths, |block| {
        let [bucket, count] = Buckets::NAMES.map(|name| member(column, name));
        block.values(&bucket, pairs.clone().map(|pair| &pair.0));
        block.values(&count, pairs.map(|pair| &pair.1));
    });
}
