//! Why a loader ends.

use journal::ConsumeError;
use store::StoreError;

/// A loader cannot go on without losing or doubling something.
#[derive(Debug, thiserror::Error)]
pub enum LoaderError {
    /// The journal cannot be read any further.
    #[error("the journal cannot be read")]
    Journal(#[from] ConsumeError),
    /// The store refuses something that no single record explains.
    #[error("the store refuses what the loader writes")]
    Store(#[source] StoreError),
    /// The log ends before the place up to which the store has been loaded.
    #[error(
        "partition {partition} of the journal ends at offset {end}, but the store holds it up to \
         {stored}: the journal was cut or made again; raise its epoch (`journal.kafka.epoch`; a \
         journal on disk has its own) to a number that was never used"
    )]
    LogBehindStore {
        /// The partition.
        partition: u32,
        /// Where the log ends.
        end: u64,
        /// Up to where the store was loaded.
        stored: u64,
    },
    /// The log holds something else than what was loaded from it.
    #[error(
        "partition {partition} of the journal holds another record at offset {offset} than the one \
         that was loaded from there: the journal was cut or made again and filled again; raise its \
         epoch (`journal.kafka.epoch`) to a number that was never used: beacons that are stored \
         already are recognised"
    )]
    LogReplaced {
        /// The partition.
        partition: u32,
        /// The offset.
        offset: u64,
    },
}
