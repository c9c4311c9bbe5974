//! Where partitions begin and end, and where they are read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::group::Group;

/// A consumer together with its topic. Cheap to clone.
#[derive(Clone)]
pub(crate) struct TopicConsumer {
    pub(crate) consumer: Arc<BaseConsumer<Group>>,
    topic: String,
}

impl TopicConsumer {
    pub(crate) const fn new(consumer: Arc<BaseConsumer<Group>>, topic: String) -> Self {
        Self { consumer, topic }
    }

    pub(crate) fn list(
        &self,
        partitions: impl IntoIterator<Item = (u32, Offset)>,
    ) -> KafkaResult<TopicPartitionList> {
        list(&self.topic, partitions)
    }

    fn names(&self, partitions: impl IntoIterator<Item = u32>) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            list.add_partition(&self.topic, number(partition));
        }
        list
    }

    /// What was committed of those partitions of which something was.
    pub(crate) fn committed(
        &self,
        partitions: impl IntoIterator<Item = u32>,
        timeout: Duration,
    ) -> KafkaResult<BTreeMap<u32, u64>> {
        let answer = self
            .consumer
            .committed_offsets(self.names(partitions), timeout)?;
        let mut committed = BTreeMap::new();
        for element in answer.elements() {
            element.error()?;
            if let (Ok(partition), Offset::Offset(offset)) =
                (u32::try_from(element.partition()), element.offset())
            {
                committed.insert(partition, offset.max(0).cast_unsigned());
            }
        }
        Ok(committed)
    }

    /// Reads `partition` from `next` on. Assigned again rather than sought: a seek fails while
    /// librdkafka still looks up the former offset, or has given the partition up.
    /// Not paused afterwards, whatever it was.
    pub(crate) fn go(&self, partition: u32, next: u64) -> KafkaResult<()> {
        self.consumer
            .incremental_unassign(&self.names([partition]))?;
        // A pause of ours outlives the assignment.
        self.resume([partition])?;
        let to = self.list([(partition, Offset::Offset(next.cast_signed()))])?;
        self.consumer.incremental_assign(&to)
    }

    pub(crate) fn pause(&self, partitions: impl IntoIterator<Item = u32>) -> KafkaResult<()> {
        self.consumer.pause(&self.names(partitions))
    }

    pub(crate) fn resume(&self, partitions: impl IntoIterator<Item = u32>) -> KafkaResult<()> {
        self.consumer.resume(&self.names(partitions))
    }
}

/// A client of its own for questions: on the consumer's connections they would wait behind fetches.
#[derive(Clone)]
pub(crate) struct MetadataClient {
    client: Arc<BaseConsumer>,
    topic: String,
    count: u32,
}

impl MetadataClient {
    pub(crate) fn new(settings: &ClientConfig, topic: String, count: u32) -> KafkaResult<Self> {
        let client = Arc::new(settings.create()?);
        Ok(Self {
            client,
            topic,
            count,
        })
    }

    /// All partitions of the topic.
    pub(crate) const fn all(&self) -> std::ops::Range<u32> {
        0..self.count
    }

    /// The first offset that is there, and the one after the last.
    pub(crate) fn bounds(&self, partition: u32, timeout: Duration) -> KafkaResult<(u64, u64)> {
        let (first, end) = self
            .client
            .fetch_watermarks(&self.topic, number(partition), timeout)?;
        Ok((first.max(0).cast_unsigned(), end.max(0).cast_unsigned()))
    }

    /// The log's ends: one question to each leader.
    pub(crate) fn ends(
        &self,
        partitions: impl IntoIterator<Item = u32>,
        timeout: Duration,
    ) -> KafkaResult<BTreeMap<u32, u64>> {
        // In a question for times, the "time" -1 stands for the end, as the offset -1 does.
        let question = list(
            &self.topic,
            partitions.into_iter().map(|p| (p, Offset::End)),
        )?;
        let answer = self.client.offsets_for_times(question, timeout)?;
        let mut ends = BTreeMap::new();
        for element in answer.elements() {
            element.error()?;
            let (Ok(partition), Offset::Offset(end)) =
                (u32::try_from(element.partition()), element.offset())
            else {
                return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::BadMessage));
            };
            ends.insert(partition, end.max(0).cast_unsigned());
        }
        Ok(ends)
    }
}

fn list(
    topic: &str,
    partitions: impl IntoIterator<Item = (u32, Offset)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in partitions {
        list.add_partition_offset(topic, number(partition), offset)?;
    }
    Ok(list)
}

fn number(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}
