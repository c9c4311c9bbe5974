//! Rounds of evaluation, and what comes between them.

use runtime::{RoundFailed, Rounds, joined};

use super::Aggregator;
use crate::AggregatorError;
use crate::board::Condition;

/// What comes between two rounds.
pub(super) enum Event {
    /// The outcome of a notification.
    Receipt(alert::Receipt),
    /// The part that carries notifications has ended.
    DispatcherEnded,
}

pub(super) struct Loop<'a>(pub(super) &'a mut Aggregator);

impl Rounds for Loop<'_> {
    type Event = Event;
    type Error = AggregatorError;

    // What a round changed is in the registry: it may be left at any point.
    async fn round(&mut self) -> Result<(), RoundFailed> {
        match self.0.round().await.condition {
            Condition::Unreachable => Err(RoundFailed),
            _ => Ok(()),
        }
    }

    async fn event(&mut self) -> Event {
        tokio::select! {
            biased;
            _ = joined(&mut self.0.children) => Event::DispatcherEnded,
            receipt = self.0.outbox.receipt() => Event::Receipt(receipt),
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), AggregatorError> {
        match event {
            Event::Receipt(receipt) => {
                self.0.acknowledge(&receipt);
                Ok(())
            }
            Event::DispatcherEnded => Err(AggregatorError::Dispatcher),
        }
    }
}

impl Aggregator {
    /// What has become of notifications since the last round.
    pub(super) fn hear(&mut self) {
        for receipt in self.outbox.receipts() {
            self.acknowledge(&receipt);
        }
    }

    /// What has become of a notification: of an alert, an incident, or a test.
    pub(super) fn acknowledge(&mut self, receipt: &alert::Receipt) {
        let now = self.clock.now();
        self.self_test.acknowledge(receipt, &self.outbox, now);
        self.registry.acknowledge(receipt);
    }
}
