//! The one thread that writes: group commit, retention, recovery.

use std::cell::Cell;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::{Backoff, Causes as _, Clock};
use tokio::time::Instant;

use super::file::{Changes, LogFile};
use super::purpose::Purpose;
use super::queue::{Batch, Queue, Work};
use super::retention::{self, Pressure, Shortage};
use super::salvage;
use super::schema::is_damage;
use super::shared::Shared;
use crate::{AppendError, Cause, ConsumeError, Full, OpenError};

/// How often the room and the age of the records are looked at.
const HOUSEKEEPING: Duration = Duration::from_secs(1);

/// How often at most the log says that the file takes no more: a disk that is full to the last byte
/// takes small records and refuses large ones.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Pauses between attempts to open the file again.
const INITIAL_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) clock: Clock,
    /// Held for as long as this thread may write.
    pub(crate) lock: File,
    pub(crate) shortages: ShortageLog,
}

/// What the log says of a shortage.
#[derive(Debug, Default)]
pub(crate) struct ShortageLog {
    /// Whether the last was that nothing is taken.
    full: Cell<bool>,
    at: Cell<Option<Instant>>,
}

impl ShortageLog {
    fn tell(&self, shortage: Option<&Shortage>, purpose: Purpose) {
        match shortage {
            Some(_) if self.full.get() => {}
            Some(_) if self.at.get().is_some_and(|at| at.elapsed() < TELL_AGAIN) => {}
            Some(Shortage { reason, .. }) => {
                tracing::warn!("{reason}");
                self.full.set(true);
                self.at.set(Some(Instant::now()));
            }
            None if self.full.replace(false) => {
                tracing::info!("there is room again: the {} takes records", purpose.noun());
            }
            None => {}
        }
    }
}

impl Writer {
    /// Writes until all handles are gone.
    pub(crate) fn run(self, mut file: LogFile) {
        let mut housekeeping_due = Instant::now();
        loop {
            let work = self.queue.take(HOUSEKEEPING);
            let done = match work {
                Work::End => break,
                Work::Idle => Ok(()),
                // Another reader may have said it of the file that was set aside meanwhile.
                Work::Replace { incarnation, .. } if incarnation != self.shared.incarnation() => {
                    Ok(())
                }
                Work::Replace { reason, .. } => Err(Trouble::Damage(reason)),
                Work::Write(batch) => self.write(&mut file, batch).map_err(Trouble::from),
            };
            let done = done.and_then(|()| {
                if Instant::now() < housekeeping_due {
                    return Ok(());
                }
                housekeeping_due = Instant::now() + HOUSEKEEPING;
                self.keep_house(&mut file).map_err(Trouble::from)
            });
            if let Err(trouble) = done {
                match self.recover(file, &trouble) {
                    Some(opened) => file = opened,
                    None => break,
                }
            }
        }
        // Not before the file is closed: the next process must not find it in use.
        drop(self.lock);
    }

    fn write(&self, file: &mut LogFile, batch: Batch) -> rusqlite::Result<()> {
        let changes = Changes {
            records: batch.appends.iter().map(|append| &append.record).collect(),
            commits: batch
                .commits
                .iter()
                .map(|c| (c.partition, c.next_offset))
                .collect(),
            removals: batch
                .removals
                .iter()
                .flat_map(|removal| removal.records.iter().copied())
                .collect(),
        };
        let bytes = batch
            .appends
            .iter()
            .map(|append| append.record.size())
            .sum();
        let written = file.write(&changes, self.clock.now());
        if written.is_ok() {
            // Readers first: who has an acknowledgement can rely on the record being found.
            self.shared.publish(file);
        }
        let result = self.answer(batch, written);
        self.queue.release(bytes);
        result
    }

    fn answer(&self, batch: Batch, written: rusqlite::Result<Vec<u64>>) -> rusqlite::Result<()> {
        // A caller that is gone does not mind, hence the ignored sends.
        match written {
            Ok(offsets) => {
                for (append, offset) in batch.appends.into_iter().zip(offsets) {
                    let _ = append.reply.send(Ok(offset));
                }
                for commit in batch.commits {
                    let _ = commit.reply.send(Ok(()));
                }
                for removal in batch.removals {
                    let _ = removal.reply.send(Ok(()));
                }
                Ok(())
            }
            Err(error) => {
                let full = is_disk_full(&error);
                for append in batch.appends {
                    let _ = append.reply.send(Err(if full {
                        AppendError::Full { what: Full::Disk }
                    } else {
                        AppendError::Unavailable(cause(&error))
                    }));
                }
                for commit in batch.commits {
                    let _ = commit
                        .reply
                        .send(Err(ConsumeError::Unavailable(cause(&error))));
                }
                for removal in batch.removals {
                    let _ = removal
                        .reply
                        .send(Err(AppendError::Unavailable(cause(&error))));
                }
                if full {
                    // SQLite has rolled back and the connection is good; housekeeping looks again.
                    self.set_full(Some(self.of_disk()));
                    return Ok(());
                }
                Err(error)
            }
        }
    }

    fn keep_house(&self, file: &mut LogFile) -> rusqlite::Result<()> {
        let config = &self.shared.config;
        let pressure = self.judge_room(file)?;
        if self.shared.purpose == Purpose::Spool {
            self.shared.set_oldest(file.oldest()?);
            return Ok(());
        }
        let swept =
            retention::sweep(file, config, self.clock.now()).and_then(|()| match pressure {
                Pressure::None => Ok(()),
                Pressure::Size | Pressure::Disk => {
                    retention::relieve(file, config, pressure)?;
                    self.judge_room(file).map(drop)
                }
            });
        match swept {
            Err(error) if is_disk_full(&error) => self.set_full(Some(self.of_disk())),
            other => other?,
        }
        self.shared.publish(file);
        Ok(())
    }

    /// Looks whether there is room for more.
    pub(crate) fn judge_room(&self, file: &LogFile) -> rusqlite::Result<Pressure> {
        let usage = file.usage()?;
        let room = retention::room(&self.shared.config, self.shared.purpose, usage);
        let metrics = &self.shared.metrics;
        let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        metrics.disk_used.set(bytes(usage.used));
        if let Some(free) = room.free {
            metrics.disk_free.set(bytes(free));
        }
        self.set_full(room.shortage);
        Ok(room.pressure)
    }

    fn set_full(&self, shortage: Option<Shortage>) {
        self.shortages.tell(shortage.as_ref(), self.shared.purpose);
        self.queue.set_full(shortage);
    }

    fn of_disk(&self) -> Shortage {
        Shortage::of_disk(&self.shared.config, self.shared.purpose)
    }

    /// Stops acknowledging, opens the file again and says so. A failed fsync is not repeated:
    /// `LogFile::open` rewrites what the log held.
    fn recover(&self, file: LogFile, trouble: &Trouble) -> Option<LogFile> {
        tracing::error!(%trouble, dir = %self.dir().display(), "the journal cannot be used");
        self.queue
            .break_off(&format!("the file of the journal failed: {trouble}"));
        let (epoch, extents) = (file.epoch, file.extents.clone());
        drop(file);
        let purpose = self.shared.purpose;
        let mut is_damaged = matches!(trouble, Trouble::Damage(_));
        let mut pauses = Backoff::new(INITIAL_BACKOFF, MAX_BACKOFF);
        loop {
            self.queue.rest(pauses.pause());
            if self.queue.is_abandoned() {
                return None;
            }
            let (partitions, now) = (self.shared.config.partitions, self.clock.now());
            let opened = match (purpose, is_damaged) {
                (Purpose::Spool, true) => {
                    let metrics = &self.shared.metrics;
                    salvage::replace(self.dir(), partitions, now, &extents, metrics)
                }
                _ => LogFile::open(self.dir(), partitions, now, purpose),
            };
            match opened {
                Ok(file) if file.epoch == epoch || purpose == Purpose::Spool => {
                    tracing::info!("the journal was opened again");
                    self.shared.metrics.recoveries.inc();
                    self.shared.renewed();
                    self.shared.publish(&file);
                    self.queue.mend();
                    return Some(file);
                }
                Ok(_) => self
                    .queue
                    .break_off("the journal's file was replaced: restart"),
                Err(error) => {
                    is_damaged |= matches!(error, OpenError::Damaged { .. });
                    tracing::warn!(error = %error.with_causes(), "the journal cannot be opened again yet");
                }
            }
        }
    }

    pub(crate) fn dir(&self) -> &PathBuf {
        &self.shared.config.dir
    }
}

/// Why the file has to be opened again.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    /// It cannot be written or synced.
    #[error(transparent)]
    Sql(rusqlite::Error),
    /// What it holds is not what was written.
    #[error("the file is damaged: {0}")]
    Damage(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        if is_damage(&error) {
            return Self::Damage(error.to_string());
        }
        Self::Sql(error)
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

fn cause(error: &rusqlite::Error) -> Cause {
    // The error cannot be cloned, and every caller of the transaction gets it.
    error.to_string().into()
}
