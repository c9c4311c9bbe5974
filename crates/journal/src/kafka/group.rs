//! What the consumer group tells: which partitions come and go.

use runtime::Causes as _;
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::client::log;
use crate::Event;
use crate::handoff::BoundedHandoff;

/// A partition came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Assigned(u32),
    Revoked(u32),
}

/// Called by librdkafka on the polling thread.
pub(crate) struct Group {
    feed: Arc<BoundedHandoff>,
    changes: Mutex<Vec<Change>>,
}

impl Group {
    pub(crate) fn new(feed: Arc<BoundedHandoff>) -> Self {
        Self {
            feed,
            changes: Mutex::default(),
        }
    }

    /// The changes since the last call.
    pub(crate) fn take_changes(&self) -> Vec<Change> {
        std::mem::take(&mut *self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, partitions: &TopicPartitionList, change: impl Fn(u32) -> Change) {
        let partitions = partitions.elements();
        let numbers = partitions
            .iter()
            .filter_map(|p| u32::try_from(p.partition()).ok());
        self.changes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(numbers.map(change));
    }

    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &mut TopicPartitionList,
    ) -> KafkaResult<()> {
        // Nothing is to be fetched before the loader says where to start, but a partition must be
        // assigned for the rebalance to end: paused, and at an absolute offset. A logical one would
        // be looked up, and when the answer comes after the start, librdkafka 2.12 looks up again and
        // goes there (`rd_kafka_toppar_handle_Offset`).
        partitions.set_all_offsets(Offset::Offset(0))?;
        consumer.incremental_assign(partitions)?;
        consumer.pause(partitions)?;
        self.note(partitions, Change::Assigned);
        Ok(())
    }

    fn revoke(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &TopicPartitionList,
    ) -> KafkaResult<()> {
        // The loader's side first: afterwards the partition is another consumer's.
        for element in partitions.elements() {
            if let Ok(partition) = u32::try_from(element.partition()) {
                self.feed.forget(partition);
                self.feed.push(Event::Revoked { partition });
            }
        }
        self.note(partitions, Change::Revoked);
        consumer.incremental_unassign(partitions)
    }
}

impl ClientContext for Group {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(error = %error.with_causes(), reason, "Kafka consumer");
    }
}

impl ConsumerContext for Group {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let done = match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.assign(consumer, partitions)
            }
            _ => self.revoke(consumer, partitions),
        };
        if let Err(error) = done {
            tracing::error!(error = %error.with_causes(), "rebalancing failed");
            self.feed.end(format!("rebalancing failed: {error}"));
        }
    }
}
