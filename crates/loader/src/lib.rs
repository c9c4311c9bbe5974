//! Journal to store: batches, partial rollups of fixed log chunks, re-sends dropped, dead letters.
//! The only consumer of the journal.
//!
//! **Promises.** Everything the loader writes is a pure function of the log ([`Partition`]), so that a crash, a
//! replay, a second owner or a late writer can only write what is already there:
//!
//! * raw rows are keyed by values that the edge stamped; a replay makes the same rows;
//! * rollups are sums of one chunk (a fixed run of offsets), cumulative, versioned by the last
//!   offset they cover; after a crash the loader rewinds to the start of the chunk and writes the
//!   same sums;
//! * a beacon is dropped as a re-send if and only if the same id has a smaller offset in its
//!   partition (or in a former log), within the window of the log's own append times; a record that
//!   waited long on its way looks back to before the edge received it, and asks the store.
//!
//! The order of a flush is raw, rollups, ledger, progress; only then is the journal committed. Raw rows
//! of the next flush may be written meanwhile. Progress in the store, not the journal's cursor, decides where a partition starts.
//!
//! ```
//! use journal::Consumed;
//! use loader::{DecodedRecord, Disposition, Partition, Pending, Settings};
//! use observation::{Entry, UnixMillis};
//!
//! let settings = Settings { epoch: 1, chunk_size: 1000, resend_window: 3_600_000 };
//! let mut partition = Partition::new(settings, 0, 0);
//! let mut pending = Pending::default();
//! let envelope = testkit::fact::envelope(1, [testkit::fact::blocked()]);
//! let record = |offset| DecodedRecord::new(Consumed {
//!     partition: 0, offset, append_time: UnixMillis(1_795_000_000_000), key: [0; 12],
//!     payload: Entry::Beacon(envelope.clone()).encode().into(),
//! });
//! assert_eq!(partition.consume(record(0), &[], &mut pending), Some(Disposition::Stored));
//! assert_eq!(partition.consume(record(1), &[], &mut pending), Some(Disposition::Duplicate));
//! assert_eq!(pending.batch.observations.len(), 1);
//! ```
//!
//! **Never.** It answers no HTTP, reads no clock to decide what is stored, and skips no record in silence: each
//! ends as stored, duplicate, dead letter or edge report.
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
