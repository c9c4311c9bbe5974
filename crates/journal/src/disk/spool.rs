//! The file as a spool: records come in, are read oldest first, and go one by one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use observation::UnixMillis;
use runtime::Clock;
use rusqlite::Connection;

use super::config::DiskConfig;
use super::extent::Held;
use super::purpose::Purpose;
use super::row::{Portion, open_reader, path_in, read};
use super::schema::is_damage;
use super::{Handle, Opening};
use crate::metrics::JournalMetrics;
use crate::{AppendError, Cause, Consumed, Health, OpenError, Record};

/// A spool. Cheap to clone; the file is closed when the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct SpoolFile {
    handle: Arc<Handle>,
    reader: Arc<Mutex<Option<Reader>>>,
}

/// A connection, and of which incarnation of the file.
#[derive(Debug)]
struct Reader {
    connection: Connection,
    incarnation: u64,
}

impl SpoolFile {
    /// Opens or makes the file. Blocks as the disk does.
    pub(crate) fn open(
        disk: DiskConfig,
        queue: usize,
        max_record: usize,
        clock: Clock,
        metrics: JournalMetrics,
    ) -> Result<Self, OpenError> {
        let opening = Opening {
            disk,
            purpose: Purpose::Spool,
            queue,
            max_record,
        };
        let (handle, _) = Handle::open(opening, clock, metrics)?;
        Ok(Self {
            handle,
            reader: Arc::default(),
        })
    }

    /// Makes a record durable and returns its offset in the spool.
    pub(crate) async fn append(&self, record: Record) -> Result<u64, AppendError> {
        self.handle.queued(record).await
    }

    /// Removes records for good.
    pub(crate) async fn remove(&self, records: Vec<(u32, u64)>) -> Result<(), AppendError> {
        self.handle
            .queue
            .remove(records)
            .await
            .unwrap_or_else(|gone| Err(AppendError::Unavailable(gone.into())))
    }

    /// The oldest records of a partition.
    pub(crate) async fn read(
        &self,
        partition: u32,
        portion: Portion,
    ) -> Result<Vec<Consumed>, Cause> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.read_now(partition, portion))
            .await
            .unwrap_or_else(|panic| Err(panic.into()))
    }

    fn read_now(&self, partition: u32, portion: Portion) -> Result<Vec<Consumed>, Cause> {
        let shared = &self.handle.shared;
        let incarnation = shared.incarnation();
        let mut slot = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = match slot.take() {
            Some(reader) if reader.incarnation == incarnation => reader,
            _ => Reader {
                connection: open_reader(&self.path())?,
                incarnation,
            },
        };
        match read(&reader.connection, partition, 0, portion) {
            Ok(batch) => {
                *slot = Some(reader);
                Ok(batch
                    .into_iter()
                    .map(|stored| {
                        shared.note(&stored);
                        stored.record
                    })
                    .collect())
            }
            Err(error) => {
                if is_damage(&error) {
                    let queue = &self.handle.queue;
                    queue.suspect(incarnation, error.to_string());
                }
                Err(error.into())
            }
        }
    }

    /// Has the file replaced, because it does not hold what it should.
    pub(crate) fn suspect(&self, reason: String) {
        let incarnation = self.handle.shared.incarnation();
        self.handle.queue.suspect(incarnation, reason);
    }

    fn path(&self) -> PathBuf {
        path_in(&self.handle.shared.config.dir)
    }

    /// What a partition holds.
    pub(crate) fn held(&self, partition: u32) -> Held {
        self.handle.shared.held(partition)
    }

    /// What all partitions hold, and when the oldest of it was appended.
    pub(crate) fn held_in_all(&self) -> (Held, Option<UnixMillis>) {
        self.handle.shared.held_in_all()
    }

    /// Whether it takes records.
    pub(crate) fn health(&self) -> Health {
        self.handle.queue.health()
    }

    /// Makes what is queued durable and takes nothing more.
    pub(crate) async fn close(&self, deadline: Duration) {
        self.handle.close(deadline).await;
    }
}
