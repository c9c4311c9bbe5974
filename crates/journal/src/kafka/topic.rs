//! Whether the topic is what the promises need.

use runtime::Causes as _;
use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::time::Instant;

use super::client::client;
use super::client_error_log::ClientErrorLog;
use super::config::KafkaConfig;
use super::requirements::{self, BATCH_OVERHEAD, GOOD_RETENTION_MS, Layout};
use crate::OpenError;

/// How long one question may take before it is asked again.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// What a question needs on a new connection; a last one has it even where less is left.
const MIN_METADATA_TIMEOUT: Duration = Duration::from_millis(500);

/// Events that are looked at after a question without an answer; each poll takes one.
const COMPLAINTS: usize = 32;

/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(250);

/// Makes the topic if that is configured, and checks it.
///
/// # Errors
/// [`OpenError`] when the brokers cannot be reached in time or the topic is not what is required.
pub(crate) async fn check(config: &KafkaConfig, max_record: usize) -> Result<(), OpenError> {
    let admin: AdminClient<DefaultClientContext> = client(config)
        .create()
        .map_err(|source| cannot_use(config, source))?;
    let layout = match find(config).await? {
        Some(layout) => layout,
        None if config.create_topic => create(config, &admin, max_record).await?,
        None => {
            return Err(OpenError::Mismatch(format!(
                "topic {} does not exist at {}: make it with {} partitions, or set \
                 `journal.kafka.create_topic = true`",
                config.topic, config.brokers, config.partitions
            )));
        }
    };
    let mut weaknesses = requirements::of_layout(config, layout)?;
    match describe(config, &admin).await {
        Ok(settings) => {
            weaknesses.extend(requirements::of_settings(config, &settings, max_record)?);
        }
        Err(error) => weaknesses.push(format!(
            "its settings cannot be read and were not checked ({error}): permit DescribeConfigs"
        )),
    }
    for weakness in weaknesses {
        tracing::warn!(topic = config.topic, "{weakness}");
    }
    Ok(())
}

/// Asks until the brokers answer.
pub(super) async fn find(config: &KafkaConfig) -> Result<Option<Layout>, OpenError> {
    let deadline = Instant::now() + config.open_timeout.duration();
    loop {
        let (settings, topic) = (client(config), config.topic.clone());
        let complaint = ClientErrorLog::default();
        let log = complaint.clone();
        // What is left, so that no one waits longer than was configured.
        let timeout = deadline
            .saturating_duration_since(Instant::now())
            .clamp(MIN_METADATA_TIMEOUT, METADATA_TIMEOUT);
        let asked = tokio::task::spawn_blocking(move || ask(&settings, &topic, timeout, log));
        let answer = asked.await;
        match answer.unwrap_or_else(|_| Err(KafkaError::Canceled)) {
            Ok(layout) => return Ok(layout),
            Err(source @ KafkaError::ClientConfig(..)) => return Err(cannot_use(config, source)),
            Err(source) if Instant::now() >= deadline => {
                return Err(OpenError::Unavailable {
                    what: format!(
                        "no answer from Kafka at {} within {} (`journal.kafka.brokers`){}",
                        config.brokers,
                        config.open_timeout,
                        complaint.text()
                    ),
                    source: source.into(),
                });
            }
            Err(error) => {
                let said = complaint.text();
                let error = error.with_causes();
                tracing::info!(%error, brokers = config.brokers, "waiting for Kafka{said}");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks once. A consumer asks, because a producer that asks for a topic makes it.
fn ask(
    settings: &ClientConfig,
    topic: &str,
    timeout: Duration,
    complaint: ClientErrorLog,
) -> Result<Option<Layout>, KafkaError> {
    let asker: BaseConsumer<ClientErrorLog> = settings.create_with_context(complaint)?;
    let metadata = asker
        .fetch_metadata(Some(topic), timeout)
        .inspect_err(|_| {
            // What it complained of is told to who polls.
            for _ in 0..COMPLAINTS {
                let _ = asker.poll(Duration::ZERO);
            }
        })?;
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
        return Ok(None);
    };
    match found.error().map(RDKafkaErrorCode::from) {
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
            return Ok(None);
        }
        Some(code) => return Err(KafkaError::MetadataFetch(code)),
        None => {}
    }
    // While a topic is being made, or its brokers start, partitions have no leader yet.
    if found.partitions().is_empty() || found.partitions().iter().any(|p| p.leader() < 0) {
        return Err(KafkaError::MetadataFetch(
            RDKafkaErrorCode::LeaderNotAvailable,
        ));
    }
    Ok(Some(Layout {
        partitions: found.partitions().len(),
        replicas: found
            .partitions()
            .iter()
            .map(|p| p.replicas().len())
            .min()
            .unwrap_or(0),
    }))
}

async fn create(
    config: &KafkaConfig,
    admin: &AdminClient<DefaultClientContext>,
    max_record: usize,
) -> Result<Layout, OpenError> {
    let min_insync = config.required_min_insync.to_string();
    let retention = GOOD_RETENTION_MS.to_string();
    let max_bytes = (max_record + BATCH_OVERHEAD).to_string();
    let partitions = i32::try_from(config.partitions).unwrap_or(i32::MAX);
    let replicas = TopicReplication::Fixed(i32::from(config.required_replication));
    let topic = NewTopic::new(&config.topic, partitions, replicas)
        .set("min.insync.replicas", &min_insync)
        .set("retention.ms", &retention)
        .set("max.message.bytes", &max_bytes)
        .set("cleanup.policy", "delete")
        .set("unclean.leader.election.enable", "false")
        // A record's time is then the broker's when it took the record.
        .set("message.timestamp.type", "LogAppendTime");
    let failed = |code: KafkaError| OpenError::Unavailable {
        what: format!(
            "topic {} cannot be made at {}",
            config.topic, config.brokers
        ),
        source: code.into(),
    };
    let options = AdminOptions::new().operation_timeout(Some(METADATA_TIMEOUT));
    let results = admin
        .create_topics([&topic], &options)
        .await
        .map_err(failed)?;
    for result in results {
        match result {
            Ok(_) => tracing::info!(topic = config.topic, "made the topic"),
            // Another process was faster.
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(failed(KafkaError::AdminOp(code))),
        }
    }
    let deadline = Instant::now() + config.open_timeout.duration();
    loop {
        if let Some(layout) = find(config).await? {
            return Ok(layout);
        }
        if Instant::now() >= deadline {
            return Err(failed(KafkaError::MetadataFetch(
                RDKafkaErrorCode::UnknownTopic,
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

pub(super) async fn describe(
    config: &KafkaConfig,
    admin: &AdminClient<DefaultClientContext>,
) -> Result<BTreeMap<String, String>, KafkaError> {
    let options = AdminOptions::new().request_timeout(Some(METADATA_TIMEOUT));
    let topic = ResourceSpecifier::Topic(&config.topic);
    let mut settings = BTreeMap::new();
    for resource in admin.describe_configs([&topic], &options).await? {
        let resource = resource.map_err(KafkaError::AdminOp)?;
        let entries = resource.entries.into_iter();
        settings.extend(entries.filter_map(|entry| Some((entry.name, entry.value?))));
    }
    Ok(settings)
}

pub(crate) fn cannot_use(config: &KafkaConfig, source: KafkaError) -> OpenError {
    OpenError::Unavailable {
        what: format!(
            "a client of Kafka at {} cannot be made; see `journal.kafka.properties`",
            config.brokers
        ),
        source: source.into(),
    }
}
