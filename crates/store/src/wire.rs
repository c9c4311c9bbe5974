//! How rows lie on the wire: RowBinary, column by column in the order of the structs, which are
//! the column lists of the statements. A test reads every column back.

mod raw;
mod rollup;
mod side;

pub(crate) use raw::Observation;
pub(crate) use rollup::{Chunk, Part, Progress};
pub(crate) use side::{Alert, DeadLetter, Deploy, EdgeReport};

use observation::UnixMillis;

/// Seconds of a `DateTime` column, which holds the years 1970 to 2106.
pub(crate) fn seconds(at: UnixMillis) -> u32 {
    u32::try_from(at.seconds().max(0)).unwrap_or(u32::MAX)
}

/// Back from a `DateTime` column.
pub(crate) fn from_seconds(seconds: u32) -> UnixMillis {
    UnixMillis(i64::from(seconds) * 1000)
}

/// Splits a histogram into the two arrays that it is stored as.
pub(crate) fn unzip<C: Copy>(pairs: &[(u8, C)]) -> (Vec<u8>, Vec<C>) {
    pairs.iter().copied().unzip()
}
