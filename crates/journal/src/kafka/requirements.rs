//! What the promises of the journal require of a topic.

use std::collections::BTreeMap;

use super::config::KafkaConfig;
use crate::OpenError;

/// Retention below which a loader that is down over a weekend loses records.
pub(super) const GOOD_RETENTION_MS: i64 = 7 * 24 * 3600 * 1000;

/// Room for what a batch has beside its record.
pub(crate) const BATCH_OVERHEAD: usize = 64 << 10;

/// Number of partitions and the smallest number of replicas of any.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub(super) partitions: usize,
    pub(super) replicas: usize,
}

/// Checks partitions and replicas; returns what is permitted and unwise.
///
/// # Errors
/// [`OpenError::Mismatch`], which says what to do.
pub(super) fn of_layout(config: &KafkaConfig, layout: Layout) -> Result<Vec<String>, OpenError> {
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
    let lone = "the topic has one replica: an acknowledged beacon does not survive its broker's disk. Set \
                `journal.kafka.required_replication` to 3 where there are so many brokers";
    Ok((layout.replicas == 1)
        .then(|| lone.to_owned())
        .into_iter()
        .collect())
}

/// Checks the topic's settings; returns what is permitted and unwise.
///
/// # Errors
/// [`OpenError::Mismatch`], which says what to do.
pub(super) fn of_settings(
    config: &KafkaConfig,
    settings: &BTreeMap<String, String>,
    max_record: usize,
) -> Result<Vec<String>, OpenError> {
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
    let weaknesses = [
        (text("message.timestamp.type") == Some("CreateTime")).then(|| {
            "message.timestamp.type is CreateTime: append times are those of the collectors' clocks. Set it to \
             LogAppendTime (kafka-configs --alter)"
                .to_owned()
        }),
        (text("unclean.leader.election.enable") == Some("true")).then(|| {
            "unclean.leader.election.enable loses acknowledged beacons: set it to false".to_owned()
        }),
        number("retention.ms")
            .filter(|ms| (0..GOOD_RETENTION_MS).contains(ms))
            .map(|found| {
                format!(
                    "retention.ms={found} keeps records for less than 7 days: a loader that is down for longer \
                     loses them"
                )
            }),
    ];
    Ok(weaknesses.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        edit: impl FnOnce(&mut KafkaConfig),
        settings: &[(&str, &str)],
    ) -> Result<Vec<String>, OpenError> {
        let mut config = KafkaConfig::default();
        edit(&mut config);
        let settings = settings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        of_settings(&config, &settings, 1 << 20)
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
        of_settings(&KafkaConfig::default(), &settings, largest).expect("good");
    }

    #[test]
    fn a_topic_as_this_program_makes_it_is_good() {
        let settings = [
            ("min.insync.replicas", "1"),
            ("cleanup.policy", "delete"),
            ("max.message.bytes", "1114112"),
            ("message.timestamp.type", "LogAppendTime"),
        ];
        assert_eq!(check(|_| {}, &settings).expect("good"), [""; 0]);
    }

    #[test]
    fn what_is_unwise_is_permitted_and_said() {
        for (setting, hint) in [
            (("message.timestamp.type", "CreateTime"), "LogAppendTime"),
            (
                ("unclean.leader.election.enable", "true"),
                "set it to false",
            ),
            (("retention.ms", "3600000"), "less than 7 days"),
        ] {
            let found = check(|_| {}, &[setting]).expect("permitted");
            assert!(found.len() == 1 && found[0].contains(hint), "{found:?}");
        }
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
            let error = of_layout(&config, layout).expect_err(hint).to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
