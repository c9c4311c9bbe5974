//! How a record lies in the file, and how it is read back.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use observation::UnixMillis;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use crate::{Consumed, KEY_LEN};

/// Offsets have the low bits of a row id, partitions the rest; the sign stays clear.
const OFFSET_BITS: u32 = 48;

/// The columns that [`read_record`] takes.
const COLUMNS: &str = "id, append_time, key, payload, sum";

/// How much is read at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portion {
    pub(crate) records: usize,
    /// Exceeded by at most one record.
    pub(crate) bytes: usize,
}

/// The row id of a record.
pub(crate) fn row_id(partition: u32, offset: u64) -> i64 {
    debug_assert!(offset < 1 << OFFSET_BITS, "{offset}");
    (i64::from(partition) << OFFSET_BITS) | i64::try_from(offset).unwrap_or(i64::MAX)
}

/// The offset in a row id.
pub(crate) const fn offset_of(row_id: i64) -> u64 {
    (row_id & ((1 << OFFSET_BITS) - 1)).cast_unsigned()
}

/// The partition in a row id.
fn partition_of(row_id: i64) -> u32 {
    u32::try_from(row_id >> OFFSET_BITS).unwrap_or(u32::MAX)
}

/// The path of the database in the journal's directory.
pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

/// Opens a file for reading.
pub(crate) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// A checksum of a record and its place.
pub(crate) fn checksum(id: i64, key: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&id.to_be_bytes());
    hasher.update(key);
    hasher.update(payload);
    hasher.finalize()
}

/// A record as it is in the file.
#[derive(Debug)]
pub(crate) struct Stored {
    /// With an empty payload where it is damaged: all that can be said about it is that it was there,
    /// and whoever decodes it files it as a bad record.
    pub(crate) record: Consumed,
    /// Whether it is what was written.
    pub(crate) is_sound: bool,
}

/// What a column holds; nothing where a flipped bit made a number of it. The checksum tells.
const fn bytes(value: ValueRef<'_>) -> &[u8] {
    match value {
        ValueRef::Blob(bytes) | ValueRef::Text(bytes) => bytes,
        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
    }
}

/// Reads a row of [`COLUMNS`].
fn read_record(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let id: i64 = row.get(0)?;
    let stored_key = bytes(row.get_ref(2)?);
    let payload = bytes(row.get_ref(3)?);
    let append_time = row.get_ref(1)?.as_i64().ok();
    let is_what_was_summed = match row.get_ref(4)? {
        // Records of before format 2 have no checksum.
        ValueRef::Null => true,
        ValueRef::Integer(sum) => sum == i64::from(checksum(id, stored_key, payload)),
        ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => false,
    };
    let is_sound = is_what_was_summed && append_time.is_some();
    let mut key = [0; KEY_LEN];
    if stored_key.len() == KEY_LEN {
        key.copy_from_slice(stored_key);
    }
    let record = Consumed {
        partition: partition_of(id),
        offset: offset_of(id),
        append_time: UnixMillis(append_time.unwrap_or(0)),
        key,
        payload: match is_sound {
            true => Bytes::copy_from_slice(payload),
            false => Bytes::new(),
        },
    };
    Ok(Stored { record, is_sound })
}

/// The records of a partition from an offset on.
pub(crate) fn read(
    connection: &Connection,
    partition: u32,
    from: u64,
    portion: Portion,
) -> rusqlite::Result<Vec<Stored>> {
    let range = [row_id(partition, from), row_id(partition + 1, 0)];
    let (mut batch, mut bytes) = (Vec::new(), 0);
    let sql =
        format!("SELECT {COLUMNS} FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3");
    let mut select = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(portion.records).unwrap_or(i64::MAX);
    let mut rows = select.query([range[0], range[1], limit])?;
    while let Some(row) = rows.next()? {
        let stored = read_record(row)?;
        bytes += stored.record.payload.len();
        batch.push(stored);
        if bytes >= portion.bytes {
            break;
        }
    }
    Ok(batch)
}

/// Which way a file is gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// Goes through the records of a partition until `each` has enough or the file has no more.
///
/// # Errors
/// Of SQLite, where the file is damaged: what was gone through before counts.
pub(crate) fn walk(
    connection: &Connection,
    partition: u32,
    direction: Direction,
    mut each: impl FnMut(Stored) -> std::ops::ControlFlow<()>,
) -> rusqlite::Result<()> {
    let order = match direction {
        Direction::Up => "ASC",
        Direction::Down => "DESC",
    };
    let mut select = connection.prepare(&format!(
        "SELECT {COLUMNS} FROM record WHERE id >= ?1 AND id < ?2 ORDER BY id {order}"
    ))?;
    let mut rows = select.query([row_id(partition, 0), row_id(partition + 1, 0)])?;
    while let Some(row) = rows.next()? {
        if each(read_record(row)?).is_break() {
            break;
        }
    }
    Ok(())
}
