//! An appender to Kafka that goes on while Kafka does not.
//!
//! A record goes to its partition, and where that does not acknowledge it in time, or refuses it, to
//! a file of this machine; either makes it durable. Each partition has a [`breaker`], and a [`drain`]
//! that hands on what the file holds once the partition is quick again.
//!
//! A record can reach the log twice: Kafka may have taken what it never acknowledged, and a process
//! may be killed between the acknowledgement of a drained record and its removal. Both copies have
//! one identity and lie in one partition, where the loader drops the second.

mod breaker;
pub(crate) mod config;
mod drain;
mod metrics;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use runtime::{Causes as _, Clock, Metrics};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use config::SpoolConfig;

use self::breaker::{Breaker, InFlight, Landing, Mode, Route};
use self::metrics::SpoolMetrics;
use self::watch::StartGate;
use crate::disk::SpoolFile;
use crate::kafka::{Ack, KafkaAppender};
use crate::metrics::JournalMetrics;
use crate::{AppendError, Appended, Appender, Config, Health, OpenError, Record, Spooled};

/// Portions of several records that are on their way from the file to Kafka at a time, whatever
/// the number of partitions: what bounds the memory of the drains.
const PORTIONS: usize = 16;

/// An appender to Kafka with a spool. Its tasks end with it.
#[derive(Debug)]
pub(crate) struct SpoolAppender(Arc<Inner>);

impl Drop for SpoolAppender {
    fn drop(&mut self) {
        self.0.stop.cancel();
    }
}

struct Inner {
    kafka: KafkaAppender,
    file: SpoolFile,
    breakers: Vec<Arc<Breaker>>,
    /// Whether the topic is known to keep what is promised of it.
    gate: StartGate,
    ack_timeout: Duration,
    max_record: usize,
    clock: Clock,
    metrics: JournalMetrics,
    counts: SpoolMetrics,
    portions: Semaphore,
    closed: AtomicBool,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// What an appender with a spool is put together from.
pub(crate) struct Parts {
    pub(crate) kafka: KafkaAppender,
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// The journal's metrics.
    pub(crate) metrics: JournalMetrics,
    pub(crate) registry: Metrics,
    /// Why the topic could not be checked yet, if it could not.
    pub(crate) unchecked: Option<String>,
}

impl SpoolAppender {
    /// Opens the file and starts to drain what it holds.
    ///
    /// # Errors
    /// [`OpenError`] when the directory cannot be used.
    pub(crate) async fn open(parts: Parts) -> Result<Self, OpenError> {
        let Parts { config, clock, .. } = parts;
        let partitions = config.kafka.partitions;
        let of_file = JournalMetrics::detached(partitions);
        let counts = SpoolMetrics::register(&parts.registry, partitions, &of_file);
        let max_record = config.max_record.as_usize();
        let disk = config.spool.file(partitions);
        let (queue, of_clock) = (config.queue.as_usize(), clock.clone());
        let file = crate::blocking::blocking(move || {
            SpoolFile::open(disk, queue, max_record, of_clock, of_file)
        })
        .await?;
        let is_unchecked = parts.unchecked.is_some();
        let mode = |partition| match is_unchecked || file.held(partition).records > 0 {
            true => Mode::Open,
            false => Mode::Closed,
        };
        let breakers = (0..partitions).map(|p| Breaker::new(mode(p))).collect();
        let inner = Arc::new(Inner {
            kafka: parts.kafka,
            file,
            breakers,
            gate: StartGate::new(parts.unchecked),
            ack_timeout: config.spool.ack_timeout.duration(),
            max_record,
            clock,
            metrics: parts.metrics,
            counts,
            portions: Semaphore::new(PORTIONS),
            closed: AtomicBool::new(false),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        inner.start(config);
        Ok(Self(inner))
    }
}

impl Inner {
    fn start(self: &Arc<Self>, config: Config) {
        self.show();
        for partition in 0..config.kafka.partitions {
            let inner = Arc::clone(self);
            self.spawn(async move { drain::run(&inner, partition).await });
        }
        let inner = Arc::clone(self);
        self.spawn(async move { watch::show(&inner).await });
        let inner = Arc::clone(self);
        self.spawn(async move { watch::check_topic(&inner, &config).await });
    }

    /// Runs `work` until the appender is closed or dropped.
    fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            // Either way there is nothing to tell.
            let _ = stop.run_until_cancelled(work).await;
        });
    }

    async fn append(self: &Arc<Self>, record: Record) -> Result<Appended, AppendError> {
        let partition = record.partition;
        if self.closed.load(Ordering::Acquire) {
            return Err(AppendError::Closed);
        }
        let Some(breaker) = self.breakers.get(partition as usize) else {
            let partitions = u32::try_from(self.breakers.len()).unwrap_or(u32::MAX);
            return Err(AppendError::NoSuchPartition {
                partition,
                partitions,
            });
        };
        if record.payload.len() > self.max_record {
            let limit = self.max_record;
            return Err(AppendError::TooLarge { limit });
        }
        match breaker.route(self.ack_timeout).await {
            Route::Kafka(in_flight) => self.to_kafka(record, in_flight).await,
            Route::Spool(landing) => self.to_spool(record, landing).await.map(|_| Appended {
                partition,
                offset: None,
            }),
        }
    }

    async fn to_kafka(
        self: &Arc<Self>,
        record: Record,
        in_flight: InFlight,
    ) -> Result<Appended, AppendError> {
        let partition = record.partition;
        let (error, late) = match self.kafka.begin(&record) {
            Err(error) => (error, None),
            Ok(ack) => {
                match tokio::time::timeout(self.ack_timeout, Arc::clone(&ack).wait()).await {
                    Ok(Ok(offset)) => {
                        return Ok(Appended {
                            partition,
                            offset: Some(offset),
                        });
                    }
                    Ok(Err(error)) => (error, None),
                    Err(_) => (AppendError::Timeout, Some(ack)),
                }
            }
        };
        if !is_outage(&error) {
            return Err(error);
        }
        let landing = self.trip(partition, &error);
        let landed = self.to_spool(record, landing).await;
        if let Some(ack) = late {
            self.await_report(ack, in_flight, partition, landed.as_ref().ok().copied());
        }
        landed.map(|_| Appended {
            partition,
            offset: None,
        })
    }

    async fn to_spool(&self, record: Record, landing: Landing) -> Result<u64, AppendError> {
        let landed = self.file.append(record).await;
        drop(landing);
        if landed.is_ok() {
            self.counts.spooled.inc();
        }
        landed
    }

    fn trip(&self, partition: u32, error: &AppendError) -> Landing {
        let (landing, before) = self.breakers[partition as usize].trip();
        if before != Mode::Open {
            self.counts.tripped(partition);
            self.counts.breaker(partition, Mode::Open);
            tracing::warn!(partition, error = %error.with_causes(), "records of the partition go to the spool");
        }
        landing
    }

    /// Kafka still has a record that was spooled meanwhile: should it take it after all, the copy
    /// goes. Until it is settled the partition is not drained.
    fn await_report(
        self: &Arc<Self>,
        ack: Arc<Ack>,
        in_flight: InFlight,
        partition: u32,
        copy: Option<u64>,
    ) {
        let inner = Arc::clone(self);
        self.spawn(async move {
            if ack.wait().await.is_ok() {
                inner.counts.late.inc();
                if let Some(offset) = copy {
                    // A copy that stays is drained, and dropped by its identity.
                    if let Err(error) = inner.file.remove(vec![(partition, offset)]).await {
                        tracing::debug!(error = %error.with_causes(), "a spooled copy stays");
                    }
                }
            }
            drop(in_flight);
        });
    }

    fn health(&self) -> Health {
        if self.closed.load(Ordering::Acquire) {
            let reason = "the journal is closed".to_owned();
            return Health::Unready { reason };
        }
        let diverted = self
            .breakers
            .iter()
            .filter(|breaker| breaker.mode() != Mode::Closed)
            .count();
        let of_kafka = match (self.gate.closed(), self.kafka.health()) {
            (Some(reason), _) => Some(reason),
            (None, Health::Unready { reason }) => Some(reason),
            (None, _) => None,
        };
        match (self.file.health(), of_kafka) {
            (Health::Unready { reason }, None) if diverted == 0 => Health::Degraded {
                reason: format!("without a spool: {reason}"),
                spooled: self.spooled(),
            },
            (Health::Unready { reason }, of_kafka) => {
                let of_kafka = of_kafka.unwrap_or_else(|| "Kafka is slow".to_owned());
                let reason = format!("{of_kafka}; the spool cannot take records: {reason}");
                Health::Unready { reason }
            }
            (_, None) if diverted == 0 => Health::Ready,
            (_, of_kafka) => {
                let partitions = self.breakers.len();
                let why = of_kafka.unwrap_or_else(|| "Kafka is catching up".to_owned());
                Health::Degraded {
                    reason: format!(
                        "records of {diverted} of {partitions} partitions go to the spool: {why}"
                    ),
                    spooled: self.spooled(),
                }
            }
        }
    }

    fn spooled(&self) -> Spooled {
        let (held, oldest) = self.file.held_in_all();
        let age = |oldest: observation::UnixMillis| {
            let millis = self.clock.now().0.saturating_sub(oldest.0);
            Duration::from_millis(u64::try_from(millis).unwrap_or(0))
        };
        Spooled {
            records: held.records,
            bytes: held.bytes,
            oldest: oldest.map_or(Duration::ZERO, age),
        }
    }

    /// Shows the state in the metrics.
    fn show(&self) {
        let Spooled {
            records,
            bytes,
            oldest,
        } = self.spooled();
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.counts.records.set(gauge(records));
        self.counts.bytes.set(gauge(bytes));
        self.counts.oldest_seconds.set(gauge(oldest.as_secs()));
        for (partition, breaker) in (0..).zip(&self.breakers) {
            self.counts.breaker(partition, breaker.mode());
        }
        self.metrics.ready.set(self.health().is_ready().into());
    }

    async fn close(&self, deadline: Duration) {
        let started = Instant::now();
        self.closed.store(true, Ordering::Release);
        // First what Kafka still has. Nobody waits for it longer than `ack_timeout`: then they turn
        // to the file, which has to be open until they have.
        self.kafka.close(self.ack_timeout.min(deadline)).await;
        let left = deadline.saturating_sub(started.elapsed());
        let settle = futures::future::join_all(self.breakers.iter().map(|one| one.is_settled()));
        if tokio::time::timeout(left, settle).await.is_err() {
            tracing::warn!("some records were not made durable before the deadline");
        }
        let left = deadline.saturating_sub(started.elapsed());
        self.file.close(left).await;
        self.stop.cancel();
        self.tasks.close();
        let left = deadline.saturating_sub(started.elapsed());
        if tokio::time::timeout(left, self.tasks.wait()).await.is_err() {
            tracing::warn!("the spool did not come to rest before the deadline");
        }
        self.show();
        let Spooled { records, .. } = self.spooled();
        if records > 0 {
            tracing::warn!(records, "the spool is not empty: the next start drains it");
        }
    }
}

/// Whether an error is Kafka's, so that the spool helps.
fn is_outage(error: &AppendError) -> bool {
    match error {
        AppendError::Full { .. } | AppendError::Timeout | AppendError::Unavailable(_) => true,
        AppendError::TooLarge { .. }
        | AppendError::NoSuchPartition { .. }
        | AppendError::Closed => false,
    }
}

#[async_trait]
impl Appender for SpoolAppender {
    async fn append(&self, record: Record) -> Result<Appended, AppendError> {
        let (size, started) = (record.payload.len(), Instant::now());
        let appended = self.0.append(record).await;
        self.0.metrics.appended(size, started.elapsed(), &appended);
        appended
    }

    fn health(&self) -> Health {
        self.0.health()
    }

    async fn close(&self, deadline: Duration) {
        self.0.close(deadline).await;
    }
}
