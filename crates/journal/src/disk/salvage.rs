//! What is done with a spool's file that is damaged: set aside, read as far as it can be read, and
//! what was read is taken over into a new file.

use runtime::Causes as _;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use observation::UnixMillis;
use rusqlite::Connection;

use super::extent::Extent;
use super::file::{Changes, LogFile};
use super::purpose::Purpose;
use super::row::{Direction, Stored, open_reader, path_in, walk};
use crate::metrics::JournalMetrics;
use crate::{Cause, OpenError, Record, Room};

/// Damaged files that are kept for people to look at; older ones are removed.
const KEPT: usize = 3;

/// Records that are taken over in one transaction.
const STEP: usize = 1000;

/// The files of a database, by what follows its name.
const PARTS: [&str; 3] = ["", "-wal", "-shm"];

/// Sets the file aside and opens a new one with what could be read. Offsets go on from `before`.
///
/// # Errors
/// [`OpenError`] when the directory cannot be written.
pub(crate) fn replace(
    dir: &Path,
    partitions: u32,
    now: UnixMillis,
    before: &[Extent],
    metrics: &JournalMetrics,
) -> Result<LogFile, OpenError> {
    let aside = set_aside(dir, now).map_err(|source| unavailable(dir, source.into()))?;
    metrics.replaced.inc();
    let mut file = LogFile::open(dir, partitions, now, Purpose::Spool)?;
    file.go_on_from(before)
        .map_err(|source| unavailable(dir, source.into()))?;
    let mut taken = Taken {
        file: &mut file,
        waiting: Vec::new(),
        seen: BTreeSet::new(),
        now,
        failure: None,
    };
    let complete = read_all(&aside, partitions, &mut taken);
    taken.flush();
    let (seen, failure) = (taken.seen.len(), taken.failure);
    let damaged = aside.display();
    // Not tried again: that would set aside the new file, and soon nothing were left of this one.
    if let Some(error) = failure {
        tracing::error!(%damaged, error = %error.with_causes(), "a damaged spool was set aside and could not be taken over");
        return Ok(file);
    }
    tracing::error!(
        %damaged,
        saved = seen,
        complete = complete.is_ok(),
        "a damaged spool was set aside; what could be read of it was taken over"
    );
    Ok(file)
}

/// What is taken over.
struct Taken<'a> {
    file: &'a mut LogFile,
    waiting: Vec<Record>,
    /// Where the records were in the damaged file.
    seen: BTreeSet<(u32, u64)>,
    now: UnixMillis,
    failure: Option<rusqlite::Error>,
}

impl Taken<'_> {
    fn take(&mut self, stored: Stored) -> ControlFlow<()> {
        let record = stored.record;
        // Also one whose checksum is wrong: it becomes a dead letter, so that it is counted.
        if self.seen.insert((record.partition, record.offset)) {
            self.waiting.push(Record {
                partition: record.partition,
                key: record.key,
                payload: record.payload,
                room: Room::Shared,
            });
        }
        if self.waiting.len() >= STEP {
            self.flush();
        }
        match self.failure {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    fn flush(&mut self) {
        let records = std::mem::take(&mut self.waiting);
        let changes = Changes {
            records: records.iter().collect(),
            ..Changes::default()
        };
        if let Err(error) = self.file.write(&changes, self.now) {
            self.failure.get_or_insert(error);
        }
    }
}

/// Reads every partition from its beginning up to the damage, then from its end down to it.
fn read_all(path: &Path, partitions: u32, taken: &mut Taken<'_>) -> rusqlite::Result<()> {
    let connection = open_reader(path)?;
    // Otherwise a file that is cut short is not read at all.
    connection.pragma_update(None, "writable_schema", true)?;
    let mut read = Ok(());
    for partition in 0..partitions {
        let upwards = walk(&connection, partition, Direction::Up, |stored| {
            taken.take(stored)
        });
        if upwards.is_err() && taken.failure.is_none() {
            read_rest(&connection, partition, taken);
        }
        read = read.and(upwards);
    }
    read
}

fn read_rest(connection: &Connection, partition: u32, taken: &mut Taken<'_>) {
    let mut rest = Vec::new();
    // What was read before the walk fails counts.
    let _ = walk(connection, partition, Direction::Down, |stored| {
        if taken.seen.contains(&(partition, stored.record.offset)) {
            return ControlFlow::Break(());
        }
        rest.push(stored);
        match rest.len() < REST {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    for stored in rest.into_iter().rev() {
        if taken.take(stored).is_break() {
            break;
        }
    }
}

/// Records behind the damage that are held in memory to be turned round.
const REST: usize = 100_000;

fn set_aside(dir: &Path, now: UnixMillis) -> std::io::Result<PathBuf> {
    let mut earlier: Vec<PathBuf> = std::fs::read_dir(dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| is_aside(path))
        .collect();
    // By their names, which end with the time.
    earlier.sort();
    let too_many = (earlier.len() + 1).saturating_sub(KEPT);
    for old in earlier.iter().take(too_many) {
        for part in PARTS {
            remove_if_there(&with(old, part))?;
        }
    }
    let mut time = now.0;
    let aside = loop {
        let aside = dir.join(format!("damaged-{time:015}.db"));
        if !aside.exists() {
            break aside;
        }
        time += 1;
    };
    let path = path_in(dir);
    for part in PARTS {
        match std::fs::rename(with(&path, part), with(&aside, part)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(aside)
}

fn is_aside(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("damaged-") && name.ends_with(".db"))
}

fn with(path: &Path, part: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(part);
    name.into()
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn unavailable(dir: &Path, source: Cause) -> OpenError {
    let what = format!("a new spool cannot be made in {}", dir.display());
    OpenError::Unavailable { what, source }
}
