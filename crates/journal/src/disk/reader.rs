//! The thread that reads ahead for the consumer, on a connection of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use runtime::{Causes as _, Clock};
use rusqlite::Connection;
use tokio::time::Instant;

use super::queue::Queue;
use super::row::{Portion, open_reader, path_in, read};
use super::shared::Shared;
use crate::reader::{Commit, Link, Reads};
use crate::{ConsumeError, Event};

/// What one query reads.
const BATCH: Portion = Portion {
    records: 1024,
    bytes: 2 << 20,
};

/// How often a quiet partition says that it is caught up.
const REPEAT: Duration = Duration::from_millis(500);

/// Pause after a failed read.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct DiskReader {
    pub(crate) shared: Arc<Shared>,
    pub(crate) queue: Arc<Queue>,
    pub(crate) clock: Clock,
    pub(crate) link: Link,
    connection: Option<Connection>,
    cursors: BTreeMap<u32, Cursor>,
}

/// A started partition.
#[derive(Debug)]
struct Cursor {
    next: u64,
    /// When it said that it is caught up; `None` since the last record.
    caught_up: Option<Instant>,
}

impl Reads for DiskReader {
    fn link(&self) -> &Link {
        &self.link
    }

    fn has(&self, partition: u32) -> bool {
        self.shared.extent(partition).is_some()
    }

    fn start(&mut self, partition: u32, offset: u64) -> Result<u64, ConsumeError> {
        let extent = self
            .shared
            .extent(partition)
            .ok_or(ConsumeError::NotAssigned { partition })?;
        let next = offset.clamp(extent.first, extent.next);
        self.link.feed.forget(partition);
        self.cursors.insert(
            partition,
            Cursor {
                next,
                caught_up: None,
            },
        );
        Ok(next)
    }

    fn commit(&mut self, commit: Commit) {
        self.queue.commit(commit);
    }

    fn ends(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError> {
        let extents = self.shared.extents();
        Ok((0..)
            .zip(extents)
            .map(|(p, extent)| (p, extent.next))
            .collect())
    }
}

impl DiskReader {
    pub(crate) fn new(shared: Arc<Shared>, queue: Arc<Queue>, clock: Clock, link: Link) -> Self {
        Self {
            shared,
            queue,
            clock,
            link,
            connection: None,
            cursors: BTreeMap::new(),
        }
    }

    /// Reads until the consumer is dropped.
    pub(crate) fn run(mut self) {
        self.link.bell.answer_here();
        self.shared.set_reader(Some(Arc::clone(&self.link.bell)));
        for (partition, extent) in (0..).zip(self.shared.extents()) {
            let committed = extent.committed;
            self.link.feed.push(Event::Assigned {
                partition,
                committed,
            });
        }
        while self.serve_commands().is_ok() {
            if self.link.feed.is_full() {
                std::thread::park_timeout(REPEAT);
                continue;
            }
            match self.read_all() {
                Ok(Progress::Some) => {}
                Ok(Progress::None) => std::thread::park_timeout(REPEAT / 2),
                Err(error) => {
                    tracing::error!(error = %error.with_causes(), "the journal cannot be read");
                    self.connection = None;
                    self.link.feed.report(error.into());
                    std::thread::park_timeout(PAUSE);
                }
            }
        }
        self.shared.release_consumer();
    }

    /// Reads one batch of every started partition.
    fn read_all(&mut self) -> rusqlite::Result<Progress> {
        let mut progress = Progress::None;
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open_reader(&path_in(&self.shared.config.dir))?,
        };
        for (&partition, cursor) in &mut self.cursors {
            // Before the look at the log's end: what is acknowledged by now is in `extent`.
            let now = self.clock.now();
            let Some(extent) = self.shared.extent(partition) else {
                continue;
            };
            if cursor.next < extent.next {
                let batch = read(&connection, partition, cursor.next, BATCH)?;
                let (Some(first), Some(last)) = (batch.first(), batch.last()) else {
                    // Retention never takes the last records of a partition: this is damage.
                    return Err(rusqlite::Error::QueryReturnedNoRows);
                };
                // Retention may have passed a reader that was told to start long ago.
                self.shared
                    .metrics
                    .missing
                    .inc_by(first.record.offset - cursor.next);
                cursor.next = last.record.offset + 1;
                cursor.caught_up = None;
                self.shared.metrics.consumed.inc_by(batch.len() as u64);
                for stored in batch {
                    self.shared.note(&stored);
                    self.link.feed.push(Event::Record(stored.record));
                }
                progress = Progress::Some;
            } else if cursor.caught_up.is_none_or(|at| at.elapsed() >= REPEAT) {
                cursor.caught_up = Some(Instant::now());
                let next_offset = cursor.next;
                self.link.feed.push(Event::CaughtUp {
                    partition,
                    next_offset,
                    at: now,
                });
            }
        }
        self.connection = Some(connection);
        Ok(progress)
    }
}

/// Whether anything was read.
#[derive(Debug, PartialEq, Eq)]
enum Progress {
    Some,
    None,
}
