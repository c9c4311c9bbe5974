//! Journal to store: batches, partial rollups of fixed log chunks, re-sends dropped, dead letters.
//! The only consumer of the journal.
//!
//! Everything the loader writes is a pure function of the log ([`Partition`]), so that a crash, a
//! replay, a second owner or a late writer can only write what is already there:
//!
//! * raw rows are keyed by values that the edge stamped; a replay makes the same rows;
//! * rollups are sums of one chunk (a fixed run of offsets), cumulative, versioned by the last
//!   offset they cover; after a crash the loader rewinds to the start of the chunk and writes the
//!   same sums;
//! * a beacon is dropped as a re-send if and only if the same id stands at a smaller offset of its
//!   partition (or in a former log), within the window of the log's own append times; a record that
//!   waited long on its way looks back to before the edge received it, and asks the store.
//!
//! The order of a flush is raw, rollups, ledger, progress; only then is the journal told. Raw rows
//! of the next flush may be written meanwhile. Progress in the store, not the journal's cursor, decides where a partition starts.
#![forbid(unsafe_code)]

mod chunk;
mod config;
mod error;
mod intake;
mod metrics;
mod owned;
mod partition;
mod pending;
mod poison;
mod repair;
mod retry;
mod run;
mod start;
mod window;
mod writing;

pub use config::Config;
pub use error::LoaderError;
pub use metrics::LoaderMetrics;
pub use partition::{DecodedRecord, Disposition, Partition, Settings};
pub use pending::Pending;
pub use repair::{Repair, RepairError};
pub use run::Loader;
pub use start::ReplayFrom;
pub use window::{Reach, ResendWindow};
