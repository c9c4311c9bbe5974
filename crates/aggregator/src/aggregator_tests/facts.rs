//! What the store in memory holds.

use std::collections::{BTreeMap, BTreeSet};

use observation::{EdgeReport, UnixMillis};
use slo::Sums;
use store::{
    AlertRow, BlockedSlice, Breakdown, ChangeRow, ClosingRow, DeployRow, DiagnosisRow, Dimension,
    Failure, IncidentRow, SnapshotRow, Witnessed,
};
use tokio::time::Instant;

/// What the store holds.
#[derive(Default)]
pub(super) struct Facts {
    /// Sums by minute and service.
    pub(super) sums: BTreeMap<(i64, String), Sums>,
    pub(super) witnesses: Vec<Witnessed>,
    pub(super) slices: Vec<BlockedSlice>,
    pub(super) lingering: Vec<BlockedSlice>,
    pub(super) breakdowns: Vec<(Dimension, Breakdown)>,
    pub(super) deploys: Vec<DeployRow>,
    /// What changed in the headers of a target.
    pub(super) header_changes: Vec<(String, ChangeRow)>,
    pub(super) header_states: Vec<SnapshotRow>,
    pub(super) incidents: BTreeMap<String, IncidentRow>,
    pub(super) closings: Vec<ClosingRow>,
    /// Page loads that see a failure, of those that happen.
    pub(super) sessions: u64,
    pub(super) failures: Vec<Failure>,
    pub(super) diagnoses: Vec<DiagnosisRow>,
    /// Where each of the two partitions stands.
    pub(super) complete_to: [i64; 2],
    pub(super) alerts: BTreeMap<String, AlertRow>,
    pub(super) lease: Option<(String, u64, Instant)>,
    pub(super) down: bool,
    /// Queries of sums are refused, everything else works.
    pub(super) overloaded: bool,
    pub(super) compacted: BTreeSet<(u32, u32, u64)>,
    pub(super) compacted_chunks: Vec<(u32, u32, u64)>,
    /// Every time before which old rollups were to be removed.
    pub(super) pruned: Vec<UnixMillis>,
    pub(super) next_offset: u64,
    pub(super) edge_reports: Vec<EdgeReport>,
    pub(super) asked: u64,
}
