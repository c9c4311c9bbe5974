//! The file: one SQLite database in WAL mode with `synchronous=FULL`.
//!
//! A record's row id is its partition and its offset, so that a partition is one run of the table
//! and an append touches its last page.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use observation::UnixMillis;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::{Cause, OpenError, Record};

/// Offsets have the low bits of a row id, partitions the rest; the sign stays clear.
const OFFSET_BITS: u32 = 48;

/// `application_id` of the file: "cwJ1".
const APPLICATION: i64 = 0x6377_4a31;

const FORMAT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE meta (
    epoch INTEGER NOT NULL,
    partitions INTEGER NOT NULL
);
-- `next_offset` is the high-water mark as of the last removal of records: a partition that retention
-- has emptied does not start its offsets anew.
CREATE TABLE partition (
    id INTEGER PRIMARY KEY,
    first_offset INTEGER NOT NULL DEFAULT 0,
    next_offset INTEGER NOT NULL DEFAULT 0,
    committed INTEGER
);
CREATE TABLE record (
    id INTEGER PRIMARY KEY,
    append_time INTEGER NOT NULL,
    key BLOB NOT NULL,
    payload BLOB NOT NULL
);
";

/// Where a partition begins, ends, and what its consumer has dealt with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) first: u64,
    pub(crate) next: u64,
    pub(crate) committed: Option<u64>,
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

/// The path of the database in the journal's directory.
pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

/// The writing end of the file.
#[derive(Debug)]
pub(crate) struct LogFile {
    connection: Connection,
    pub(crate) epoch: u32,
    pub(crate) extents: Vec<Extent>,
    /// Append times never run backwards, whatever the clock does: retention relies on it.
    last_append: UnixMillis,
}

/// One transaction's worth of work.
#[derive(Debug, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) records: Vec<&'a Record>,
    pub(crate) commits: Vec<(u32, u64)>,
}

impl LogFile {
    /// Opens the file, or makes it with `partitions` and the epoch that `now` gives it.
    pub(crate) fn open(dir: &Path, partitions: u32, now: UnixMillis) -> Result<Self, OpenError> {
        let path = path_in(dir);
        let damaged = |source: rusqlite::Error| damaged(&path, source);
        let connection = Connection::open(&path).map_err(damaged)?;
        let is_new = prepare(&connection).map_err(damaged)?;
        if is_new {
            create(&connection, partitions, now).map_err(damaged)?;
        }
        check_format(&connection, &path)?;
        empty_wal(&connection, &path)?;
        let (epoch, found) = connection
            .query_row("SELECT epoch, partitions FROM meta", [], |row| {
                Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
            })
            .map_err(damaged)?;
        if found != partitions {
            return Err(OpenError::Mismatch(format!(
                "{} has {found} partitions, the configuration wants {partitions}: the number is \
                 pinned because it decides where a re-sent beacon goes. Set \
                 `journal.disk.partitions = {found}`, or let the loader drain the journal and move \
                 the directory away",
                path.display()
            )));
        }
        let extents = (0..partitions)
            .map(|partition| read_extent(&connection, partition))
            .collect::<Result<Vec<_>, _>>()
            .map_err(damaged)?;
        let last_append = last_append(&connection, &extents).map_err(damaged)?;
        Ok(Self {
            connection,
            epoch,
            extents,
            last_append,
        })
    }

    /// Makes the changes durable in one transaction and returns the offsets of the records.
    /// Nothing is changed, here or in the file, unless it returns `Ok`; after an error of the
    /// commit itself the file may have changed.
    pub(crate) fn write(
        &mut self,
        changes: &Changes<'_>,
        now: UnixMillis,
    ) -> rusqlite::Result<Vec<u64>> {
        let mut extents = self.extents.clone();
        let append_time = now.max(self.last_append);
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut offsets = Vec::with_capacity(changes.records.len());
        {
            let mut insert = tx.prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4)")?;
            for record in &changes.records {
                let next = &mut extents[record.partition as usize].next;
                let id = row_id(record.partition, *next);
                insert.execute(params![
                    id,
                    append_time.0,
                    &record.key[..],
                    &record.payload[..]
                ])?;
                offsets.push(*next);
                *next += 1;
            }
            for (partition, next_offset) in &changes.commits {
                extents[*partition as usize].committed = Some(*next_offset);
            }
            let mut commit =
                tx.prepare_cached("UPDATE partition SET committed = ?2 WHERE id = ?1")?;
            for partition in changes
                .commits
                .iter()
                .map(|(p, _)| *p)
                .collect::<BTreeSet<_>>()
            {
                let committed = extents[partition as usize].committed;
                commit.execute(params![partition, committed.map(signed)])?;
            }
        }
        tx.commit()?;
        self.extents = extents;
        self.last_append = append_time;
        Ok(offsets)
    }

    /// When the record at `offset` was appended, if it is still there.
    pub(crate) fn append_time(
        &self,
        partition: u32,
        offset: u64,
    ) -> rusqlite::Result<Option<UnixMillis>> {
        self.connection
            .prepare_cached("SELECT append_time FROM record WHERE id = ?1")?
            .query_row([row_id(partition, offset)], |row| {
                row.get(0).map(UnixMillis)
            })
            .optional()
    }

    /// Removes what lies below `offset`.
    pub(crate) fn remove_below(&mut self, partition: u32, offset: u64) -> rusqlite::Result<()> {
        let extent = self.extents[partition as usize];
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.prepare_cached("DELETE FROM record WHERE id >= ?1 AND id < ?2")?
            .execute([row_id(partition, extent.first), row_id(partition, offset)])?;
        tx.prepare_cached(
            "UPDATE partition SET first_offset = ?2, next_offset = ?3 WHERE id = ?1",
        )?
        .execute(params![partition, signed(offset), signed(extent.next)])?;
        tx.commit()?;
        self.extents[partition as usize].first = offset;
        Ok(())
    }

    /// Bytes in use: what retention has freed counts as free, although the file keeps it.
    pub(crate) fn used_bytes(&self) -> rusqlite::Result<u64> {
        let pragma = |name| {
            self.connection
                .pragma_query_value(None, name, |row| row.get(0))
        };
        let (pages, free, size): (i64, i64, i64) = (
            pragma("page_count")?,
            pragma("freelist_count")?,
            pragma("page_size")?,
        );
        Ok(((pages - free) * size).max(0).cast_unsigned())
    }
}

/// Opens the file for reading.
pub(crate) fn open_reader(dir: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path_in(dir), flags)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Sets the connection up and tells whether the file is new.
fn prepare(connection: &Connection) -> rusqlite::Result<bool> {
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", false)?;
    // 8 MiB of cache; checkpoints every 16 MiB, after which a grown WAL is cut to 64 MiB.
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(objects == 0)
}

fn create(connection: &Connection, partitions: u32, now: UnixMillis) -> rusqlite::Result<()> {
    // Seconds since 1970 as the epoch: a journal that is made anew gets a larger one, so that its
    // offsets, which start at 0 again, are other positions than those of the one before.
    let epoch = u32::try_from(now.seconds().max(1)).unwrap_or(u32::MAX);
    let tx = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    tx.execute_batch(SCHEMA)?;
    tx.execute("INSERT INTO meta VALUES (?1, ?2)", [epoch, partitions])?;
    for partition in 0..partitions {
        tx.execute("INSERT INTO partition (id) VALUES (?1)", [partition])?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

fn check_format(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, format) = pragma("application_id")
        .and_then(|application| Ok((application, pragma("user_version")?)))
        .map_err(|source| damaged(path, source))?;
    if application != APPLICATION {
        let what = format!("{} is a database of another program", path.display());
        return Err(OpenError::Damaged { what, source: None });
    }
    if format != FORMAT {
        return Err(OpenError::Mismatch(format!(
            "{} has format {format}, this version reads {FORMAT}: use the version that wrote it",
            path.display()
        )));
    }
    Ok(())
}

/// Moves everything from the write-ahead log into the database and empties the log.
///
/// After a failed fsync the kernel may hold pages of the log that are on no disk and that it will
/// not write again (<https://lwn.net/Articles/752063/>); frames appended behind such a hole would
/// be lost with it. Copying the frames anew and starting an empty log closes the hole.
fn empty_wal(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(|source| damaged(path, source))?;
    if busy != 0 {
        let what = format!(
            "{} is being read, its log cannot be emptied yet",
            path.display()
        );
        return Err(OpenError::InUse(what));
    }
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let expected = pragma("page_count")
        .and_then(|pages| Ok(pages * pragma("page_size")?))
        .map_err(|source| damaged(path, source))?;
    let found = std::fs::metadata(path).map_or(0, |meta| meta.len());
    if i64::try_from(found).unwrap_or(i64::MAX) < expected {
        let what = format!(
            "{} is cut short: {found} of {expected} bytes are there; restore the file, or move the \
             directory away to start an empty journal",
            path.display()
        );
        return Err(OpenError::Damaged { what, source: None });
    }
    Ok(())
}

fn read_extent(connection: &Connection, partition: u32) -> rusqlite::Result<Extent> {
    let (first, next, committed): (i64, i64, Option<i64>) = connection.query_row(
        "SELECT first_offset, next_offset, committed FROM partition WHERE id = ?1",
        [partition],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let last: Option<i64> = connection.query_row(
        "SELECT max(id) FROM record WHERE id >= ?1 AND id < ?2",
        [row_id(partition, 0), row_id(partition + 1, 0)],
        |row| row.get(0),
    )?;
    let after_last = last.map_or(0, |id| offset_of(id) + 1);
    Ok(Extent {
        first: first.cast_unsigned(),
        next: after_last.max(next.cast_unsigned()),
        committed: committed.map(i64::cast_unsigned),
    })
}

fn last_append(connection: &Connection, extents: &[Extent]) -> rusqlite::Result<UnixMillis> {
    let mut last = UnixMillis(0);
    for (partition, extent) in (0..).zip(extents) {
        if extent.next == extent.first {
            continue;
        }
        // A row that should be there and is not is damage, hence no `optional`.
        let time = connection.query_row(
            "SELECT append_time FROM record WHERE id = ?1",
            [row_id(partition, extent.next - 1)],
            |row| row.get(0),
        )?;
        last = last.max(UnixMillis(time));
    }
    Ok(last)
}

fn damaged(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.display();
    let (what, source): (String, Cause) = match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => (
            format!(
                "{path} is damaged or not a journal; restore the file, or move the directory away \
                 to start an empty journal"
            ),
            source.into(),
        ),
        Some(_) => {
            let what = format!("{path} cannot be opened for writing");
            return OpenError::Unavailable {
                what,
                source: source.into(),
            };
        }
        None => (
            format!("{path} does not hold what a journal holds"),
            source.into(),
        ),
    };
    OpenError::Damaged {
        what,
        source: Some(source),
    }
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
