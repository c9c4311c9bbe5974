//! The appender: one idempotent producer whose delivery reports answer the callers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::Statistics;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use runtime::{Causes as _, Clock};
use tokio::time::Instant;

use super::ack::Ack;
use super::client::{client, log};
use super::config::KafkaConfig;
use super::health::Reports;
use super::requirements::BATCH_OVERHEAD;
use crate::metrics::JournalMetrics;
use crate::{AppendError, Appended, Appender, Cause, Full, Health, OpenError, Record};

/// A producer that fails for good is rebuilt at most this often.
const REBUILD_PAUSE: Duration = Duration::from_secs(1);

/// What a producer is made of.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) max_record: usize,
    pub(crate) queue: usize,
}

pub(crate) struct KafkaAppender {
    settings: ClientConfig,
    topic: String,
    partitions: u32,
    max_record: usize,
    metrics: JournalMetrics,
    reports: Arc<Reports>,
    /// `None` once closed. Read-locked while a record is handed over, never across an await.
    live: RwLock<Option<Live>>,
    rebuilt: Mutex<Instant>,
}

struct Live {
    producer: ThreadedProducer<Context>,
    fatal: Arc<AtomicBool>,
}

/// Receives what one producer reports.
struct Context {
    reports: Arc<Reports>,
    fatal: Arc<AtomicBool>,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        self.reports.observe(&statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error = %error.with_causes(), reason, "Kafka producer");
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            self.fatal.store(true, Ordering::Relaxed);
        }
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Arc<Ack>;

    fn delivery(&self, result: &DeliveryResult<'_>, ack: Arc<Ack>) {
        let message = match result {
            Ok(message) | Err((_, message)) => message,
        };
        self.reports.settled(message.payload_len());
        let answer = match result {
            Ok(message) => match u64::try_from(message.offset()) {
                Ok(offset) => Ok(offset),
                // Durable, but where is not known: a copy that the broker has dropped. Not
                // acknowledged, so it comes again and its identity absorbs it.
                Err(_) => Err(AppendError::Timeout),
            },
            Err((error, _)) => {
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
                    self.fatal.store(true, Ordering::Relaxed);
                }
                Err(refusal(error))
            }
        };
        match &answer {
            Ok(_) => self.reports.succeeded(),
            Err(error) => self.reports.failed(reason(error)),
        }
        ack.answer(answer);
    }
}

fn reason(error: &AppendError) -> String {
    match error {
        AppendError::Unavailable(cause) => format!("Kafka refused a record: {cause}"),
        error => error.to_string(),
    }
}

fn refusal(error: &KafkaError) -> AppendError {
    match error.rdkafka_error_code() {
        // Purged in flight: it was sent, and whether it arrived is not known.
        Some(
            RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::PurgeInflight
            | RDKafkaErrorCode::RequestTimedOut
            | RDKafkaErrorCode::NotEnoughReplicasAfterAppend,
        ) => AppendError::Timeout,
        _ => AppendError::Unavailable(Cause::from(error.to_string())),
    }
}

fn settings(config: &KafkaConfig, limits: &Limits) -> ClientConfig {
    let mut settings = client(config);
    // Defaults that a property may override ...
    for (name, value) in [
        // As librdkafka and Kafka 4.0 (KIP-1030) have it. An idempotent producer has at most five
        // requests on the way for each partition; with a shorter wait than a fifth of the brokers'
        // time to answer, librdkafka's thread asks without a pause whether it may send the next.
        ("linger.ms", "5"),
        ("compression.type", "lz4"),
        ("batch.size", "262144"),
        ("statistics.interval.ms", "5000"),
    ] {
        if settings.get(name).is_none() {
            settings.set(name, value);
        }
    }
    // ... and what the promises rest on.
    let kib = (limits.queue >> 10).to_string();
    settings
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set(
            "delivery.timeout.ms",
            config.delivery_timeout.as_millis().to_string(),
        )
        .set(
            "message.max.bytes",
            (limits.max_record + BATCH_OVERHEAD).to_string(),
        )
        .set("queue.buffering.max.kbytes", kib)
        // The bound is bytes.
        .set("queue.buffering.max.messages", "10000000");
    settings
}

impl KafkaAppender {
    pub(crate) fn new(
        config: &KafkaConfig,
        limits: &Limits,
        clock: Clock,
        metrics: JournalMetrics,
    ) -> Result<Self, OpenError> {
        let settings = settings(config, limits);
        let reports = Arc::new(Reports::new(clock, metrics.clone()));
        let live = build(&settings, &reports).map_err(|source| OpenError::Unavailable {
            what: "a producer of Kafka cannot be made; see `journal.kafka.properties`".to_owned(),
            source: source.into(),
        })?;
        Ok(Self {
            settings,
            topic: config.topic.clone(),
            partitions: config.partitions,
            max_record: limits.max_record,
            metrics,
            reports,
            live: RwLock::new(Some(live)),
            rebuilt: Mutex::new(Instant::now()),
        })
    }

    /// Hands the record to librdkafka, which copies it and repeats it until it is delivered or the
    /// delivery time-out is over; one of the two is told through what is returned.
    pub(crate) fn begin(&self, record: &Record) -> Result<Arc<Ack>, AppendError> {
        if self.is_dead() {
            self.rebuild();
        }
        let ack = Arc::new(Ack::default());
        self.send(record, Arc::clone(&ack))?;
        Ok(ack)
    }

    /// Hands the record to librdkafka, which copies it and answers through `ack`.
    fn send(&self, record: &Record, ack: Arc<Ack>) -> Result<(), AppendError> {
        let partition = record.partition;
        if partition >= self.partitions {
            let partitions = self.partitions;
            return Err(AppendError::NoSuchPartition {
                partition,
                partitions,
            });
        }
        if record.payload.len() > self.max_record {
            return Err(AppendError::TooLarge {
                limit: self.max_record,
            });
        }
        let error = match self.try_send(record, ack) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match error.rdkafka_error_code() {
            None => Err(AppendError::Closed),
            Some(RDKafkaErrorCode::QueueFull) => Err(AppendError::Full { what: Full::Queue }),
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => Err(AppendError::TooLarge {
                limit: self.max_record,
            }),
            Some(_) => Err(AppendError::Unavailable(error.into())),
        }
    }

    fn try_send(&self, record: &Record, ack: Arc<Ack>) -> Result<(), KafkaError> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        let Some(live) = live.as_ref() else {
            return Err(KafkaError::Canceled);
        };
        let message = BaseRecord::with_opaque_to(&self.topic, ack)
            .partition(i32::try_from(record.partition).unwrap_or(i32::MAX))
            .key(&record.key[..])
            .payload(&record.payload[..]);
        self.reports.sent(record.payload.len());
        live.producer.send(message).map_err(|(error, _)| {
            self.reports.settled(record.payload.len());
            if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
                live.fatal.store(true, Ordering::Relaxed);
            }
            error
        })
    }

    fn is_dead(&self) -> bool {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.as_ref()
            .is_some_and(|live| live.fatal.load(Ordering::Relaxed))
    }

    /// Replaces a producer that has failed for good.
    fn rebuild(&self) {
        let mut rebuilt = self.rebuilt.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_dead() || rebuilt.elapsed() < REBUILD_PAUSE {
            return;
        }
        *rebuilt = Instant::now();
        match build(&self.settings, &self.reports) {
            Ok(new) => {
                tracing::warn!("the Kafka producer failed for good and was rebuilt");
                self.metrics.recoveries.inc();
                let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
                let old = live.as_mut().map(|live| std::mem::replace(live, new));
                drop(live);
                // Dropping purges what waits, which answers its callers, and joins a thread: that
                // takes a while and must not happen on the thread of a caller.
                if let Err(error) = std::thread::Builder::new().spawn(move || drop(old)) {
                    tracing::warn!(error = %error.with_causes(), "no thread to drop the old producer on");
                }
            }
            Err(error) => {
                tracing::error!(error = %error.with_causes(), "the Kafka producer cannot be rebuilt yet")
            }
        }
    }
}

fn build(settings: &ClientConfig, reports: &Arc<Reports>) -> Result<Live, KafkaError> {
    let fatal = Arc::new(AtomicBool::new(false));
    let context = Context {
        reports: Arc::clone(reports),
        fatal: Arc::clone(&fatal),
    };
    let producer = settings.create_with_context(context)?;
    Ok(Live { producer, fatal })
}

#[async_trait]
impl Appender for KafkaAppender {
    async fn append(&self, record: Record) -> Result<Appended, AppendError> {
        let (partition, size) = (record.partition, record.payload.len());
        let started = Instant::now();
        let appended = match self.begin(&record) {
            Ok(ack) => {
                // librdkafka has its own copy.
                drop(record);
                ack.wait().await
            }
            Err(error) => Err(error),
        };
        self.metrics.appended(size, started.elapsed(), &appended);
        appended.map(|offset| Appended {
            partition,
            offset: Some(offset),
        })
    }

    fn health(&self) -> Health {
        if self
            .live
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_none()
        {
            return Health::Unready {
                reason: "the journal is closed".to_owned(),
            };
        }
        self.reports.health()
    }

    async fn close(&self, deadline: Duration) {
        let live = self
            .live
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.metrics.ready.set(0);
        let Some(Live { producer, .. }) = live else {
            return;
        };
        let flushed = tokio::task::spawn_blocking(move || {
            // What is not flushed by then is purged by the drop, and its callers are told.
            let flushed = producer.flush(deadline);
            drop(producer);
            flushed
        });
        if let Ok(Err(error)) = flushed.await {
            tracing::warn!(error = %error.with_causes(), "records were not acknowledged before the deadline");
        }
    }
}
