//! Whether the topic is what the promises need.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::time::Instant;

use super::client::client;
use super::complaint::Complaint;
use super::config::KafkaConfig;
use crate::OpenError;

/// How long one question may take before it is asked again.
const QUESTION: Duration = Duration::from_secs(5);

/// What a question needs on a new connection; a last one has it even where less is left.
const LEAST: Duration = Duration::from_millis(500);

/// Events that are looked at after a question without an answer; each poll takes one.
const COMPLAINTS: usize = 32;

/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(250);

/// Retention below which a loader that is down over a weekend loses records.
const GOOD_RETENTION_MS: i64 = 7 * 24 * 3600 * 1000;

/// Room for what a batch has beside its record.
pub(crate) const BATCH_OVERHEAD: usize = 64 << 10;

/// Number of partitions and the smallest number of replicas of any.
#[derive(Debug, Clone, Copy)]
struct Layout {
    partitions: usize,
    replicas: usize,
}

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
    check_layout(config, layout)?;
    match describe(config, &admin).await {
        Ok(settings) => check_settings(config, &settings, max_record),
        Err(error) => {
            tracing::warn!(
                topic = config.topic,
                %error,
                "the topic's settings cannot be read and were not checked"
            );
            Ok(())
        }
    }
}

/// Asks until the brokers answer.
async fn find(config: &KafkaConfig) -> Result<Option<Layout>, OpenError> {
    let deadline = Instant::now() + config.open_timeout.duration();
    loop {
        let (settings, topic) = (client(config), config.topic.clone());
        let complaint = Complaint::default();
        let heard = complaint.clone();
        // What is left, so that nobody waits longer than was configured.
        let patience = deadline
            .saturating_duration_since(Instant::now())
            .clamp(LEAST, QUESTION);
        let asked = tokio::task::spawn_blocking(move || ask(&settings, &topic, patience, heard));
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
            Err(error) => tracing::info!(%error, brokers = config.brokers, "waiting for Kafka"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks once. A consumer asks, because a producer that asks for a topic makes it.
fn ask(
    settings: &ClientConfig,
    topic: &str,
    patience: Duration,
    complaint: Complaint,
) -> Result<Option<Layout>, KafkaError> {
    let asker: BaseConsumer<Complaint> = settings.create_with_context(complaint)?;
    let metadata = asker
        .fetch_metadata(Some(topic), patience)
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
    let options = AdminOptions::new().operation_timeout(Some(QUESTION));
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

fn check_layout(config: &KafkaConfig, layout: Layout) -> Result<(), OpenError> {
    let KafkaConfig {
        topic,
        partitions,
        required_replication,
        ..
    } = config;
    if layout.partitions != *partitions as usize {
        return Err(OpenError::Mismatch(format!(
            "topic {topic} has {} partitions, `journal.kafka.partitions` is {partitions}. The \
             number decides where a re-sent beacon goes: with another one, a beacon sent before \
             and again after the change would count twice. Set `journal.kafka.partitions` to what \
             the topic has had since its first record; if partitions were added, let the loader \
             finish, then use a new topic and raise `journal.kafka.epoch`",
            layout.partitions
        )));
    }
    if layout.replicas < usize::from(*required_replication) {
        return Err(OpenError::Mismatch(format!(
            "topic {topic} has a partition with {} replicas, \
             `journal.kafka.required_replication` is {required_replication}: reassign its replicas \
             (kafka-reassign-partitions) or require fewer",
            layout.replicas
        )));
    }
    if layout.replicas == 1 {
        tracing::warn!(
            topic,
            "the topic has one replica: an acknowledged beacon does not survive its broker's disk"
        );
    }
    Ok(())
}

async fn describe(
    config: &KafkaConfig,
    admin: &AdminClient<DefaultClientContext>,
) -> Result<BTreeMap<String, String>, KafkaError> {
    let options = AdminOptions::new().request_timeout(Some(QUESTION));
    let topic = ResourceSpecifier::Topic(&config.topic);
    let mut settings = BTreeMap::new();
    for resource in admin.describe_configs([&topic], &options).await? {
        let resource = resource.map_err(KafkaError::AdminOp)?;
        let entries = resource.entries.into_iter();
        settings.extend(entries.filter_map(|entry| Some((entry.name, entry.value?))));
    }
    Ok(settings)
}

fn check_settings(
    config: &KafkaConfig,
    settings: &BTreeMap<String, String>,
    max_record: usize,
) -> Result<(), OpenError> {
    let topic = &config.topic;
    let text = |name: &str| settings.get(name).map(String::as_str);
    let number = |name: &str| text(name).and_then(|value| value.parse::<i64>().ok());
    let mismatch = |what: String| Err(OpenError::Mismatch(format!("topic {topic} {what}")));
    if let Some(found) = number("min.insync.replicas")
        && found < i64::from(config.required_min_insync)
    {
        return mismatch(format!(
            "has min.insync.replicas={found}, `journal.kafka.required_min_insync` is {}: set it on \
             the topic (kafka-configs --alter) or require fewer",
            config.required_min_insync
        ));
    }
    if let Some(policy) = text("cleanup.policy").filter(|policy| *policy != "delete") {
        return mismatch(format!(
            "has cleanup.policy={policy}: compaction removes records. Set it to delete"
        ));
    }
    let needed = i64::try_from(max_record + BATCH_OVERHEAD).unwrap_or(i64::MAX);
    if let Some(found) = number("max.message.bytes").filter(|found| *found < needed) {
        return mismatch(format!(
            "has max.message.bytes={found}, `journal.max_record` needs {needed}: raise the one or \
             lower the other"
        ));
    }
    if text("message.timestamp.type") == Some("CreateTime") {
        tracing::warn!(
            topic,
            "message.timestamp.type is CreateTime: append times are those of the \
            collectors' clocks, LogAppendTime is better"
        );
    }
    if text("unclean.leader.election.enable") == Some("true") {
        tracing::warn!(
            topic,
            "unclean.leader.election.enable loses acknowledged beacons"
        );
    }
    if let Some(found) = number("retention.ms").filter(|ms| (0..GOOD_RETENTION_MS).contains(ms)) {
        tracing::warn!(
            topic,
            retention_ms = found,
            "the topic keeps records for less than 7 days"
        );
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        edit: impl FnOnce(&mut KafkaConfig),
        settings: &[(&str, &str)],
    ) -> Result<(), OpenError> {
        let mut config = KafkaConfig::default();
        edit(&mut config);
        let settings = settings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        check_settings(&config, &settings, 1 << 20)
    }

    #[test]
    fn a_topic_that_would_break_a_promise_is_refused_with_what_to_do() {
        for (settings, hint) in [
            (("min.insync.replicas", "1"), "kafka-configs"),
            (("cleanup.policy", "compact"), "Set it to delete"),
            (("max.message.bytes", "1048588"), "lower the other"),
        ] {
            let replicated = |config: &mut KafkaConfig| config.required_min_insync = 2;
            let error = check(replicated, &[settings]).expect_err(hint).to_string();
            assert!(error.contains(hint), "{error}");
        }
    }

    #[test]
    fn a_topic_of_a_broker_with_its_defaults_takes_records_of_the_default_size() {
        // Kafka's documentation of `max.message.bytes`: 1 MiB and the overhead of a batch of one record.
        let settings = BTreeMap::from([("max.message.bytes".to_owned(), "1048588".to_owned())]);
        let largest = crate::Config::default().max_record.as_usize();
        check_settings(&KafkaConfig::default(), &settings, largest).expect("good");
    }

    #[test]
    fn a_topic_as_this_program_makes_it_is_good() {
        let settings = [
            ("min.insync.replicas", "1"),
            ("cleanup.policy", "delete"),
            ("max.message.bytes", "1114112"),
            ("message.timestamp.type", "LogAppendTime"),
        ];
        check(|_| {}, &settings).expect("good");
    }

    #[test]
    fn another_number_of_partitions_or_too_few_replicas_is_refused() {
        let config = KafkaConfig {
            partitions: 4,
            required_replication: 3,
            ..Default::default()
        };
        for (layout, hint) in [
            (
                Layout {
                    partitions: 8,
                    replicas: 3,
                },
                "epoch",
            ),
            (
                Layout {
                    partitions: 4,
                    replicas: 1,
                },
                "reassign",
            ),
        ] {
            let error = check_layout(&config, layout).expect_err(hint).to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
