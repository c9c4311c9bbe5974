//! ClickHouse: schema, migrations, rows, named queries, and the host of the embedded engine.
//!
//! **Promises.** Values travel as server-side parameters; identifiers come from closed enums. Every query has a
//! limit of time, memory and rows. A batch may be written again, in whole or in part: what was there stays as
//! it was. [`Store::migrate`] brings a database of any earlier release to the schema of this build.
//!
//! ```no_run
//! use store::{Batch, Config, Store};
//!
//! # async fn example(batch: Batch) -> Result<(), store::StoreError> {
//! let config = Config {
//!     url: "http://127.0.0.1:8123".to_owned(),
//!     database: "corswatch".to_owned(),
//!     ..Config::default()
//! };
//! let store = Store::connect(&config)?;
//! store.migrate().await?;
//! store.write(&batch).await?;
//! for incident in store.reader().incidents().await? {
//!     println!("{}", incident.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! **Never.** No other crate contains SQL of ClickHouse; this one decides nothing about what a row means, and the
//! collector never depends on it.

mod alone;
mod audit;
mod claim;
mod client;
mod compaction;
mod config;
mod dead_letters;
pub mod engine;
mod error;
mod examine;
mod lease;
mod login;
mod metrics;
mod migration;
mod query;
mod reader;
mod replay;
mod rollup;
pub mod rows;
mod store;
mod wire;
mod written;

pub use audit::{Audit, Difference, LedgerDifference};
pub use claim::{Claim, Leases};
pub use compaction::Compacted;
pub use config::{Config, Durability, Retention, Topology};
pub use dead_letters::{DeadLetterFilter, Mark};
pub use error::{Source as ErrorSource, StoreError};
pub use examine::{ExaminedServer, SchemaState, needed_grants};
pub use query::{
    Affected, BlockedSlice, Breakdown, Counts, Failure, Flow, FlowAffected, FlowCall, LabTraffic,
    Ledger, Reports, RequestShape, SliFilter, Witnessed,
};
pub use reader::{
    COMPARED, Compared, DeliveryFilter, DifferenceRow, HISTORY_PAGE, MAX_PREFLIGHTED, MAX_SHAPES,
    Preflighted, PreflightedShape, Reader, SingleFailure, SinglePlace, SinglesOf,
};
pub use rows::{
    AlertPhase, AlertRow, AuditState, Batch, CalledRow, ChangeRow, ChunkBase, ChunkRow, ClosingRow,
    DeadLetterRow, DeliveryRow, DeployKind, DeployRow, DeploySource, DeployState, DiagnosisRow,
    Dimension, Dimensions, EdgeReportRow, FindingLevel, FixPlace, FixRow, FoundRow, Grant,
    HeaderLine, IncidentRow, IncidentState, InventoryRow, InventoryStep, Lease, ObservationRow,
    OriginSeenRow, OriginSource, PartRow, PartnerLinkRow, ProgressRow, ReplayOutcome, ReplayReason,
    RollbackRule, SeenBeacon, SignatureRow, SilenceRow, SnapshotRow, Stance, StanceCounts,
    TriedOrigin, UnknownDimension, Vary, differences,
};
pub use store::Store;
pub use written::{Written, WrittenOffsets};

/// How many chunks of a partition are compacted together.
pub const CHUNKS_PER_SPAN: u64 = 16;

/// At most so many alerts are read.
pub const MAX_ALERTS: u32 = 10_000;

/// Most edges whose reports are read back at once.
pub const MAX_EDGES: u32 = 1_000;

/// At most so many silences are read, those that are over included.
pub const MAX_SILENCES: u32 = 5_000;

/// At most so many links for partners are kept.
pub const MAX_PARTNER_LINKS: u32 = 1_000;

/// At most so many incidents are read, those that last first.
pub const MAX_INCIDENTS: u32 = 1_000;
