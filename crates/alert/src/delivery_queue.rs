//! The queue of one receiver and the worker that empties it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use runtime::{Backoff, Causes as _, Clock, Stop};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};

use crate::delivery::{Delivery, DeliveryLog};
use crate::metrics::{Meter, Outcome};
use crate::pending_delivery::PendingDelivery;
use crate::{AlertId, Notification, Notifier, NotifyError, Status};

/// Alerts whose last delivery is remembered.
const REMEMBERED: usize = 10_000;
/// Characters of an answer that the delivery log keeps.
const MAX_ANSWER: usize = 500;

/// When to try again and when to give up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryLimits {
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) give_up_after: Duration,
}

/// What stands at the moment, with the recipients of each.
pub(crate) type FiringNotifications = Arc<Vec<Arc<Notification>>>;

/// The end of a lane where notifications go in.
#[derive(Debug)]
pub(crate) struct QueueSender {
    /// The configured receiver; several lanes where it has several peers.
    pub(crate) receiver: String,
    /// The lane's own name.
    pub(crate) lane: String,
    pub(crate) closes_by_identity: bool,
    pub(crate) standing: Option<watch::Sender<FiringNotifications>>,
    sender: mpsc::Sender<Queued>,
    meter: Meter,
}

#[derive(Debug)]
struct Queued {
    slip: Arc<PendingDelivery>,
    since: Instant,
}

/// A place in the queue, free until something is put there.
pub(crate) struct QueuePermit<'a> {
    permit: mpsc::Permit<'a, Queued>,
    meter: &'a Meter,
}

impl QueueSender {
    /// Reserves a place; a full queue is counted.
    pub(crate) fn place(&self) -> Option<QueuePermit<'_>> {
        let Ok(permit) = self.sender.try_reserve() else {
            self.meter.ended(Outcome::Overflow);
            return None;
        };
        Some(QueuePermit {
            permit,
            meter: &self.meter,
        })
    }
}

impl QueuePermit<'_> {
    pub(crate) fn put(self, slip: Arc<PendingDelivery>) {
        self.meter.queued.inc();
        self.permit.send(Queued {
            slip,
            since: Instant::now(),
        });
    }
}

/// How a delivery went.
struct Ended {
    outcome: Outcome,
    attempts: u32,
    answer: String,
}

/// What all lanes have.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) retry: RetryLimits,
    pub(crate) clock: Clock,
    /// None for the log, which is a log itself.
    pub(crate) log: Option<DeliveryLog>,
}

/// Sends to one receiver, one notification after the other, so that it never hears of an end before
/// its beginning.
pub(crate) struct DeliveryQueue {
    notifier: Arc<dyn Notifier>,
    receiver: mpsc::Receiver<Queued>,
    standing: watch::Receiver<FiringNotifications>,
    shared: Shared,
    meter: Meter,
    /// The last notification of each alert that was taken: it is offered again where another receiver
    /// did not take it, and then not sent here a second time.
    taken: BTreeMap<AlertId, String>,
    sent_at: Option<Instant>,
}

impl DeliveryQueue {
    pub(crate) fn new(
        receiver: &str,
        notifier: Arc<dyn Notifier>,
        capacity: usize,
        shared: Shared,
        meter: Meter,
    ) -> (QueueSender, Self) {
        let (sender, queue) = mpsc::channel(capacity);
        let (standing, renewed) = watch::channel(FiringNotifications::default());
        let inlet = QueueSender {
            receiver: receiver.to_owned(),
            lane: notifier.name().to_owned(),
            closes_by_identity: notifier.closes_by_identity(),
            standing: notifier.renewal().map(|_| standing),
            sender,
            meter: meter.clone(),
        };
        let lane = Self {
            notifier,
            receiver: queue,
            standing: renewed,
            shared,
            meter,
            taken: BTreeMap::new(),
            sent_at: None,
        };
        (inlet, lane)
    }

    /// Runs until stopped: the attempt in progress is finished, what waits is handed back as not said.
    pub(crate) async fn run(mut self, stop: Stop) {
        let every = self.notifier.renewal().map(|renewal| renewal.every);
        let mut renewal = tokio::time::interval(every.unwrap_or(Duration::from_secs(3600)));
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes immediately: nothing stands yet.
        renewal.tick().await;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                queued = self.receiver.recv() => {
                    let Some(queued) = queued else { return };
                    let ended = self.deliver(&queued, &stop).await;
                    self.end(queued, ended).await;
                }
                _ = renewal.tick(), if every.is_some() => self.renew().await,
            }
        }
        self.receiver.close();
        while let Some(queued) = self.receiver.recv().await {
            let ended = Ended {
                outcome: Outcome::Stopped,
                attempts: 0,
                answer: String::new(),
            };
            self.end(queued, ended).await;
        }
    }

    async fn end(&mut self, queued: Queued, ended: Ended) {
        let took = queued.since.elapsed();
        self.meter.queued.dec();
        self.meter.ended(ended.outcome);
        self.meter.seconds.observe(took.as_secs_f64());
        let notification = &queued.slip.notification;
        if ended.outcome == Outcome::Delivered {
            if self.taken.len() >= REMEMBERED {
                self.taken.pop_first();
            }
            self.taken
                .insert(notification.alert.clone(), notification.message_id());
        }
        // No attempt was needed, or none was made: nothing happened at the receiver.
        if let Some(log) = &self.shared.log
            && ended.attempts > 0
        {
            log.record(Delivery {
                receiver: self.notifier.name().to_owned(),
                attempts: ended.attempts,
                answer: ended.answer.chars().take(MAX_ANSWER).collect(),
                millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                ..Delivery::of(notification, self.shared.clock.now(), ended.outcome)
            });
        }
        queued.slip.ended(ended.outcome).await;
    }

    async fn deliver(&mut self, queued: &Queued, stop: &Stop) -> Ended {
        let notification = &queued.slip.notification;
        let ended = |outcome, attempts, answer| Ended {
            outcome,
            attempts,
            answer,
        };
        if self.taken.get(&notification.alert) == Some(&notification.message_id()) {
            return ended(Outcome::Delivered, 0, String::new());
        }
        let retry = self.shared.retry;
        let deadline = Instant::now() + retry.give_up_after;
        let mut backoff = Backoff::new(retry.first_pause, retry.longest_pause);
        let mut attempts = 0;
        loop {
            self.keep_the_gap().await;
            attempts += 1;
            let (reason, after) = match self.notifier.notify(notification).await {
                Ok(answer) => return ended(Outcome::Delivered, attempts, answer.text),
                Err(NotifyError::Later { reason, after }) => (reason, after),
                Err(error @ NotifyError::Refused { .. }) => {
                    self.failed(notification, &error);
                    return ended(Outcome::Refused, attempts, error.to_string());
                }
                Err(error @ NotifyError::Forbidden { .. }) => {
                    self.failed(notification, &error);
                    return ended(Outcome::Forbidden, attempts, error.to_string());
                }
            };
            // At least as long as the receiver asked for.
            let next = Instant::now() + backoff.pause().max(after.unwrap_or_default());
            if next > deadline {
                self.failed(notification, &reason);
                return ended(Outcome::GaveUp, attempts, reason);
            }
            tracing::warn!(receiver = self.notifier.name(), %reason, "not taken yet; trying again");
            self.meter.retries.inc();
            tokio::select! {
                biased;
                () = stop.cancelled() => return ended(Outcome::Stopped, attempts, reason),
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// Waits until the receiver may be sent to again; seconds at most.
    async fn keep_the_gap(&mut self) {
        let gap = self.notifier.gap();
        if let Some(sent_at) = self.sent_at {
            tokio::time::sleep_until(sent_at + gap).await;
        }
        if !gap.is_zero() {
            self.sent_at = Some(Instant::now());
        }
    }

    /// Sends again what stands: one try, the next is due soon.
    async fn renew(&self) {
        let Some(renewal) = self.notifier.renewal() else {
            return;
        };
        let now = self.shared.clock.now();
        let still = i64::try_from(renewal.resolved_for.as_millis()).unwrap_or(i64::MAX);
        let stands = |notification: &&Arc<Notification>| match notification.status {
            Status::Firing => true,
            Status::Resolved => notification
                .ends_at
                .is_some_and(|at| now.0.saturating_sub(at.0) <= still),
        };
        let all = Arc::clone(&self.standing.borrow());
        let standing: Vec<Arc<Notification>> = all.iter().filter(stands).cloned().collect();
        if standing.is_empty() {
            return;
        }
        match self.notifier.renew(&standing).await {
            Ok(()) => self.meter.renewed(Outcome::Delivered),
            Err(error) => {
                self.meter.renewed(Outcome::GaveUp);
                tracing::warn!(
                    receiver = self.notifier.name(),
                    alerts = standing.len(),
                    error = %error.with_causes(),
                    "alerts that stand could not be sent again"
                );
            }
        }
    }

    fn failed(&self, notification: &Notification, error: &dyn std::fmt::Display) {
        tracing::error!(
            receiver = self.notifier.name(),
            alert = %notification.alert,
            status = notification.status.as_str(),
            %error,
            "a notification was not taken"
        );
    }
}
