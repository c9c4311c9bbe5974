//! The journal in a Kafka topic.

mod ack;
mod client;
mod client_error_log;
pub(crate) mod config;
mod consumer;
mod cursors;
mod deliver;
mod ends;
mod examine;
mod group;
mod health;
mod join;
mod producer;
mod requirements;
mod topic;
mod topic_consumer;

use std::time::Duration;

use rdkafka::error::KafkaResult;

pub(crate) use ack::Ack;
pub use config::KafkaConfig;
pub(crate) use examine::examine;
pub use examine::{Examined, ExaminedTopic};
pub(crate) use join::spawn as spawn_consumer;
pub(crate) use producer::{KafkaAppender, Limits};
pub(crate) use topic::check as check_topic;

use self::topic_consumer::MetadataClient;
use crate::OpenError;

/// Where a topic ends.
pub(crate) struct KafkaEnds(MetadataClient);

impl std::fmt::Debug for KafkaEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KafkaEnds")
    }
}

impl KafkaEnds {
    pub(crate) fn new(config: &KafkaConfig) -> Result<Self, OpenError> {
        let asker = MetadataClient::new(
            &client::client(config),
            config.topic.clone(),
            config.partitions,
        );
        let asker = asker.map_err(|source| topic::cannot_use(config, source))?;
        Ok(Self(asker))
    }

    pub(crate) fn read(&self, timeout: Duration) -> KafkaResult<Vec<(u32, u64)>> {
        let ends = self.0.ends(self.0.all(), timeout)?;
        Ok(ends.into_iter().collect())
    }
}
