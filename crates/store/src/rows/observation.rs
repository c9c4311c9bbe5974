//! Raw rows: one per observation of a beacon.

use std::sync::Arc;

use observation::{BeaconId, Envelope, Observation, Origin, Position, UnixMillis};

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
