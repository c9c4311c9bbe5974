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

use runtime::Clock;

pub use config::KafkaConfig;

use self::producer::{KafkaAppender, Limits};
use crate::metrics::JournalMetrics;
use crate::{Appender, Config, Consumer, OpenError};

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

    pub(crate) fn consumer(&self, group: &str) -> Result<Box<dyn Consumer>, OpenError> {
        let (reader, link) = crate::reader::reader(self.read_ahead);
        let (clock, metrics) = (self.clock.clone(), self.metrics.clone());
        join::spawn(&self.config, group, link, clock, metrics)?;
        Ok(Box::new(reader))
    }
}
