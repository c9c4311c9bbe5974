//! The rows of the store, as the other stages fill them in. Each is defined once: its columns, their
//! types and its encoding follow from its struct.

mod alerting;
mod deploy;
mod diagnosis;
pub(crate) mod dimensions;
mod inventory;
mod observation;
mod operational;
mod partner;
mod rollup;
mod snapshot;

pub use alerting::{DeliveryRow, SilenceRow};
pub use deploy::{DeployKind, DeployRow, DeploySource, DeployState, RollbackRule};
pub use diagnosis::{
    ChangeRow, DiagnosisRow, FixPlace, FixRow, HeaderLine, ReplayOutcome, ReplayReason,
    SignatureRow,
};
pub use dimensions::{Dimension, Dimensions, UnknownDimension};
pub use inventory::{
    AuditState, CalledRow, FindingLevel, FoundRow, Grant, InventoryRow, InventoryStep,
    OriginSeenRow, OriginSource, Stance, StanceCounts, TriedOrigin, Vary,
};
pub use observation::ObservationRow;
pub use operational::{AlertPhase, AlertRow, ClosingRow, IncidentRow, IncidentState, Lease};
pub use partner::PartnerLinkRow;
pub use rollup::{
    ChunkBase, ChunkRow, DeadLetterRow, EdgeReportRow, PartRow, ProgressRow, SeenBeacon,
};
pub use snapshot::{SnapshotRow, differences};

/// What the loader writes at once.
///
/// The order of the fields is the order of the inserts: what is rewritten after a crash comes
/// first, the progress that others rely on comes last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Raw rows.
    pub observations: Vec<ObservationRow>,
    /// Changed sums of open chunks, cumulative in their chunk.
    pub parts: Vec<PartRow>,
    /// The outcome of the records of a chunk, cumulative in the chunk.
    pub chunks: Vec<ChunkRow>,
    /// Records that could not be read.
    pub dead_letters: Vec<DeadLetterRow>,
    /// What edge processes have counted.
    pub edge_reports: Vec<EdgeReportRow>,
    /// How far each partition has been written.
    pub progress: Vec<ProgressRow>,
}

impl Batch {
    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.observations.is_empty()
            && self.parts.is_empty()
            && self.chunks.is_empty()
            && self.dead_letters.is_empty()
            && self.edge_reports.is_empty()
            && self.progress.is_empty()
    }
}
