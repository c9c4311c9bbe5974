//! Opening a journal by its configuration.

use std::sync::Arc;
use std::time::Duration;

use runtime::{Clock, Metrics};

use crate::blocking::blocking;
use crate::cluster::KafkaJournal;
use crate::disk::DiskJournal;
use crate::metrics::JournalMetrics;
use crate::{Appender, Config, Consumer, Examined, Kind, LogEnds, OpenError};

/// An open journal: gives its two ends. It stays open until the journal, its appenders and its
/// consumers are dropped.
#[derive(Debug)]
pub struct Journal(Inner);

#[derive(Debug)]
enum Inner {
    Disk(DiskJournal),
    Kafka(Box<KafkaJournal>),
}

impl Journal {
    /// Opens the journal, makes it where that is configured, and checks that what is there agrees
    /// with the configuration. Brokers that do not answer are no error where there is a spool: an
    /// appender then fills it until they do and the topic was checked; a consumer waits for them.
    ///
    /// # Errors
    /// [`OpenError`], whose text says what to do.
    pub async fn open(config: &Config, clock: Clock, metrics: &Metrics) -> Result<Self, OpenError> {
        let config = config.clone();
        match config.kind {
            Kind::Disk => {
                let metrics = JournalMetrics::register(metrics, config.disk.partitions);
                blocking(move || DiskJournal::open(&config, clock, metrics))
                    .await
                    .map(|journal| Self(Inner::Disk(journal)))
            }
            Kind::Kafka => {
                let registry = metrics.clone();
                let metrics = JournalMetrics::register(&registry, config.kafka.partitions);
                KafkaJournal::open(&config, clock, registry, metrics)
                    .await
                    .map(|journal| Self(Inner::Kafka(Box::new(journal))))
            }
        }
    }

    /// Looks at brokers and topic without changing anything; `timeout` bounds each question. `group` is the
    /// consumer group that is to read.
    ///
    /// # Errors
    /// [`OpenError::Unavailable`] where the brokers do not answer.
    pub async fn examine_topic(
        config: &Config,
        group: &str,
        timeout: Duration,
    ) -> Result<Examined, OpenError> {
        crate::kafka::examine(config, group, timeout).await
    }

    /// The incarnation of the log: part of every position.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        match &self.0 {
            Inner::Disk(journal) => journal.epoch(),
            Inner::Kafka(journal) => journal.epoch(),
        }
    }

    /// Tells where the log ends.
    ///
    /// # Errors
    /// [`OpenError`] for settings that Kafka's client refuses.
    pub fn ends(&self) -> Result<LogEnds, OpenError> {
        match &self.0 {
            Inner::Disk(journal) => Ok(LogEnds::of_file(journal.ends())),
            Inner::Kafka(journal) => journal.ends(),
        }
    }

    /// How many partitions the log has.
    #[must_use]
    pub const fn partitions(&self) -> u32 {
        match &self.0 {
            Inner::Disk(journal) => journal.partitions(),
            Inner::Kafka(journal) => journal.partitions(),
        }
    }

    /// The end that makes records durable. To be called once; share the result.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn appender(&self) -> Result<Arc<dyn Appender>, OpenError> {
        match &self.0 {
            Inner::Disk(journal) => Ok(journal.appender()),
            Inner::Kafka(journal) => journal.appender().await,
        }
    }

    /// A consumer of the consumer group `group`. A journal on disk has one group and one consumer
    /// at a time, whatever the group's name.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn consumer(&self, group: &str) -> Result<Box<dyn Consumer>, OpenError> {
        match &self.0 {
            Inner::Disk(journal) => journal.consumer().await,
            Inner::Kafka(journal) => journal.consumer(group).await,
        }
    }
}
