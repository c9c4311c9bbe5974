//! How rows lie on the wire. They are written as Native blocks and read as `RowBinary` with names and
//! types, both from the one definition of their struct ([`fields!`](row)).

#[cfg(test)]
mod ddl_tests;
mod encoding;
mod native;
mod row;
mod value;

pub(crate) use encoding::{
    Buckets, Bytes, Encoding, Field, Flat, Lines, List, PairNames, Pairs, Plain, Reasons, Seconds,
    Word, word_or_empty,
};
pub(crate) use native::Block;
pub(crate) use row::{Fields, Stored, column_name, columns, encoding, fields, member};
pub(crate) use value::missing;

use observation::UnixMillis;

/// Seconds of a `DateTime` column, which holds the years 1970 to 2106.
pub(crate) fn seconds(at: UnixMillis) -> u32 {
    u32::try_from(at.seconds().max(0)).unwrap_or(u32::MAX)
}

/// Back from a `DateTime` column.
pub(crate) fn from_seconds(seconds: u32) -> UnixMillis {
    UnixMillis(i64::from(seconds) * 1000)
}
