//! What the consumer group tells: rebalances and the outcome of commits.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;

use super::client::log;
use crate::feed::Feed;
use crate::reader::Reply;
use crate::{ConsumeError, Event};

/// A partition came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Assigned(u32),
    Revoked(u32),
}

struct Pending {
    partition: u32,
    next_offset: u64,
    reply: Reply<()>,
}

/// Called by librdkafka on the polling thread.
pub(crate) struct Group {
    feed: Arc<Feed>,
    changes: Mutex<Vec<Change>>,
    commits: Mutex<Vec<Pending>>,
}

impl Group {
    pub(crate) fn new(feed: Arc<Feed>) -> Self {
        Self {
            feed,
            changes: Mutex::default(),
            commits: Mutex::default(),
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

    /// Remembers who waits for a commit.
    pub(crate) fn expect(&self, partition: u32, next_offset: u64, reply: Reply<()>) {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        // Those whose caller has lost patience, so that the list stays short.
        commits.retain(|pending| !pending.reply.is_closed());
        commits.push(Pending {
            partition,
            next_offset,
            reply,
        });
    }

    /// Answers who waits for a commit.
    pub(crate) fn answer(
        &self,
        (partition, next_offset): (u32, u64),
        result: Result<(), ConsumeError>,
    ) {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |p: &Pending| p.partition == partition && p.next_offset == next_offset;
        if let Some(at) = commits.iter().position(is_it) {
            // A caller that is gone does not mind.
            let _ = commits.swap_remove(at).reply.send(result);
        }
    }

    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &mut TopicPartitionList,
    ) -> KafkaResult<()> {
        // Nothing is to be fetched before the loader says where to start. A partition must be
        // assigned nevertheless for the rebalance to end, so: at the end, and paused.
        partitions.set_all_offsets(Offset::End)?;
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
        tracing::debug!(%error, reason, "Kafka consumer");
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
            tracing::error!(%error, "rebalancing failed");
            self.feed.end(format!("rebalancing failed: {error}"));
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, partitions: &TopicPartitionList) {
        for element in partitions.elements() {
            let position = match (u32::try_from(element.partition()), element.offset()) {
                (Ok(partition), Offset::Offset(offset)) if offset >= 0 => {
                    (partition, offset.cast_unsigned())
                }
                _ => continue,
            };
            let result = result.clone().and_then(|()| element.error());
            self.answer(
                position,
                result.map_err(|e| ConsumeError::Unavailable(e.into())),
            );
        }
    }
}
