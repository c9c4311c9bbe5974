//! The polling thread.
//!
//! It polls whatever the loader does, so that rebalances are served at any time; it stops fetching
//! while the loader is behind. Offsets are only ever committed by the loader.

use runtime::Causes as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, KafkaResult};
use tokio::time::Instant;

use super::cursors::Cursors;
use super::ends::{Ends, Look};
use super::group::Change;
use super::topic_consumer::{MetadataClient, TopicConsumer};
use crate::metrics::JournalMetrics;
use crate::reader::{Commit, Link, Reads};
use crate::{ConsumeError, Event};

/// How often the log's ends are asked for, and a quiet partition says that it is caught up.
const REPEAT: Duration = Duration::from_millis(500);

/// The least time between two looks at the ends, when partitions run dry one after the other.
pub(super) const SOONEST: Duration = Duration::from_millis(50);

/// Patience and pause after a question to the brokers that failed.
pub(super) const METADATA_TIMEOUT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// How long the loader may be behind before fetching pauses. Short stalls are waited out, because
/// librdkafka throws away and fetches again what it holds of a paused partition.
const STALL: Duration = Duration::from_secs(1);

/// A partition that is behind and does not move for so long is fetched again: longer than a request
/// to a broker may take.
const STUCK: Duration = Duration::from_secs(15);

/// How long a poll waits to see that nothing is there.
const SETTLE: Duration = Duration::from_millis(1);

/// Messages between two looks at commands.
const BURST: u32 = 256;

pub(crate) struct KafkaReader {
    pub(super) place: TopicConsumer,
    pub(super) asker: MetadataClient,
    pub(super) cursors: Cursors,
    pub(super) ends: Ends,
    pub(super) link: Link,
    pub(super) metrics: JournalMetrics,
    pub(super) allowance: i64,
    pub(super) partitions: BTreeMap<u32, Cursor>,
    /// Assigned, but the loader does not know yet.
    pub(super) unannounced: Vec<u32>,
    pub(super) announce_at: Instant,
    pub(super) ends_at: Instant,
    /// Since when the loader is behind.
    pub(super) stalled: Option<Instant>,
    pub(super) paused: bool,
}

/// A partition of this consumer.
#[derive(Debug)]
pub(super) struct Cursor {
    /// The next offset to hand over; `None` until started.
    pub(super) next: Option<u64>,
    /// An offset beyond `next` that came although everything before it should have.
    pub(super) doubted: Option<u64>,
    /// When a record was handed over, or the partition started.
    pub(super) moved: Instant,
}

impl Cursor {
    fn at(next: Option<u64>) -> Self {
        Self {
            next,
            doubted: None,
            moved: Instant::now(),
        }
    }
}

impl Reads for KafkaReader {
    fn link(&self) -> &Link {
        &self.link
    }

    fn has(&self, partition: u32) -> bool {
        self.partitions.contains_key(&partition)
    }

    fn start(&mut self, partition: u32, offset: u64) -> Result<u64, ConsumeError> {
        if !self.partitions.contains_key(&partition) {
            return Err(ConsumeError::NotAssigned { partition });
        }
        let unavailable = |error: KafkaError| ConsumeError::Unavailable(error.into());
        let (first, end) = self
            .asker
            .bounds(partition, METADATA_TIMEOUT)
            .map_err(unavailable)?;
        let next = offset.clamp(first, end.max(first));
        self.go(partition, next).map_err(unavailable)?;
        self.link.feed.forget(partition);
        Ok(next)
    }

    fn commit(&mut self, commit: Commit) {
        self.cursors.send(commit);
    }

    fn ends(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError> {
        let ends = self.asker.ends(self.asker.all(), METADATA_TIMEOUT);
        let ends = ends.map_err(|error| ConsumeError::Unavailable(error.into()))?;
        Ok(ends.into_iter().collect())
    }
}

impl KafkaReader {
    /// Polls until the consumer is dropped.
    pub(super) fn run(mut self) {
        self.link.bell.answer_here();
        while self.serve_commands().is_ok() {
            self.follow_changes();
            self.announce();
            if self.must_wait() {
                std::thread::park_timeout(SOONEST);
                continue;
            }
            let went_on = self.poll_burst();
            self.look_at_ends();
            if !went_on {
                let idle = self.ends_at.saturating_duration_since(Instant::now());
                std::thread::park_timeout(idle.clamp(Duration::from_millis(1), SOONEST * 2));
            }
        }
        // Dropping the client leaves the group, and with `instance` set keeps the place in it.
    }

    /// Fetches `partition` from `next` on.
    pub(super) fn go(&mut self, partition: u32, next: u64) -> KafkaResult<()> {
        self.place.go(partition, next)?;
        if self.paused {
            self.place.pause([partition])?;
        }
        self.partitions.insert(partition, Cursor::at(Some(next)));
        // Soon: the partition may have nothing to deliver.
        self.ends_at = self.ends_at.min(Instant::now() + SOONEST);
        Ok(())
    }

    fn follow_changes(&mut self) {
        for change in self.place.consumer.context().take_changes() {
            match change {
                Change::Assigned(partition) => {
                    self.partitions.insert(partition, Cursor::at(None));
                    self.unannounced.push(partition);
                }
                Change::Revoked(partition) => {
                    self.partitions.remove(&partition);
                    self.unannounced.retain(|p| *p != partition);
                }
            }
        }
    }

    /// Tells of new partitions, once it is known what was committed of them.
    fn announce(&mut self) {
        if self.unannounced.is_empty() || Instant::now() < self.announce_at {
            return;
        }
        match self
            .place
            .committed(self.unannounced.iter().copied(), METADATA_TIMEOUT)
        {
            Ok(committed) => {
                for partition in std::mem::take(&mut self.unannounced) {
                    let committed = committed.get(&partition).copied();
                    self.metrics.positions(partition, None, committed);
                    self.link.feed.push(Event::Assigned {
                        partition,
                        committed,
                    });
                }
            }
            Err(error) => {
                tracing::warn!(error = %error.with_causes(), "committed offsets cannot be read yet");
                self.announce_at = Instant::now() + PAUSE;
            }
        }
    }

    /// Whether nothing may be fetched because the loader is behind.
    fn must_wait(&mut self) -> bool {
        if !self.link.feed.is_full() {
            self.stalled = None;
            if self.paused {
                self.set_paused(false);
            }
            return false;
        }
        let since = *self.stalled.get_or_insert_with(Instant::now);
        if !self.paused && since.elapsed() >= STALL {
            self.set_paused(true);
        }
        // Once paused, polling delivers nothing more, and the group must be served.
        !self.paused
    }

    fn set_paused(&mut self, paused: bool) {
        let started = self
            .partitions
            .iter()
            .filter(|(_, cursor)| cursor.next.is_some());
        let started: Vec<_> = started.map(|(partition, _)| *partition).collect();
        let done = if paused {
            self.place.pause(started)
        } else {
            self.place.resume(started)
        };
        match done {
            Ok(()) => self.paused = paused,
            Err(error) => {
                tracing::warn!(error = %error.with_causes(), paused, "pausing or resuming failed")
            }
        }
    }

    /// Takes what has arrived, up to a bound; whether there was anything.
    fn poll_burst(&mut self) -> bool {
        for polled in 0..BURST {
            if !self.paused && self.link.feed.is_full() {
                return true;
            }
            if !self.poll(Duration::ZERO) {
                // `None` also stands for an event that was dealt with, so only this means that
                // nothing waits, and that the next event will ring the bell.
                return self.poll(SETTLE) || polled > 0;
            }
        }
        true
    }

    fn poll(&mut self, timeout: Duration) -> bool {
        let consumer = Arc::clone(&self.place.consumer);
        match consumer.poll(timeout) {
            None => return false,
            Some(Ok(message)) => self.deliver(&message),
            Some(Err(error)) => self.handle(error),
        }
        true
    }

    /// Asks for the log's ends, and tells of the partitions that are caught up.
    ///
    /// `at` is taken before the question. A record that was acknowledged before `at` was below the
    /// high watermark by then, so it is below `end`, and everything below `end` was handed over.
    /// A new leader answers only once it knows the watermark of the old one (KIP-207).
    fn look_at_ends(&mut self) {
        if let Some(Look { at, ends }) = self.ends.take() {
            let at = at.plus(-self.allowance);
            for (partition, end) in ends {
                self.metrics.positions(partition, Some(end), None);
                let Some(cursor) = self.partitions.get(&partition) else {
                    continue;
                };
                match cursor.next {
                    Some(next_offset) if next_offset >= end => {
                        self.link.feed.push(Event::CaughtUp {
                            partition,
                            next_offset,
                            at,
                        });
                    }
                    Some(next) if cursor.moved.elapsed() >= STUCK && self.stalled.is_none() => {
                        self.free(partition, next, end);
                    }
                    _ => {}
                }
            }
        }
        if Instant::now() < self.ends_at {
            return;
        }
        self.ends_at = Instant::now() + REPEAT;
        let started = self
            .partitions
            .iter()
            .filter(|(_, cursor)| cursor.next.is_some());
        let started: Vec<_> = started.map(|(partition, _)| *partition).collect();
        if !started.is_empty() {
            self.ends.ask(started);
        }
    }

    /// Fetches again what should have come long ago. Whatever librdkafka waits for, a partition that
    /// stands still while its log grows must not do so forever.
    fn free(&mut self, partition: u32, next: u64, end: u64) {
        tracing::warn!(
            partition,
            next,
            end,
            "nothing comes although the log goes on: fetching again"
        );
        self.metrics.recoveries.inc();
        if let Err(error) = self.go(partition, next) {
            tracing::warn!(partition, error = %error.with_causes(), "fetching again failed");
        }
    }
}
