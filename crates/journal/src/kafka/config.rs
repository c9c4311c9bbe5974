//! Settings of the journal in Kafka.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use crate::log::MAX_PARTITIONS;

/// A topic of a Kafka cluster.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// The first brokers to ask: `"host:port,host:port"`.
    pub brokers: String,
    /// The topic. Nothing else may write to it.
    pub topic: String,
    /// Partitions of the topic. The number decides where a re-sent beacon goes, so it is pinned: a
    /// topic with another number is refused. To change it, make a new topic and raise `epoch`.
    /// Permitted: 1 to 4096.
    pub partitions: u32,
    /// The incarnation of the log. Raise it whenever offsets start again or `partitions` changes: a
    /// new topic, a topic that was deleted and made again. Permitted: 1 to 4294967295.
    pub epoch: u32,
    /// Makes the topic at the start if it is missing, with `required_replication` replicas and
    /// `required_min_insync` of them in sync, append times of the broker, and seven days of
    /// retention.
    pub create_topic: bool,
    /// The least number of replicas that the topic must have. With 1, an acknowledged beacon does
    /// not survive the loss of its broker's disk; production uses 3. Permitted: 1 to 32.
    pub required_replication: u16,
    /// The least `min.insync.replicas` that the topic must have; production uses 2. Permitted: 1
    /// to `required_replication`.
    pub required_min_insync: u16,
    /// Name of this consumer within its group, if it is to keep its partitions through a restart
    /// that is shorter than `session_timeout`. Each process needs its own.
    pub instance: String,
    /// An append that is not acknowledged by then has failed, although it may still be durable.
    /// Permitted: 1s to 5m.
    pub delivery_timeout: Span,
    /// How long the start waits for the brokers. Permitted: 1s to 10m.
    pub open_timeout: Span,
    /// A consumer that is silent for so long loses its partitions. Permitted: 6s to 5m.
    pub session_timeout: Span,
    /// How far the clocks of brokers and loaders may disagree: it is taken off the time up to which
    /// a quiet partition is known to be read. Permitted: 0s to 1m.
    pub clock_allowance: Span,
    /// Further properties of librdkafka, such as `security.protocol`, `sasl.username` and
    /// `sasl.password`. Never shown. What the journal relies on cannot be set here.
    pub properties: BTreeMap<String, Secret>,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            topic: "corswatch-beacons".to_owned(),
            partitions: 4,
            epoch: 1,
            create_topic: false,
            required_replication: 1,
            required_min_insync: 1,
            instance: String::new(),
            delivery_timeout: Span::secs(30),
            open_timeout: Span::secs(30),
            session_timeout: Span::secs(10),
            clock_allowance: Span::secs(1),
            properties: BTreeMap::new(),
        }
    }
}

/// Properties that the promises of the journal rest on, or that have a setting of their own.
pub(crate) const RESERVED: [&str; 20] = [
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "message.max.bytes",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "request.required.acks",
    "session.timeout.ms",
    "transactional.id",
];

impl KafkaConfig {
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        if let Some(reason) = brokers_problem(&self.brokers) {
            problems.report("brokers", format!("{:?}", self.brokers), reason);
        }
        if !is_topic_name(&self.topic) {
            let reason = "permitted: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'";
            problems.report("topic", format!("{:?}", self.topic), reason);
        }
        problems.range("partitions", self.partitions, 1..=MAX_PARTITIONS);
        problems.range("epoch", self.epoch, 1..=u32::MAX);
        problems.range("required_replication", self.required_replication, 1..=32);
        let replicas = self.required_replication.max(1);
        problems.range(
            "required_min_insync",
            self.required_min_insync,
            1..=replicas,
        );
        problems.range("delivery_timeout", self.delivery_timeout, seconds(1, 300));
        problems.range("open_timeout", self.open_timeout, seconds(1, 600));
        problems.range("session_timeout", self.session_timeout, seconds(6, 300));
        problems.range("clock_allowance", self.clock_allowance, seconds(0, 60));
        let mut properties = problems.section("properties");
        for (name, value) in &self.properties {
            if RESERVED.contains(&name.as_str()) {
                properties.report(name, "[redacted]", "the journal sets this itself");
            } else if let Err(reason) = super::client::known(name, value.reveal()) {
                properties.report(name, "[redacted]", reason);
            }
        }
    }
}

const fn seconds(from: u64, to: u64) -> std::ops::RangeInclusive<Span> {
    Span::secs(from)..=Span::secs(to)
}

/// What is wrong with a list of brokers. librdkafka would look up whatever stands there, again and again.
fn brokers_problem(brokers: &str) -> Option<String> {
    if brokers.trim().is_empty() {
        return Some("name at least one broker as host:port".to_owned());
    }
    let separated = |c: char| c == ';' || c == '|' || c.is_whitespace();
    let listed = brokers.split(',').map(str::trim);
    if listed.clone().any(|broker| broker.contains(separated)) {
        let parts = brokers.split(|c| c == ',' || separated(c));
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        let instead = parts.join(",");
        return Some(format!(
            "brokers are separated by commas: write `{instead}`"
        ));
    }
    let mut listed = listed;
    listed.find_map(|broker| {
        let (scheme, address) = broker.split_once("://").unwrap_or(("", broker));
        let address = address.trim_end_matches('/');
        // Without a port it is 9092 (CONFIGURATION.md of librdkafka, bootstrap.servers).
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
            _ => (address, "9092"),
        };
        let is_plain = scheme.is_empty() && !host.is_empty() && !broker.contains(['/', ' ']);
        if is_plain && port.parse::<u16>().is_ok_and(|port| port > 0) {
            return None;
        }
        let port = port
            .parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .unwrap_or(9092);
        let host = match host.split(['/', ' ']).next() {
            Some("") | None => "HOST",
            Some(host) => host,
        };
        Some(format!(
            "`{broker}` is not host:port: write `{host}:{port}`"
        ))
    })
}

fn is_topic_name(name: &str) -> bool {
    let permitted = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty()
        && name.len() <= 249
        && name != "."
        && name != ".."
        && name.chars().all(permitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_hosts_with_ports_and_what_is_not_says_what_to_write() {
        for good in [
            "127.0.0.1:9092",
            "kafka",
            "a.test:9093, b.test:9093",
            "[::1]:9092",
            "[::1]",
        ] {
            assert_eq!(brokers_problem(good), None, "{good}");
        }
        for (bad, written) in [
            ("http://k.test:9092", "`k.test:9092`"),
            ("kafka://k.test/", "`k.test:9092`"),
            ("a.test:9092,b.test:port", "`b.test:9092`"),
            ("a.test:9092,", "`HOST:9092`"),
            ("k.test:9092/topic", "`k.test:9092`"),
            ("a.test b.test", "`a.test,b.test`"),
            ("a.test:9092;b.test:9093", "`a.test:9092,b.test:9093`"),
        ] {
            let reason = brokers_problem(bad).expect(bad);
            assert!(
                reason.ends_with(&format!("write {written}")),
                "{bad}: {reason}"
            );
        }
        assert!(brokers_problem(" ").is_some());
    }
}
