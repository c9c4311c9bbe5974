//! Where notifications are handed in and their outcomes come back.

use std::sync::Arc;

use runtime::Clock;
use tokio::sync::mpsc;

use crate::delivery::{Delivery, DeliveryLog};
use crate::delivery_queue::QueueSender;
use crate::metrics::Metrics;
use crate::notified::Notified;
use crate::pending_delivery::{PendingDelivery, Receipt};
use crate::quote::quoted;
use crate::route::Routes;
use crate::silence::Silences;
use crate::{Notification, Outcome, Owners, Status};

/// Some receiver's queue is full; nothing was queued anywhere, the same call may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of a receiver is full")]
pub struct Overflow;

/// Hands notifications to the receivers that the routes name.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) inlets: Vec<QueueSender>,
    pub(crate) sender: mpsc::Sender<Receipt>,
    pub(crate) receipts: mpsc::Receiver<Receipt>,
    pub(crate) owners: Owners,
    pub(crate) routes: Routes,
    pub(crate) silences: Silences,
    pub(crate) clock: Clock,
    pub(crate) log: DeliveryLog,
    pub(crate) metrics: Metrics,
    pub(crate) notified: Notified,
}

/// What is to be done with a notification.
struct Plan {
    lanes: Vec<usize>,
    /// How it ends even if every lane takes it.
    at_best: Outcome,
}

impl Outbox {
    /// Whether notifications may be handed in: silences are known, or have been waited for long enough.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.silences.is_ready()
    }

    /// Queues a notification for every receiver that the routes name, or for none. What receivers get
    /// names the owner of the alert's service, and holds nothing that their display would obey. Where a
    /// silence holds it back, only the log hears of it, and the receipt says so.
    ///
    /// # Errors
    /// [`Overflow`] when a queue is full; counted there.
    pub fn offer(&self, notification: Notification) -> Result<(), Overflow> {
        let notification = self.completed(notification);
        let plan = self.plan(&notification);
        let mut places = Vec::with_capacity(plan.lanes.len());
        for &lane in &plan.lanes {
            places.push(self.inlets[lane].place().ok_or(Overflow)?);
        }
        self.remember(&notification, &plan);
        let slip = PendingDelivery::new(
            notification,
            places.len(),
            plan.at_best,
            self.sender.clone(),
        );
        let slip = Arc::new(slip);
        for place in places {
            place.put(Arc::clone(&slip));
        }
        Ok(())
    }

    /// Queues a notification for one receiver, whatever routes and silences say.
    ///
    /// # Errors
    /// [`Overflow`] when its queue is full or there is no such receiver; counted where it is full.
    pub fn offer_to(&self, receiver: &str, notification: Notification) -> Result<(), Overflow> {
        let notification = self.completed(notification);
        let own = self.inlets.iter().filter(|lane| lane.receiver == receiver);
        let places: Option<Vec<_>> = own.map(QueueSender::place).collect();
        let places = places.filter(|places| !places.is_empty()).ok_or(Overflow)?;
        let sender = self.sender.clone();
        let slip = PendingDelivery::new(notification, places.len(), Outcome::Delivered, sender);
        let slip = Arc::new(slip);
        for place in places {
            place.put(Arc::clone(&slip));
        }
        Ok(())
    }

    /// Takes note of what stands: every alert that fires, and those that were resolved minutes ago.
    /// Receivers that forget what is not renewed are sent it again, from now on until the next call,
    /// also while nothing can be evaluated.
    pub fn renew(&self, standing: impl IntoIterator<Item = Notification>) {
        let renewed: Vec<&QueueSender> = self
            .inlets
            .iter()
            .filter(|lane| lane.standing.is_some())
            .collect();
        if renewed.is_empty() {
            return;
        }
        let mut lists = vec![Vec::new(); renewed.len()];
        for notification in standing {
            let notification = Arc::new(self.completed(notification));
            let now = self.clock.now();
            let is_firing = notification.status == Status::Firing;
            if is_firing && self.silences.holding(&notification.labels, now).is_some() {
                continue;
            }
            let recipients = self.routes.recipients(&notification.labels);
            for (lane, list) in renewed.iter().zip(&mut lists) {
                if recipients.contain(&lane.receiver) {
                    list.push(Arc::clone(&notification));
                }
            }
        }
        for (lane, list) in renewed.iter().zip(lists) {
            if let Some(standing) = &lane.standing {
                standing.send_replace(Arc::new(list));
            }
        }
    }

    /// What has become of notifications since the last call.
    pub fn receipts(&mut self) -> Vec<Receipt> {
        std::iter::from_fn(|| self.receipts.try_recv().ok()).collect()
    }

    /// Waits for the next receipt, forever where nothing is in progress.
    pub async fn receipt(&mut self) -> Receipt {
        match self.receipts.recv().await {
            Some(receipt) => receipt,
            None => std::future::pending().await,
        }
    }

    fn completed(&self, mut notification: Notification) -> Notification {
        let Notification {
            labels,
            annotations,
            ..
        } = &mut notification;
        self.owners.complete(labels, annotations);
        quoted(notification)
    }

    fn plan(&self, notification: &Notification) -> Plan {
        let recipients = self.routes.recipients(&notification.labels);
        let notified = self.notified.receivers(&notification.alert);
        let was_notified = |lane: usize| notified.contains(&self.inlets[lane].lane);
        let silence = self
            .silences
            .holding(&notification.labels, self.clock.now());
        let is_firing = notification.status == Status::Firing;
        let receives = |&lane: &usize| {
            let inlet = &self.inlets[lane];
            let is_routed =
                inlet.receiver == crate::log::NAME || recipients.contain(&inlet.receiver);
            match (is_firing, &silence) {
                (true, None) => is_routed,
                (true, Some(_)) => inlet.receiver == crate::log::NAME,
                (false, None) => is_routed || was_notified(lane),
                // An end wakes no one, but left out it leaves open what was opened.
                (false, Some(_)) => {
                    was_notified(lane)
                        || inlet.receiver == crate::log::NAME
                        || (is_routed && inlet.closes_by_identity)
                }
            }
        };
        let lanes = (0..self.inlets.len()).filter(receives).collect();
        let at_best = match silence {
            Some(silence) if is_firing => {
                self.silenced(notification, &silence);
                Outcome::Silenced
            }
            _ => Outcome::Delivered,
        };
        Plan { lanes, at_best }
    }

    fn remember(&self, notification: &Notification, plan: &Plan) {
        let alert = &notification.alert;
        match notification.status {
            Status::Resolved => self.notified.forget(alert),
            Status::Firing if plan.at_best == Outcome::Delivered => {
                let lanes = plan.lanes.iter();
                self.notified
                    .note(alert, lanes.map(|&lane| self.inlets[lane].lane.as_str()));
            }
            Status::Firing => {}
        }
    }

    /// Counts and logs once that a silence holds a notification back.
    fn silenced(&self, notification: &Notification, silence: &str) {
        let message = notification.message_id();
        if !self
            .notified
            .is_newly_silenced(&notification.alert, message)
        {
            return;
        }
        self.metrics.silenced.inc();
        tracing::info!(
            alert = %notification.alert,
            app = notification.label("app"),
            silence,
            "a silence holds a notification back"
        );
        self.log.record(Delivery {
            answer: format!("silence {silence}"),
            ..Delivery::of(notification, self.clock.now(), Outcome::Silenced)
        });
    }
}
