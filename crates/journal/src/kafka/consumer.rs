//! The polling thread.
//!
//! It polls whatever the loader does, so that rebalances are served at any time; it stops fetching
//! while the loader is behind. Offsets are only ever committed by the loader.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use observation::UnixMillis;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::Offset;
use runtime::Clock;
use tokio::time::Instant;

use super::client::client;
use super::config::KafkaConfig;
use super::group::{Change, Group};
use super::place::Place;
use crate::metrics::JournalMetrics;
use crate::reader::{Command, Gone, Link};
use crate::{ConsumeError, Consumed, Event, KEY_LEN, OpenError};

/// How often the log's ends are asked for, and a quiet partition says that it is caught up.
const REPEAT: Duration = Duration::from_millis(500);

/// The least time between two looks at the ends, when partitions run dry one after the other.
const SOONEST: Duration = Duration::from_millis(50);

/// Patience and pause after a question to the brokers that failed.
const QUESTION: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);

/// How long the loader may be behind before fetching pauses. Short stalls are waited out, because
/// librdkafka throws away and fetches again what it holds of a paused partition.
const STALL: Duration = Duration::from_secs(1);

/// How long a poll waits to see that nothing is there.
const SETTLE: Duration = Duration::from_millis(1);

/// Messages between two looks at commands.
const BURST: u32 = 256;

pub(crate) struct KafkaReader {
    place: Place,
    link: Link,
    clock: Clock,
    metrics: JournalMetrics,
    allowance: i64,
    partitions: BTreeMap<u32, Cursor>,
    /// Assigned, but the loader does not know yet.
    unannounced: Vec<u32>,
    announce_at: Instant,
    ends_at: Instant,
    /// Since when the loader is behind.
    stalled: Option<Instant>,
    paused: bool,
}

/// A partition of this consumer.
#[derive(Debug, Default)]
struct Cursor {
    /// The next offset to hand over; `None` until started.
    next: Option<u64>,
    /// An offset beyond `next` that came although everything before it should have.
    doubted: Option<u64>,
}

fn settings(config: &KafkaConfig, group: &str) -> ClientConfig {
    let mut settings = client(config);
    for (name, value) in [
        ("fetch.wait.max.ms", "500"),
        // The default of a second makes for stalls of a second.
        ("fetch.queue.backoff.ms", "100"),
        ("queued.max.messages.kbytes", "16384"),
    ] {
        if settings.get(name).is_none() {
            settings.set(name, value);
        }
    }
    settings
        .set("group.id", group)
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set(
            "session.timeout.ms",
            config.session_timeout.as_millis().to_string(),
        )
        .set(
            "heartbeat.interval.ms",
            (config.session_timeout.as_millis() / 5).to_string(),
        )
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("allow.auto.create.topics", "false")
        .set("enable.partition.eof", "true")
        .set("check.crcs", "true");
    if !config.instance.is_empty() {
        settings.set("group.instance.id", &config.instance);
    }
    settings
}

/// Joins the group and starts the thread.
pub(crate) fn spawn(
    config: &KafkaConfig,
    group: &str,
    link: Link,
    clock: Clock,
    metrics: JournalMetrics,
) -> Result<(), OpenError> {
    let join = || -> KafkaResult<Arc<BaseConsumer<Group>>> {
        let context = Group::new(Arc::clone(&link.feed));
        let mut consumer: BaseConsumer<Group> =
            settings(config, group).create_with_context(context)?;
        let bell = Arc::clone(&link.bell);
        consumer.set_nonempty_callback(move || bell.ring());
        consumer.subscribe(&[&config.topic])?;
        Ok(Arc::new(consumer))
    };
    let unavailable = |source: crate::Cause| OpenError::Unavailable {
        what: format!("no consumer of topic {} in group {group}", config.topic),
        source,
    };
    let consumer = join().map_err(|error| unavailable(error.into()))?;
    let now = Instant::now();
    let reader = KafkaReader {
        place: Place::new(consumer, config.topic.clone(), config.partitions),
        link,
        clock,
        metrics,
        allowance: config.clock_allowance.as_millis(),
        partitions: BTreeMap::new(),
        unannounced: Vec::new(),
        announce_at: now,
        ends_at: now,
        stalled: None,
        paused: false,
    };
    std::thread::Builder::new()
        .name("journal-kafka".to_owned())
        .spawn(move || reader.run())
        .map(drop)
        .map_err(|error| unavailable(error.into()))
}

impl KafkaReader {
    fn run(mut self) {
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

    fn serve_commands(&mut self) -> Result<(), Gone> {
        while let Some(command) = self.link.command()? {
            // A caller that is gone does not mind, hence the ignored sends.
            match command {
                Command::Start {
                    partition,
                    offset,
                    reply,
                } => {
                    let _ = reply.send(self.start(partition, offset));
                }
                Command::Commit {
                    partition,
                    next_offset,
                    reply,
                } => {
                    if !self.partitions.contains_key(&partition) {
                        let _ = reply.send(Err(ConsumeError::NotAssigned { partition }));
                        continue;
                    }
                    self.commit(partition, next_offset, reply);
                }
                Command::Ends { reply } => {
                    let ends = self.place.ends(self.place.all(), QUESTION);
                    let ends = ends.map_err(|error| ConsumeError::Unavailable(error.into()));
                    let _ = reply.send(ends.map(|ends| ends.into_iter().collect()));
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, partition: u32, offset: u64) -> Result<u64, ConsumeError> {
        if !self.partitions.contains_key(&partition) {
            return Err(ConsumeError::NotAssigned { partition });
        }
        let unavailable = |error: KafkaError| ConsumeError::Unavailable(error.into());
        let (first, end) = self
            .place
            .bounds(partition, QUESTION)
            .map_err(unavailable)?;
        let next = offset.clamp(first, end.max(first));
        self.go(partition, next).map_err(unavailable)?;
        self.link.feed.forget(partition);
        Ok(next)
    }

    /// Fetches `partition` from `next` on.
    fn go(&mut self, partition: u32, next: u64) -> KafkaResult<()> {
        self.place.go(partition, next)?;
        if self.paused {
            self.place.pause([partition])?;
        }
        self.partitions.insert(
            partition,
            Cursor {
                next: Some(next),
                doubted: None,
            },
        );
        // Soon: the partition may have nothing to deliver.
        self.ends_at = self.ends_at.min(Instant::now() + SOONEST);
        Ok(())
    }

    fn commit(&self, partition: u32, next_offset: u64, reply: crate::reader::Reply<()>) {
        let group = self.place.consumer.context();
        group.expect(partition, next_offset, reply);
        let sent = self
            .place
            .list([(partition, Offset::Offset(next_offset.cast_signed()))])
            .and_then(|list| self.place.consumer.commit(&list, CommitMode::Async));
        match sent {
            Ok(()) => self.metrics.positions(partition, None, Some(next_offset)),
            Err(error) => {
                let error = ConsumeError::Unavailable(error.into());
                group.answer((partition, next_offset), Err(error));
            }
        }
    }

    fn follow_changes(&mut self) {
        for change in self.place.consumer.context().take_changes() {
            match change {
                Change::Assigned(partition) => {
                    self.partitions.insert(partition, Cursor::default());
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
            .committed(self.unannounced.iter().copied(), QUESTION)
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
                tracing::warn!(%error, "committed offsets cannot be read yet");
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
            Err(error) => tracing::warn!(%error, paused, "pausing or resuming failed"),
        }
    }

    /// Takes what has arrived, up to a bound; whether there was anything.
    fn poll_burst(&mut self) -> bool {
        for polled in 0..BURST {
            if !self.poll(Duration::ZERO) {
                // `None` also stands for an event that was dealt with, so only this means that
                // nothing waits, and that the next event will ring the bell.
                return self.poll(SETTLE) || polled > 0;
            }
        }
        true
    }

    fn poll(&mut self, patience: Duration) -> bool {
        let consumer = Arc::clone(&self.place.consumer);
        match consumer.poll(patience) {
            None => return false,
            Some(Ok(message)) => self.deliver(&message),
            Some(Err(error)) => self.handle(error),
        }
        true
    }

    fn deliver(&mut self, message: &BorrowedMessage<'_>) {
        let (Ok(partition), Ok(offset)) = (
            u32::try_from(message.partition()),
            u64::try_from(message.offset()),
        ) else {
            return;
        };
        let Some(cursor) = self.partitions.get_mut(&partition) else {
            return;
        };
        // Not started, or what was fetched before a rewind.
        let Some(next) = cursor.next.filter(|next| *next <= offset) else {
            return;
        };
        if offset > next && cursor.doubted != Some(offset) {
            self.doubt(partition, next, offset);
            return;
        }
        if offset > next {
            let missing = offset - next;
            self.metrics.missing.inc_by(missing);
            tracing::error!(partition, next, missing, "the log has lost offsets");
        }
        cursor.next = Some(offset + 1);
        cursor.doubted = None;
        self.metrics.consumed.inc();
        self.link
            .feed
            .push(Event::Record(consumed(message, partition, offset)));
    }

    /// Offsets have no gaps, as nothing else writes to the topic. One that seems to have one is
    /// fetched again from before it: what came may be a remainder of before a rewind.
    fn doubt(&mut self, partition: u32, next: u64, offset: u64) {
        tracing::warn!(
            partition,
            next,
            offset,
            "an offset beyond the next one, fetching again"
        );
        match self.go(partition, next) {
            Ok(()) => {
                if let Some(cursor) = self.partitions.get_mut(&partition) {
                    cursor.doubted = Some(offset);
                }
            }
            Err(error) => self.link.feed.end(format!("cannot fetch again: {error}")),
        }
    }

    fn handle(&mut self, error: KafkaError) {
        use RDKafkaErrorCode as Code;
        match error {
            // The end of a partition: whether it still is one when asked is asked of the broker.
            KafkaError::PartitionEOF(_) => {
                self.ends_at = self.ends_at.min(Instant::now() + SOONEST);
            }
            KafkaError::MessageConsumption(Code::AutoOffsetReset | Code::OffsetOutOfRange) => {
                self.check_bounds();
            }
            KafkaError::MessageConsumption(Code::LogTruncation) => {
                let lost = "Kafka lost acknowledged records (LOG_TRUNCATION)".to_owned();
                tracing::error!("{lost}");
                self.link.feed.end(lost);
            }
            KafkaError::MessageConsumptionFatal(_) => self.link.feed.end(error.to_string()),
            KafkaError::MessageConsumption(
                Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication,
            ) => self.link.feed.report(error.into()),
            error => tracing::debug!(%error, "Kafka consumer"),
        }
    }

    /// A started partition has left the log: below it, when retention was faster than the loader;
    /// beyond it, when the log was cut or made anew.
    fn check_bounds(&mut self) {
        let started: Vec<_> = self
            .partitions
            .iter()
            .filter_map(|(p, cursor)| Some((*p, cursor.next?)))
            .collect();
        for (partition, next) in started {
            let moved = self
                .place
                .bounds(partition, QUESTION)
                .and_then(|(first, end)| {
                    if next < first {
                        let missing = first - next;
                        tracing::error!(partition, next, missing, "retention passed the loader");
                        self.metrics.missing.inc_by(missing);
                        return self.go(partition, first);
                    }
                    if next > end {
                        self.link.feed.end(format!(
                        "partition {partition} ends at {end}, {next} was expected next: the log \
                         was cut or made anew (then raise `journal.kafka.epoch`)"
                    ));
                        return Ok(());
                    }
                    // Also when it is in order: librdkafka has stopped fetching the one it means.
                    self.go(partition, next)
                });
            if let Err(error) = moved {
                self.link
                    .feed
                    .end(format!("partition {partition} left its log: {error}"));
            }
        }
    }

    /// Asks the brokers for the log's ends and tells of the partitions that are caught up.
    ///
    /// `at` is taken before the question. A record that was acknowledged before `at` was below the
    /// high watermark by then, so it is below `end`, and everything below `end` was handed over.
    /// A new leader answers only once it knows the watermark of the old one (KIP-207).
    fn look_at_ends(&mut self) {
        if Instant::now() < self.ends_at {
            return;
        }
        self.ends_at = Instant::now() + REPEAT;
        let started: Vec<_> = self
            .partitions
            .iter()
            .filter_map(|(partition, cursor)| cursor.next.map(|_| *partition))
            .collect();
        if started.is_empty() {
            return;
        }
        let at = UnixMillis(self.clock.now().0.saturating_sub(self.allowance));
        let ends = match self.place.ends(started, PAUSE) {
            Ok(ends) => ends,
            Err(error) => {
                tracing::debug!(%error, "the log's ends cannot be read");
                self.ends_at = Instant::now() + PAUSE;
                return;
            }
        };
        for (partition, end) in ends {
            self.metrics.positions(partition, Some(end), None);
            let next = self
                .partitions
                .get(&partition)
                .and_then(|cursor| cursor.next);
            if let Some(next_offset) = next.filter(|next| *next >= end) {
                self.link.feed.push(Event::CaughtUp {
                    partition,
                    next_offset,
                    at,
                });
            }
        }
    }
}

fn consumed(message: &BorrowedMessage<'_>, partition: u32, offset: u64) -> Consumed {
    let key = message
        .key()
        .and_then(|key| <[u8; KEY_LEN]>::try_from(key).ok());
    Consumed {
        partition,
        offset,
        append_time: UnixMillis(message.timestamp().to_millis().unwrap_or(0)),
        key: key.unwrap_or_default(),
        payload: message
            .payload()
            .map_or_else(Bytes::new, Bytes::copy_from_slice),
    }
}
