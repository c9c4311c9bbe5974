//! The schema of the file, and whether a file has it.

use std::path::Path;

use observation::UnixMillis;
use rusqlite::{Connection, TransactionBehavior};

use super::purpose::Purpose;
use crate::{Cause, OpenError};

/// `application_id` of the file: "cwJ1".
const APPLICATION: i64 = 0x6377_4a31;

const FORMAT: i64 = 2;

const SCHEMA: &str = "
CREATE TABLE meta (
    epoch INTEGER NOT NULL,
    partitions INTEGER NOT NULL
);
-- `next_offset` is the high-water mark as of the last removal of records: a partition that retention
-- has emptied does not start its offsets again.
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

/// Since format 2: a checksum of every record (SQLite has none of its pages), and what a partition
/// of a spool holds, because counting rows means reading them all.
const SECOND: &str = "
ALTER TABLE record ADD COLUMN sum INTEGER;
ALTER TABLE partition ADD COLUMN records INTEGER NOT NULL DEFAULT 0;
ALTER TABLE partition ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
";

/// Sets the connection up and tells whether the file is new.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<bool> {
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

pub(crate) fn create(
    connection: &Connection,
    partitions: u32,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    // Seconds since 1970 as the epoch: a journal that is made again gets a larger one, so that its
    // offsets, which start at 0 again, are other positions than those of the one before.
    let epoch = u32::try_from(now.seconds().max(1)).unwrap_or(u32::MAX);
    let tx = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    tx.execute_batch(SCHEMA)?;
    tx.execute_batch(SECOND)?;
    tx.execute("INSERT INTO meta VALUES (?1, ?2)", [epoch, partitions])?;
    for partition in 0..partitions {
        tx.execute("INSERT INTO partition (id) VALUES (?1)", [partition])?;
    }
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

/// Refuses what is not a journal, and brings an older one to the format of this build.
pub(crate) fn check_format(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let damaged = |source| damaged(path, source);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(damaged)?;
    if application != APPLICATION {
        let what = format!("{} is a database of another program", path.display());
        return Err(OpenError::Damaged { what, source: None });
    }
    match pragma("user_version").map_err(damaged)? {
        FORMAT => Ok(()),
        1 => upgrade(connection).map_err(damaged),
        format => Err(OpenError::Mismatch(format!(
            "{} has format {format}, this version reads up to {FORMAT}: use the version that wrote it",
            path.display()
        ))),
    }
}

fn upgrade(connection: &Connection) -> rusqlite::Result<()> {
    let tx = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    tx.execute_batch(SECOND)?;
    tx.pragma_update(None, "user_version", FORMAT)?;
    tx.commit()
}

/// Epoch and number of partitions.
pub(crate) fn read_meta(
    connection: &Connection,
    path: &Path,
    partitions: u32,
    purpose: Purpose,
) -> Result<u32, OpenError> {
    let (epoch, found) = connection
        .query_row("SELECT epoch, partitions FROM meta", [], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
        })
        .map_err(|source| damaged(path, source))?;
    if found == partitions {
        return Ok(epoch);
    }
    let what_to_do = match purpose {
        Purpose::Journal => format!(
            "Set `journal.disk.partitions = {found}`, or let the loader drain the journal and move \
             the directory away"
        ),
        Purpose::Spool => format!(
            "Start once with `journal.kafka.partitions = {found}` and the former topic, so that \
             the spool is drained, then move the directory away"
        ),
    };
    Err(OpenError::Mismatch(format!(
        "{} has {found} partitions, the configuration wants {partitions}: the number is pinned \
         because it decides where a re-sent beacon goes. {what_to_do}",
        path.display()
    )))
}

/// Moves everything from the write-ahead log into the database and empties the log.
///
/// After a failed fsync the kernel may hold pages of the log that are on no disk and that it will
/// not write again (<https://lwn.net/Articles/752063/>); frames appended behind such a hole would
/// be lost with it. Copying the frames again and starting an empty log closes the hole.
pub(crate) fn empty_wal(connection: &Connection, path: &Path) -> Result<(), OpenError> {
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

/// Whether an error says that the file itself is bad.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}

pub(crate) fn damaged(path: &Path, source: rusqlite::Error) -> OpenError {
    let path = path.display();
    let (what, source): (String, Cause) = match source.sqlite_error_code() {
        _ if is_damage(&source) => (
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
