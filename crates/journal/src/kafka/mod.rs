//! The journal in a Kafka topic.

mod ack;
mod client;
mod complaint;
pub(crate) mod config;
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
use runtime::{Clock, Metrics};
use settings::Span;

pub(crate) use ack::Ack;
pub use config::KafkaConfig;
pub(crate) use producer::KafkaAppender;
pub(crate) use topic::check as check_topic;

use self::place::Asker;
use self::producer::Limits;
use crate::metrics::JournalMetrics;
use crate::spool::{Parts, SpoolAppender};
use crate::{Appender, Config, Consumer, LogEnds, OpenError};

/// How long a start with a spool waits for the brokers.
const FIRST_LOOK: Span = Span::secs(3);

/// A topic.
#[derive(Debug)]
pub(crate) struct KafkaJournal {
    config: Config,
    clock: Clock,
    registry: Metrics,
    metrics: JournalMetrics,
    /// Why the topic could not be checked, if it could not.
    unchecked: Option<String>,
}

impl KafkaJournal {
    pub(crate) async fn open(
        config: &Config,
        clock: Clock,
        registry: Metrics,
        metrics: JournalMetrics,
    ) -> Result<Self, OpenError> {
        let mut kafka = config.kafka.clone();
        if config.spool.enabled {
            kafka.open_timeout = kafka.open_timeout.min(FIRST_LOOK);
        }
        let unchecked = match topic::check(&kafka, config.max_record.as_usize()).await {
            Ok(()) => None,
            Err(error @ OpenError::Unavailable { .. }) if config.spool.enabled => {
                Some(error.to_string())
            }
            Err(error) => return Err(error),
        };
        Ok(Self {
            config: config.clone(),
            clock,
            registry,
            metrics,
            unchecked,
        })
    }

    pub(crate) const fn epoch(&self) -> u32 {
        self.config.kafka.epoch
    }

    pub(crate) const fn partitions(&self) -> u32 {
        self.config.kafka.partitions
    }

    pub(crate) async fn appender(&self) -> Result<Arc<dyn Appender>, OpenError> {
        let limits = Limits {
            max_record: self.config.max_record.as_usize(),
            queue: self.config.queue.as_usize(),
        };
        let new = |metrics| {
            let clock = self.clock.clone();
            KafkaAppender::new(&self.config.kafka, &limits, clock, metrics)
        };
        if !self.config.spool.enabled {
            return Ok(Arc::new(new(self.metrics.clone())?));
        }
        if let Some(reason) = &self.unchecked {
            tracing::warn!(reason, "starting without Kafka: records go to the spool");
        }
        let parts = Parts {
            // Whether appends succeed is for the spool to say.
            kafka: new(self.metrics.with_readiness_apart())?,
            config: self.config.clone(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
            registry: self.registry.clone(),
            unchecked: self.unchecked.clone(),
        };
        Ok(Arc::new(SpoolAppender::open(parts).await?))
    }

    pub(crate) fn ends(&self) -> Result<LogEnds, OpenError> {
        LogEnds::of_topic(&self.config.kafka)
    }

    pub(crate) async fn consumer(&self, group: &str) -> Result<Box<dyn Consumer>, OpenError> {
        if self.unchecked.is_some() {
            topic::check(&self.config.kafka, self.config.max_record.as_usize()).await?;
        }
        let (reader, link) = crate::reader::reader(self.config.read_ahead.as_usize());
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        join::spawn(&self.config.kafka, group, link, clock, metrics)?;
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
