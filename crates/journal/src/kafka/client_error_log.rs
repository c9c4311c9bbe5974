//! What a client complains of while it waits for an answer.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::client::log;

/// The last thing that a client complained of. A refused password or certificate is told in events
/// alone: the answer is that of a broker that is away.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientErrorLog(Arc<Mutex<Option<String>>>);

impl ClientErrorLog {
    /// What to say beside an error.
    pub(crate) fn text(&self) -> String {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .map(|last| format!("; the client says: {last}"))
            .unwrap_or_default()
    }
}

impl ClientContext for ClientErrorLog {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // That all brokers are down follows from what was said before.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *last = Some(reason.to_owned());
        }
    }
}

impl ConsumerContext for ClientErrorLog {}
