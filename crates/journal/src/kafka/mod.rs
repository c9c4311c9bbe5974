//! The journal in a Kafka topic.

mod ack;
mod client;
mod config;
mod consumer;
mod cursors;
mod deliver;
mod ends;
mod group;
mod health;
mod join;
mod place;
mod producer;
mod topic;

use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaResult;
use runtime::Clock;

pub use config::KafkaConfig;

use self::place::Asker;
use self::producer::{KafkaAppender, Limits};
use crate::metrics::JournalMetrics;
use crate::{Appender, Config, Consumer, LogEnds, OpenError};

/// A checked topic.
#[derive(Debug)]
pub(crate) struct KafkaJournal {
    config: KafkaConfig,
    limits: Limits,
    read_ahead: usize,
    clock: Clock,
    metrics: JournalMetrics,
}

impl KafkaJournal {
    pub(crate) async fn open(
        config: &Config,
        clock: Clock,
        metrics: JournalMetrics,
    ) -> Result<Self, OpenError> {
        let max_record = config.max_record.as_usize();
        topic::check(&config.kafka, max_record).await?;
        Ok(Self {
            config: config.kafka.clone(),
            limits: Limits {
                max_record,
                queue: config.queue.as_usize(),
            },
            read_ahead: config.read_ahead.as_usize(),
            clock,
            metrics,
        })
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.config.epoch
    }

    pub(crate) const fn partitions(&self) -> u32 {
        self.config.partitions
    }

    pub(crate) fn appender(&self) -> Result<Arc<dyn Appender>, OpenError> {
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        Ok(Arc::new(KafkaAppender::new(
            &self.config,
            &self.limits,
            clock,
            metrics,
        )?))
    }

    pub(crate) fn ends(&self) -> Result<LogEnds, OpenError> {
        LogEnds::of_topic(&self.config)
    }

    pub(crate) fn consumer(&self, group: &str) -> Result<Box<dyn Consumer>, OpenError> {
        let (reader, link) = crate::reader::reader(self.read_ahead);
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        join::spawn(&self.config, group, link, clock, metrics)?;
        Ok(Box::new(reader))
    }
}

/// Where a topic ends.
pub(crate) struct KafkaEnds(Asker);

impl std::fmt::Debug for KafkaEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KafkaEnds")
    }
}

impl KafkaEnds {
    pub(crate) fn new(config: &KafkaConfig) -> Result<Self, OpenError> {
        let asker = Asker::new(
            &client::client(config),
            config.topic.clone(),
            config.partitions,
        );
        let asker = asker.map_err(|source| topic::cannot_use(config, source))?;
        Ok(Self(asker))
    }

    pub(crate) fn read(&self, patience: Duration) -> KafkaResult<Vec<(u32, u64)>> {
        let ends = self.0.ends(self.0.all(), patience)?;
        Ok(ends.into_iter().collect())
    }
}
