//! The journal in a file of this machine: for one process, and for `corswatch up`.
//!
//! One thread writes, with group commit: whatever waits becomes one transaction, and what arrives
//! while it is being synced becomes the next. One thread reads. Both are threads rather than tasks
//! because SQLite blocks.

pub(crate) mod config;
mod extent;
mod file;
mod purpose;
mod queue;
mod reader;
mod retention;
mod row;
mod salvage;
mod schema;
mod shared;
mod space;
mod spool;
mod writer;

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use runtime::Clock;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub use config::DiskConfig;
pub(crate) use row::Portion;
pub use space::DiskSpace;
pub(crate) use spool::SpoolFile;

use self::file::LogFile;
use self::purpose::Purpose;
use self::queue::{Append, Queue};
use self::reader::DiskReader;
use self::shared::Shared;
use self::writer::{ShortageLog, Writer};
use crate::metrics::JournalMetrics;
use crate::{AppendError, Appended, Appender, Config, Consumer, Health, OpenError, Record};

/// How long a process or consumer that is about to end may still hold the journal.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the hand-over is looked at.
const HANDOVER_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// An open journal on disk.
#[derive(Debug)]
pub(crate) struct DiskJournal {
    handle: Arc<Handle>,
    clock: Clock,
    epoch: u32,
    partitions: u32,
    read_ahead: usize,
}

/// Ends the writer when the last holder drops it.
#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    max_record: usize,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

/// What a file is opened with.
struct Opening {
    disk: DiskConfig,
    purpose: Purpose,
    queue: usize,
    max_record: usize,
}

impl Handle {
    /// Opens or makes the file and starts its writer; also returns the incarnation of the log.
    fn open(
        opening: Opening,
        clock: Clock,
        metrics: JournalMetrics,
    ) -> Result<(Arc<Self>, u32), OpenError> {
        let Opening { disk, purpose, .. } = opening;
        let lock = lock(&disk.dir, purpose)?;
        let (dir, partitions, now) = (disk.dir.as_path(), disk.partitions, clock.now());
        let file = match LogFile::open(dir, partitions, now, purpose) {
            Err(OpenError::Damaged { what, .. }) if purpose == Purpose::Spool => {
                tracing::error!(what, "the spool is damaged: it is set aside");
                salvage::replace(dir, partitions, now, &[], &metrics)
            }
            opened => opened,
        }?;
        let epoch = file.epoch;
        for (partition, extent) in (0..).zip(&file.extents) {
            metrics.positions(partition, Some(extent.next), extent.committed);
        }
        let queue = Arc::new(Queue::new(opening.queue, metrics.clone()));
        let shared = Arc::new(Shared::new(disk, purpose, metrics, &file));
        let writer = Writer {
            shared: Arc::clone(&shared),
            queue: Arc::clone(&queue),
            clock,
            lock,
            shortages: ShortageLog::default(),
        };
        // Before the first record, so that a disk without room is known from the start.
        writer
            .judge_room(&file)
            .map_err(|error| OpenError::Unavailable {
                what: format!("{} cannot be read", writer.dir().display()),
                source: error.into(),
            })?;
        spawn(purpose.writer(), move || writer.run(file))?;
        let handle = Self {
            shared,
            queue,
            max_record: opening.max_record,
        };
        Ok((Arc::new(handle), epoch))
    }

    async fn queued(&self, record: Record) -> Result<u64, AppendError> {
        let (reply, answer) = oneshot::channel();
        self.queue.append(Append { record, reply })?;
        answer
            .await
            .unwrap_or_else(|gone| Err(AppendError::Unavailable(gone.into())))
    }

    async fn close(&self, deadline: Duration) {
        self.queue.close();
        let queue = Arc::clone(&self.queue);
        // A panic in there was reported by its hook; there is nothing left to close.
        let _ = tokio::task::spawn_blocking(move || queue.wait_until_drained(deadline)).await;
    }
}

impl DiskJournal {
    /// Opens or makes the journal. Blocks for as long as the disk does, and for a few seconds if
    /// another process has the journal.
    pub(crate) fn open(
        config: &Config,
        clock: Clock,
        metrics: JournalMetrics,
    ) -> Result<Self, OpenError> {
        let opening = Opening {
            disk: config.disk.clone(),
            purpose: Purpose::Journal,
            queue: config.queue.as_usize(),
            max_record: config.max_record.as_usize(),
        };
        let (handle, epoch) = Handle::open(opening, clock.clone(), metrics)?;
        Ok(Self {
            handle,
            clock,
            epoch,
            partitions: config.disk.partitions,
            read_ahead: config.read_ahead.as_usize(),
        })
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.epoch
    }

    pub(crate) const fn partitions(&self) -> u32 {
        self.partitions
    }

    pub(crate) fn ends(&self) -> DiskEnds {
        DiskEnds(Arc::clone(&self.handle.shared))
    }

    pub(crate) fn appender(&self) -> Arc<dyn Appender> {
        Arc::new(DiskAppender(Arc::clone(&self.handle)))
    }

    pub(crate) async fn consumer(&self) -> Result<Box<dyn Consumer>, OpenError> {
        let deadline = Instant::now() + HANDOVER_TIMEOUT;
        while !self.handle.shared.try_consume() {
            if Instant::now() >= deadline {
                let what = "the journal on disk has a consumer already, and it has one at most";
                return Err(OpenError::InUse(what.to_owned()));
            }
            tokio::time::sleep(HANDOVER_POLL_INTERVAL).await;
        }
        let (reader, link) = crate::reader::reader(self.read_ahead);
        let thread = DiskReader::new(
            Arc::clone(&self.handle.shared),
            Arc::clone(&self.handle.queue),
            self.clock.clone(),
            link,
        );
        // The reader holds the journal open: commits need the writer.
        let handle = Arc::clone(&self.handle);
        spawn("journal-read", move || {
            thread.run();
            drop(handle);
        })?;
        Ok(Box::new(reader))
    }
}

/// Where a journal on disk ends.
#[derive(Debug, Clone)]
pub(crate) struct DiskEnds(Arc<Shared>);

impl DiskEnds {
    pub(crate) fn read(&self) -> Vec<(u32, u64)> {
        let extents = self.0.extents();
        (0..)
            .zip(extents)
            .map(|(p, extent)| (p, extent.next))
            .collect()
    }
}

#[derive(Debug)]
struct DiskAppender(Arc<Handle>);

#[async_trait]
impl Appender for DiskAppender {
    async fn append(&self, record: Record) -> Result<Appended, AppendError> {
        let Handle {
            shared, max_record, ..
        } = &*self.0;
        let (partition, size) = (record.partition, record.payload.len());
        let started = Instant::now();
        let partitions = shared.config.partitions;
        let appended = if partition >= partitions {
            Err(AppendError::NoSuchPartition {
                partition,
                partitions,
            })
        } else if size > *max_record {
            Err(AppendError::TooLarge { limit: *max_record })
        } else {
            self.0.queued(record).await
        };
        shared.metrics.appended(size, started.elapsed(), &appended);
        appended.map(|offset| Appended {
            partition,
            offset: Some(offset),
        })
    }

    fn health(&self) -> Health {
        self.0.queue.health()
    }

    async fn close(&self, deadline: Duration) {
        self.0.close(deadline).await;
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|source| {
            let what = format!("cannot start the thread {name}");
            OpenError::Unavailable {
                what,
                source: source.into(),
            }
        })
}

/// Takes the directory for this process.
fn lock(dir: &Path, purpose: Purpose) -> Result<File, OpenError> {
    let unavailable = |source: std::io::Error| OpenError::Unavailable {
        what: format!(
            "{} cannot be used as the journal's directory",
            dir.display()
        ),
        source: source.into(),
    };
    let mut file = private(dir).map_err(unavailable)?;
    let deadline = Instant::now() + HANDOVER_TIMEOUT;
    while let Err(error) = file.try_lock() {
        if let TryLockError::Error(error) = error {
            return Err(unavailable(error));
        }
        if Instant::now() >= deadline {
            return Err(OpenError::InUse(format!(
                "{} is in use by process {}: it has one process; stop that process, or give this \
                 one another `{}.dir`",
                dir.display(),
                holder(&mut file),
                purpose.section()
            )));
        }
        std::thread::sleep(HANDOVER_POLL_INTERVAL);
    }
    file.set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()))
        .map_err(unavailable)?;
    Ok(file)
}

/// Makes the directory and its files, and those of earlier versions, readable for their owner alone:
/// a record says which pages people visited. Returns the lock. SQLite gives the files that it makes
/// beside its database the database's mode.
fn private(dir: &Path) -> std::io::Result<File> {
    let make = |path: &Path| {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(file)
    };
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    match std::fs::set_permissions(dir, Permissions::from_mode(0o700)) {
        // A volume that is mounted there belongs to whoever mounted it; its mode is theirs.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
        done => done?,
    }
    make(&row::path_in(dir))?;
    make(&dir.join("journal.lock"))
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // Only for the message.
    let _ = file.read_to_string(&mut text);
    if text.is_empty() {
        "unknown".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_and_files_are_their_owners_alone_whoever_made_them() {
        let folder = tempfile::tempdir().expect("a directory");
        let dir = folder.path().join("deep/journal");
        let modes = || {
            let of = |path: &Path| {
                let found = std::fs::metadata(path).expect("it is there");
                found.permissions().mode() & 0o777
            };
            [
                of(&dir),
                of(&row::path_in(&dir)),
                of(&dir.join("journal.lock")),
            ]
        };
        drop(lock(&dir, Purpose::Journal).expect("it is free"));
        assert_eq!(modes(), [0o700, 0o600, 0o600]);
        // As an earlier version made them.
        std::fs::set_permissions(&dir, Permissions::from_mode(0o755)).expect("it is ours");
        let database = row::path_in(&dir);
        std::fs::set_permissions(&database, Permissions::from_mode(0o644)).expect("it is ours");
        drop(lock(&dir, Purpose::Journal).expect("it is free"));
        assert_eq!(modes(), [0o700, 0o600, 0o600]);
    }
}
