//! Joining the consumer group.

use std::collections::BTreeMap;
use std::sync::Arc;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use runtime::Clock;
use tokio::time::Instant;

use super::client::client;
use super::config::KafkaConfig;
use super::consumer::KafkaReader;
use super::cursors::Cursors;
use super::ends::Ends;
use super::group::Group;
use super::topic_consumer::{MetadataClient, TopicConsumer};
use crate::OpenError;
use crate::metrics::JournalMetrics;
use crate::reader::Link;

fn settings(config: &KafkaConfig, group: &str) -> ClientConfig {
    let mut settings = client(config);
    for (name, value) in [
        ("fetch.wait.max.ms", "500"),
        // The default of a second makes for stalls of a second.
        ("fetch.queue.backoff.ms", "100"),
        ("queued.max.messages.kbytes", "16384"),
    ] {
        if settings.get(name).is_none() {
            settings.set(name, value);
        }
    }
    settings
        .set("group.id", group)
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set(
            "session.timeout.ms",
            config.session_timeout.as_millis().to_string(),
        )
        .set(
            "heartbeat.interval.ms",
            (config.session_timeout.as_millis() / 5).to_string(),
        )
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("allow.auto.create.topics", "false")
        .set("enable.partition.eof", "true")
        .set("check.crcs", "true");
    if !config.instance.is_empty() {
        settings.set("group.instance.id", &config.instance);
    }
    settings
}

fn join(
    config: &KafkaConfig,
    group: &str,
    link: &Link,
) -> KafkaResult<(TopicConsumer, MetadataClient)> {
    let context = Group::new(Arc::clone(&link.feed));
    let mut consumer: BaseConsumer<Group> = settings(config, group).create_with_context(context)?;
    let bell = Arc::clone(&link.bell);
    consumer.set_nonempty_callback(move || bell.ring());
    consumer.subscribe(&[&config.topic])?;
    let place = TopicConsumer::new(Arc::new(consumer), config.topic.clone());
    let asker = MetadataClient::new(&client(config), config.topic.clone(), config.partitions)?;
    Ok((place, asker))
}

/// Joins the group and starts the threads.
pub(crate) fn spawn(
    config: &KafkaConfig,
    group: &str,
    link: Link,
    clock: Clock,
    metrics: JournalMetrics,
) -> Result<(), OpenError> {
    let unavailable = |source: crate::Cause| OpenError::Unavailable {
        what: format!("no consumer of topic {} in group {group}", config.topic),
        source,
    };
    let (place, asker) = join(config, group, &link).map_err(|error| unavailable(error.into()))?;
    let cursors = Cursors::start(place.clone(), metrics.clone());
    let cursors = cursors.map_err(|error| unavailable(error.into()))?;
    let ends = Ends::start(asker.clone(), clock, Arc::clone(&link.bell));
    let ends = ends.map_err(|error| unavailable(error.into()))?;
    let now = Instant::now();
    let reader = KafkaReader {
        place,
        asker,
        cursors,
        ends,
        link,
        metrics,
        allowance: config.clock_allowance.as_millis(),
        partitions: BTreeMap::new(),
        unannounced: Vec::new(),
        announce_at: now,
        ends_at: now,
        stalled: None,
        paused: false,
    };
    std::thread::Builder::new()
        .name("journal-kafka".to_owned())
        .spawn(move || reader.run())
        .map(drop)
        .map_err(|error| unavailable(error.into()))
}
