//! A look at brokers and topic that changes nothing.

use std::time::Duration;

use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaErrorCode;
use settings::Span;

use super::client::client;
use super::config::KafkaConfig;
use super::requirements;
use super::topic::{cannot_use, describe, find};
use crate::{Config, OpenError};

/// How often brokers that move a group are asked.
const MOVING_POLL_INTERVAL: Duration = Duration::from_millis(200);

/// What brokers that answer say of the topic.
#[derive(Debug)]
pub enum Examined {
    /// The brokers do not have it.
    NoTopic,
    /// They have it.
    Topic(ExaminedTopic),
}

/// A topic, seen from outside.
#[derive(Debug)]
pub struct ExaminedTopic {
    /// Its partitions.
    pub partitions: usize,
    /// Replicas of the partition that has the fewest.
    pub replicas: usize,
    /// What the journal would refuse to open it for; the text says what to do.
    pub mismatch: Option<OpenError>,
    /// What is permitted and unwise, each with what to do.
    pub weaknesses: Vec<String>,
    /// Why the consumer group may not read it.
    pub group: Result<(), String>,
}

/// Asks the brokers, for at most `timeout` a question, what they have.
///
/// # Errors
/// [`OpenError::Unavailable`] where they do not answer, or the settings make no client.
pub(crate) async fn examine(
    config: &Config,
    group: &str,
    timeout: Duration,
) -> Result<Examined, OpenError> {
    let mut kafka = config.kafka.clone();
    kafka.open_timeout = Span::millis(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
    let Some(layout) = find(&kafka).await? else {
        return Ok(Examined::NoTopic);
    };
    let (mut weaknesses, mut mismatch) = (Vec::new(), None);
    let mut note = |checked: Result<Vec<String>, OpenError>| match checked {
        Ok(found) => weaknesses.extend(found),
        // The first is what a start would stop at.
        Err(error) => mismatch = mismatch.take().or(Some(error)),
    };
    note(requirements::of_layout(&kafka, layout));
    let admin: AdminClient<DefaultClientContext> = client(&kafka)
        .create()
        .map_err(|source| cannot_use(&kafka, source))?;
    note(match describe(&kafka, &admin).await {
        Ok(settings) => requirements::of_settings(&kafka, &settings, config.max_record.as_usize()),
        Err(error) => Ok(vec![format!(
            "its settings cannot be read ({error}): permit DescribeConfigs on the topic"
        )]),
    });
    Ok(Examined::Topic(ExaminedTopic {
        partitions: layout.partitions,
        replicas: layout.replicas,
        mismatch,
        weaknesses,
        group: may_read(&kafka, group, layout.partitions, timeout).await,
    }))
}

/// Whether the consumer group may be used, and where the topic ends be asked: what a loader does first.
async fn may_read(
    kafka: &KafkaConfig,
    group: &str,
    partitions: usize,
    timeout: Duration,
) -> Result<(), String> {
    let mut settings = client(kafka);
    settings.set("group.id", group);
    let topic = kafka.topic.clone();
    let asked = tokio::task::spawn_blocking(move || -> KafkaResult<()> {
        let consumer: BaseConsumer = settings.create()?;
        let mut list = TopicPartitionList::new();
        for partition in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
            list.add_partition(&topic, partition);
        }
        for element in committed(&consumer, list, timeout)?.elements() {
            element.error()?;
        }
        consumer.fetch_watermarks(&topic, 0, timeout).map(|_| ())
    });
    match asked.await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The committed offsets. Brokers that have just started move groups between them, and say so: they are
/// asked again within `timeout`.
fn committed(
    consumer: &BaseConsumer,
    list: TopicPartitionList,
    timeout: Duration,
) -> KafkaResult<TopicPartitionList> {
    let mut left = timeout.as_millis() / MOVING_POLL_INTERVAL.as_millis();
    loop {
        match consumer.committed_offsets(list.clone(), timeout) {
            Err(error) if is_moving(&error) && left > 0 => {
                left -= 1;
                std::thread::sleep(MOVING_POLL_INTERVAL);
            }
            answer => return answer,
        }
    }
}

fn is_moving(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::NotCoordinator
                | RDKafkaErrorCode::CoordinatorLoadInProgress
                | RDKafkaErrorCode::CoordinatorNotAvailable
        )
    )
}
