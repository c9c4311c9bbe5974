//! What is looked at from time to time: the topic until it is known to be good, and the metrics.

use std::time::Duration;

use settings::Span;
use tokio::sync::watch;

use super::Inner;
use crate::kafka::check_topic as check;
use crate::{Config, OpenError};

/// How often the metrics are shown.
const SHOW: Duration = Duration::from_secs(1);

/// How long one attempt to check the topic takes at most.
const ATTEMPT: Span = Span::secs(5);

/// Pauses between attempts: while the brokers do not answer, and while the topic is not what it
/// must be.
const UNREACHED: Duration = Duration::from_secs(1);
const UNFIT: Duration = Duration::from_secs(10);

/// Lets nothing through to Kafka before the topic was checked.
#[derive(Debug)]
pub(crate) struct StartGate(watch::Sender<Option<String>>);

impl StartGate {
    /// Closed, for a reason, or open.
    pub(crate) fn new(closed: Option<String>) -> Self {
        Self(watch::Sender::new(closed))
    }

    /// Why it is closed, if it is.
    pub(crate) fn closed(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    /// Waits until it is open.
    pub(crate) async fn opened(&self) {
        // The sender is `self`: it does not end before.
        let _ = self.0.subscribe().wait_for(Option::is_none).await;
    }
}

/// Checks the topic until it is good. What is durable in the meantime is so in the spool.
pub(crate) async fn check_topic(inner: &Inner, config: &Config) {
    let mut kafka = config.kafka.clone();
    kafka.open_timeout = kafka.open_timeout.min(ATTEMPT);
    while inner.gate.closed().is_some() {
        let Err(error) = check(&kafka, config.max_record.as_usize()).await else {
            tracing::info!(topic = kafka.topic, "the topic is as it must be");
            inner.gate.0.send_replace(None);
            return;
        };
        let pause = match error {
            OpenError::Unavailable { .. } => UNREACHED,
            _ => UNFIT,
        };
        let reason = error.to_string();
        if inner.gate.closed().as_deref() != Some(&reason) {
            tracing::error!(reason, "nothing goes to Kafka yet");
        }
        inner.gate.0.send_replace(Some(reason));
        tokio::time::sleep(pause).await;
    }
}

/// Keeps the metrics up to date.
pub(crate) async fn show(inner: &Inner) {
    loop {
        tokio::time::sleep(SHOW).await;
        inner.show();
    }
}
