//! The queue of one receiver and the worker that empties it.

use std::sync::Arc;
use std::time::Duration;

use runtime::Stop;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::metrics::{Meter, Outcome};
use crate::slip::Slip;
use crate::{Notifier, NotifyError};

/// When to try again and when to give up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) give_up_after: Duration,
}

/// The end of a lane where notifications go in.
#[derive(Debug)]
pub(crate) struct Inlet {
    sender: mpsc::Sender<Queued>,
    meter: Meter,
}

#[derive(Debug)]
struct Queued {
    slip: Arc<Slip>,
    since: Instant,
}

/// A place in the queue, free until something is put there.
pub(crate) struct Place<'a> {
    permit: mpsc::Permit<'a, Queued>,
    meter: &'a Meter,
}

impl Inlet {
    /// Reserves a place; a full queue is counted.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        let Ok(permit) = self.sender.try_reserve() else {
            self.meter.ended(Outcome::Overflow);
            return None;
        };
        Some(Place {
            permit,
            meter: &self.meter,
        })
    }
}

impl Place<'_> {
    pub(crate) fn put(self, slip: Arc<Slip>) {
        self.meter.queued.inc();
        self.permit.send(Queued {
            slip,
            since: Instant::now(),
        });
    }
}

/// Sends to one receiver, one notification after the other, so that it never hears of an end before
/// its beginning.
pub(crate) struct Lane {
    notifier: Arc<dyn Notifier>,
    receiver: mpsc::Receiver<Queued>,
    patience: Patience,
    meter: Meter,
}

impl Lane {
    pub(crate) fn new(
        notifier: Arc<dyn Notifier>,
        capacity: usize,
        patience: Patience,
        meter: Meter,
    ) -> (Inlet, Self) {
        let (sender, receiver) = mpsc::channel(capacity);
        let inlet = Inlet {
            sender,
            meter: meter.clone(),
        };
        let lane = Self {
            notifier,
            receiver,
            patience,
            meter,
        };
        (inlet, lane)
    }

    /// Runs until stopped: the attempt under way is finished, what waits is handed back as not said.
    pub(crate) async fn run(mut self, stop: Stop) {
        loop {
            let queued = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                queued = self.receiver.recv() => queued,
            };
            let Some(queued) = queued else { return };
            let outcome = self.deliver(&queued, &stop).await;
            self.end(queued, outcome).await;
        }
        self.receiver.close();
        while let Some(queued) = self.receiver.recv().await {
            self.end(queued, Outcome::Stopped).await;
        }
    }

    async fn end(&self, queued: Queued, outcome: Outcome) {
        self.meter.queued.dec();
        self.meter.ended(outcome);
        self.meter
            .seconds
            .observe(queued.since.elapsed().as_secs_f64());
        queued.slip.ended(outcome).await;
    }

    async fn deliver(&self, queued: &Queued, stop: &Stop) -> Outcome {
        let notification = &queued.slip.notification;
        let deadline = Instant::now() + self.patience.give_up_after;
        let mut backoff = Backoff::new(self.patience.first_pause, self.patience.longest_pause);
        loop {
            let (reason, after) = match self.notifier.notify(notification).await {
                Ok(()) => return Outcome::Delivered,
                Err(NotifyError::Later { reason, after }) => (reason, after),
                Err(error @ NotifyError::Refused { .. }) => {
                    self.failed(notification, &error);
                    return Outcome::Refused;
                }
                Err(error @ NotifyError::Forbidden { .. }) => {
                    self.failed(notification, &error);
                    return Outcome::Forbidden;
                }
            };
            let next = Instant::now() + backoff.pause(after);
            if next > deadline {
                self.failed(notification, &reason);
                return Outcome::GaveUp;
            }
            tracing::debug!(receiver = self.notifier.name(), %reason, "trying again");
            self.meter.retries.inc();
            tokio::select! {
                biased;
                () = stop.cancelled() => return Outcome::Stopped,
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    fn failed(&self, notification: &crate::Notification, error: &dyn std::fmt::Display) {
        tracing::error!(
            receiver = self.notifier.name(),
            alert = %notification.alert,
            status = notification.status.as_str(),
            %error,
            "a notification was not taken"
        );
    }
}
