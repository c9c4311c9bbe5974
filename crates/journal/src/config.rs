//! Settings of the journal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Size};

use crate::disk::config::DiskConfig;
use crate::kafka::config::KafkaConfig;
use crate::spool::config::SpoolConfig;

/// Where records become durable, and within what bounds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `disk` for one process on one machine, `kafka` for anything larger.
    pub kind: Kind,
    /// The largest record. Larger ones are refused. Permitted: 64KiB to 8MiB.
    pub max_record: Size,
    /// What may wait to become durable before further records are shed. Permitted: 1MiB to 2GiB.
    pub queue: Size,
    /// What is read ahead of the loader. Permitted: 1MiB to 1GiB.
    pub read_ahead: Size,
    /// The journal on disk.
    pub disk: DiskConfig,
    /// The journal in Kafka.
    pub kafka: KafkaConfig,
    /// Where records wait while Kafka does not take them.
    pub spool: SpoolConfig,
}

/// The implementations of the journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file of this machine.
    #[default]
    Disk,
    /// A topic of a Kafka cluster.
    Kafka,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            // With what a batch adds to it, a broker's own default of `max.message.bytes`.
            max_record: Size::kib(960),
            queue: Size::mib(64),
            read_ahead: Size::mib(16),
            disk: DiskConfig::default(),
            kafka: KafkaConfig::default(),
            spool: SpoolConfig::default(),
        }
    }
}

impl Config {
    /// How many partitions the journal has.
    #[must_use]
    pub const fn partitions(&self) -> u32 {
        match self.kind {
            Kind::Disk => self.disk.partitions,
            Kind::Kafka => self.kafka.partitions,
        }
    }

    /// Reports every setting that cannot be used. The section of the other kind is not looked at.
    pub fn problems(&self, mut problems: Problems<'_>) {
        problems.range("max_record", self.max_record, Size::kib(64)..=Size::mib(8));
        problems.range("queue", self.queue, Size::mib(1)..=Size::mib(2048));
        problems.range(
            "read_ahead",
            self.read_ahead,
            Size::mib(1)..=Size::mib(1024),
        );
        match self.kind {
            Kind::Disk => self
                .disk
                .problems(self.max_record, problems.section("disk")),
            Kind::Kafka => {
                self.kafka.problems(problems.section("kafka"));
                if self.spool.enabled {
                    self.spool.problems(problems.section("spool"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems_of(config: &Config) -> Vec<String> {
        let mut found = Vec::new();
        config.problems(Problems::at("journal", &mut found));
        found.into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn the_defaults_of_both_kinds_can_be_used() {
        for kind in [Kind::Disk, Kind::Kafka] {
            let config = Config {
                kind,
                ..Config::default()
            };
            assert_eq!(problems_of(&config), Vec::<String>::new(), "{kind:?}");
        }
    }

    #[test]
    fn everything_wrong_is_reported_at_once_and_only_for_the_kind_in_use() {
        let mut config = Config {
            max_record: Size::kib(1),
            ..Config::default()
        };
        config.disk.partitions = 0;
        config.disk.keep_free_percent = 100;
        config.kafka.brokers = String::new();
        config.spool.ack_timeout = settings::Span::secs(31);
        assert_eq!(
            problems_of(&config),
            [
                "journal.max_record",
                "journal.disk.partitions",
                "journal.disk.keep_free_percent"
            ]
        );
        config.kind = Kind::Kafka;
        assert_eq!(
            problems_of(&config),
            [
                "journal.max_record",
                "journal.kafka.brokers",
                "journal.spool.ack_timeout"
            ]
        );
        config.spool.enabled = false;
        assert_eq!(
            problems_of(&config),
            ["journal.max_record", "journal.kafka.brokers"]
        );
    }

    #[test]
    fn a_property_that_would_break_a_promise_is_refused() {
        let mut config = Config {
            kind: Kind::Kafka,
            ..Config::default()
        };
        for name in ["acks", "enable.auto.commit", "group.id"] {
            config.kafka.properties =
                [(name.to_owned(), settings::Secret::new("0".to_owned()))].into();
            assert_eq!(
                problems_of(&config),
                [format!("journal.kafka.properties.{name}")]
            );
        }
    }
}
