//! What the polling thread does with what arrives.

use bytes::Bytes;
use observation::UnixMillis;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use runtime::Causes as _;
use tokio::time::Instant;

use super::consumer::{KafkaReader, METADATA_TIMEOUT, SOONEST};
use crate::{Consumed, Event, KEY_LEN};

impl KafkaReader {
    pub(super) fn deliver(&mut self, message: &BorrowedMessage<'_>) {
        let (Ok(partition), Ok(offset)) = (
            u32::try_from(message.partition()),
            u64::try_from(message.offset()),
        ) else {
            return;
        };
        let Some(cursor) = self.partitions.get_mut(&partition) else {
            return;
        };
        // Not started, or what was fetched before a rewind.
        let Some(next) = cursor.next.filter(|next| *next <= offset) else {
            return;
        };
        if offset > next && cursor.doubted != Some(offset) {
            self.doubt(partition, next, offset);
            return;
        }
        if offset > next {
            let missing = offset - next;
            self.metrics.missing.inc_by(missing);
            tracing::error!(partition, next, missing, "the log has lost offsets");
        }
        cursor.next = Some(offset + 1);
        cursor.doubted = None;
        cursor.moved = Instant::now();
        self.metrics.consumed.inc();
        self.link
            .feed
            .push(Event::Record(consumed(message, partition, offset)));
    }

    /// Offsets have no gaps, as nothing else writes to the topic. One that seems to have one is
    /// fetched again from before it: what came may be a remainder of before a rewind.
    fn doubt(&mut self, partition: u32, next: u64, offset: u64) {
        tracing::warn!(
            partition,
            next,
            offset,
            "an offset beyond the next one, fetching again"
        );
        match self.go(partition, next) {
            Ok(()) => {
                if let Some(cursor) = self.partitions.get_mut(&partition) {
                    cursor.doubted = Some(offset);
                }
            }
            Err(error) => self.link.feed.end(format!("cannot fetch again: {error}")),
        }
    }

    pub(super) fn handle(&mut self, error: KafkaError) {
        use RDKafkaErrorCode as Code;
        match error {
            // The end of a partition: whether it still is one when asked is asked of the broker.
            KafkaError::PartitionEOF(_) => {
                self.ends_at = self.ends_at.min(Instant::now() + SOONEST);
            }
            KafkaError::MessageConsumption(Code::AutoOffsetReset | Code::OffsetOutOfRange) => {
                self.check_bounds();
            }
            KafkaError::MessageConsumption(Code::LogTruncation) => {
                let lost = "Kafka lost acknowledged records (LOG_TRUNCATION)".to_owned();
                tracing::error!("{lost}");
                self.link.feed.end(lost);
            }
            KafkaError::MessageConsumptionFatal(_) => self.link.feed.end(error.to_string()),
            KafkaError::MessageConsumption(
                Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::Authentication,
            ) => self.link.feed.report(error.into()),
            error => tracing::debug!(error = %error.with_causes(), "Kafka consumer"),
        }
    }

    /// A started partition has left the log: below it, when retention was faster than the loader;
    /// beyond it, when the log was cut or made again.
    fn check_bounds(&mut self) {
        let started: Vec<_> = self
            .partitions
            .iter()
            .filter_map(|(p, cursor)| Some((*p, cursor.next?)))
            .collect();
        for (partition, next) in started {
            let moved = self
                .asker
                .bounds(partition, METADATA_TIMEOUT)
                .and_then(|(first, end)| {
                    if next < first {
                        let missing = first - next;
                        tracing::error!(partition, next, missing, "retention passed the loader");
                        self.metrics.missing.inc_by(missing);
                        return self.go(partition, first);
                    }
                    if next > end {
                        self.link.feed.end(format!(
                        "partition {partition} ends at {end}, {next} was expected next: the log \
                         was cut or made again (then raise `journal.kafka.epoch`)"
                    ));
                        return Ok(());
                    }
                    // In order: not the one that is meant, or it soon shows as standing still.
                    Ok(())
                });
            if let Err(error) = moved {
                self.link
                    .feed
                    .end(format!("partition {partition} left its log: {error}"));
            }
        }
    }
}

fn consumed(message: &BorrowedMessage<'_>, partition: u32, offset: u64) -> Consumed {
    let key = message
        .key()
        .and_then(|key| <[u8; KEY_LEN]>::try_from(key).ok());
    Consumed {
        partition,
        offset,
        append_time: UnixMillis(message.timestamp().to_millis().unwrap_or(0)),
        key: key.unwrap_or_default(),
        payload: message
            .payload()
            .map_or_else(Bytes::new, Bytes::copy_from_slice),
    }
}
