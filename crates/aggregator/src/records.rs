//! What alerting keeps in the store: silences are read, deliveries are written.

use std::time::Duration;

use alert::{Deliveries, Delivery, Silence, SilenceKind, Silences};
use runtime::{Causes as _, Stop};
use store::{DeliveryRow, SilenceRow, Store, StoreError};
use tokio::time::MissedTickBehavior;

/// How often silences are read: a new one holds after this.
const READ_EVERY: Duration = Duration::from_secs(2);
/// Deliveries in one write.
const BATCH: usize = 1_000;
/// How long the last deliveries may take to be written.
const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Keeps the silences of the dispatcher up to date, and writes down what it delivered. Runs in every
/// process that may send, so that one that takes over knows all silences.
#[derive(Debug)]
pub struct Records {
    store: Store,
    silences: Silences,
    deliveries: Option<Deliveries>,
    waiting: Vec<DeliveryRow>,
    is_failing: bool,
}

impl Records {
    /// Between a dispatcher and the store. From now on the dispatcher waits for the first silences.
    #[must_use]
    pub fn new(store: Store, dispatcher: &mut alert::Dispatcher) -> Self {
        let silences = dispatcher.silences();
        silences.expect_stored();
        Self {
            store,
            silences,
            deliveries: dispatcher.deliveries(),
            waiting: Vec::new(),
            is_failing: false,
        }
    }

    /// Runs until stopped, and then until the deliveries have ended.
    pub async fn run(mut self, stop: Stop) {
        let mut timer = tokio::time::interval(READ_EVERY);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = timer.tick() => {
                    let read = self.read().await;
                    self.noted(read.err(), "silences could not be read; those that are known hold");
                    let written = self.write().await;
                    self.noted(written.err(), "deliveries could not be written down yet");
                }
            }
        }
        // The dispatcher closes the log when it has ended.
        let rest = async {
            if let Some(deliveries) = &mut self.deliveries {
                while let Some(delivery) = deliveries.recv().await {
                    self.waiting.push(row(delivery));
                }
            }
            self.write().await
        };
        match tokio::time::timeout(FINISH_WITHIN, rest).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = %error.with_causes(), "the last deliveries are not in the delivery log")
            }
            Err(_) => tracing::warn!("the last deliveries may not be in the delivery log"),
        }
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let rows = self.store.silences().await?;
        let held = rows.iter().filter(|row| row.deleted_at.is_none());
        let silences: Vec<Silence> = held.filter_map(silence).collect();
        self.silences.replace(&silences);
        Ok(())
    }

    /// Writes what has come together; what cannot be written waits, and fills the log's queue.
    async fn write(&mut self) -> Result<(), StoreError> {
        loop {
            if let Some(deliveries) = &mut self.deliveries {
                let room = BATCH.saturating_sub(self.waiting.len());
                let new = std::iter::from_fn(|| deliveries.try_recv().ok());
                self.waiting.extend(new.take(room).map(row));
            }
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.store.save_deliveries(&self.waiting).await?;
            self.waiting.clear();
        }
    }

    /// Logs the first failure of several.
    fn noted(&mut self, error: Option<StoreError>, what: &str) {
        match error {
            Some(error) if !self.is_failing => {
                tracing::error!(error = %error.with_causes(), "{what}");
                self.is_failing = true;
            }
            Some(_) => {}
            None => self.is_failing = false,
        }
    }
}

/// The silence of a row; none where it cannot be read.
fn silence(row: &SilenceRow) -> Option<Silence> {
    let read = row
        .kind
        .parse::<SilenceKind>()
        .map_err(|error| error.to_string())
        .and_then(|kind| Silence::restore(kind, &row.id, &row.body));
    match read {
        Ok(silence) => Some(silence),
        Err(error) => {
            tracing::warn!(silence = row.id, error, "a kept silence cannot be read");
            None
        }
    }
}

fn row(delivery: Delivery) -> DeliveryRow {
    DeliveryRow {
        at: delivery.at,
        alert: delivery.alert.to_string(),
        sequence: delivery.sequence,
        app: delivery.app,
        summary: delivery.summary,
        status: delivery.status.as_str().to_owned(),
        receiver: delivery.receiver,
        outcome: delivery.outcome.as_str().to_owned(),
        attempts: delivery.attempts,
        answer: delivery.answer,
        millis: delivery.millis,
    }
}
