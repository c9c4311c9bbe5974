//! How rows lie on the wire: the two large tables as Native blocks, the others in `RowBinary` in
//! the order of the structs' fields. Tests read every column back.

mod diagnosis;
mod inventory;
mod native;
mod raw;
mod rollup;
mod side;
mod stored;

pub(crate) use diagnosis::{DIAGNOSIS, Diagnosis, SNAPSHOT, Snapshot, stage, word};
pub(crate) use inventory::{INVENTORY, Inventory, stance};
pub(crate) use native::Block;
pub(crate) use raw::observations;
pub(crate) use rollup::{Chunk, Progress, parts};
pub(crate) use side::{Alert, DeadLetter, Deploy, EdgeReport};
pub(crate) use stored::{STORED_PARTS, StoredPart};

use observation::UnixMillis;

/// Seconds of a `DateTime` column, which holds the years 1970 to 2106.
pub(crate) fn seconds(at: UnixMillis) -> u32 {
    u32::try_from(at.seconds().max(0)).unwrap_or(u32::MAX)
}

/// Back from a `DateTime` column.
pub(crate) fn from_seconds(seconds: u32) -> UnixMillis {
    UnixMillis(i64::from(seconds) * 1000)
}
