//! The journal in a Kafka cluster: a topic, and the spool that stands before it.

use std::sync::Arc;

use runtime::{Clock, Metrics};
use settings::Span;

use crate::kafka::{KafkaAppender, Limits, check_topic, spawn_consumer};
use crate::metrics::JournalMetrics;
use crate::spool::{Parts, SpoolAppender};
use crate::{Appender, Config, Consumer, LogEnds, OpenError};

/// How long a start with a spool waits for the brokers.
const FIRST_LOOK: Span = Span::secs(3);

/// An open journal in a cluster.
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
        let unchecked = match check_topic(&kafka, config.max_record.as_usize()).await {
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
            check_topic(&self.config.kafka, self.config.max_record.as_usize()).await?;
        }
        let (reader, link) = crate::reader::reader(self.config.read_ahead.as_usize());
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        spawn_consumer(&self.config.kafka, group, link, clock, metrics)?;
        Ok(Box::new(reader))
    }
}
