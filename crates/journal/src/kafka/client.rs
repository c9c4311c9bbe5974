//! What every client of Kafka has in common.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;

use super::config::KafkaConfig;

/// How long a request to a broker may take.
const SOCKET_TIMEOUT_MS: &str = "10000";

/// Connection and security, the same for every client.
pub(crate) fn client(config: &KafkaConfig) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.brokers)
        .set("client.id", "corswatch")
        .set("socket.timeout.ms", SOCKET_TIMEOUT_MS)
        // A broker that is back is found quickly; the pause grows to the maximum.
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.keepalive.enable", "true")
        // librdkafka's default is whatever the `log` crate's level is.
        .set_log_level(RDKafkaLogLevel::Info);
    for (name, value) in &config.properties {
        client.set(name, value.reveal());
    }
    client
}

/// Whether librdkafka knows a property and can use its value. Its own words may repeat the value,
/// which may be a secret.
pub(crate) fn known(name: &str, value: &str) -> Result<(), String> {
    let set = ClientConfig::new().set(name, value).create_native_config();
    match set {
        Ok(_) => Ok(()),
        Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => Err(
            "librdkafka has no such property: see its CONFIGURATION.md for the names".to_owned(),
        ),
        Err(_) => Err("librdkafka cannot use this value: see its CONFIGURATION.md".to_owned()),
    }
}

/// Passes a log line of librdkafka on. Its warnings and errors about brokers come in numbers while
/// a broker is away, and what they mean for the journal is told elsewhere, so they are debug lines.
pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(facility, message, "librdkafka");
        }
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice => {
            tracing::debug!(facility, message, "librdkafka");
        }
        RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
            tracing::trace!(facility, message, "librdkafka");
        }
    }
}
