//! The delivery log: what each receiver made of each notification.

use observation::UnixMillis;
use tokio::sync::mpsc;

use crate::{AlertId, Notification, Outcome, Status};

/// Deliveries that may wait to be written down.
const CAPACITY: usize = 10_000;

/// How one notification ended at one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// When it ended.
    pub at: UnixMillis,
    /// The alert.
    pub alert: AlertId,
    /// Which of its transitions.
    pub sequence: u64,
    /// Names the notification, see [`Notification::message_id`].
    pub message: String,
    /// Its label `app`.
    pub app: String,
    /// Its summary.
    pub summary: String,
    /// Whether the alert fired.
    pub status: Status,
    /// The receiver; empty where a silence held it back from all.
    pub receiver: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Attempts that were made.
    pub attempts: u32,
    /// What the receiver answered last, or why there was no answer; the silence's id where it was one.
    pub answer: String,
    /// From queueing to the end, in milliseconds.
    pub millis: u64,
}

impl Delivery {
    pub(crate) fn of(notification: &Notification, at: UnixMillis, outcome: Outcome) -> Self {
        let summary = notification.annotations.get("summary");
        Self {
            at,
            alert: notification.alert.clone(),
            sequence: notification.sequence,
            message: notification.message_id(),
            app: notification.label("app").to_owned(),
            summary: summary.cloned().unwrap_or_default(),
            status: notification.status,
            receiver: String::new(),
            outcome,
            attempts: 0,
            answer: String::new(),
            millis: 0,
        }
    }
}

/// The deliveries as they end. Without a reader they are dropped; where they are not read fast
/// enough, the newest are dropped and counted.
pub type Deliveries = mpsc::Receiver<Delivery>;

/// Where lanes report.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryLog {
    sender: mpsc::Sender<Delivery>,
    dropped: prometheus_client::metrics::counter::Counter,
}

impl DeliveryLog {
    pub(crate) fn new(dropped: prometheus_client::metrics::counter::Counter) -> (Self, Deliveries) {
        let (sender, deliveries) = mpsc::channel(CAPACITY);
        (Self { sender, dropped }, deliveries)
    }

    pub(crate) fn record(&self, delivery: Delivery) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(delivery) {
            self.dropped.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use prometheus_client::metrics::counter::Counter;

    use super::*;
    use crate::Occasion;

    fn delivery(sequence: u64) -> Delivery {
        let notification = Notification {
            alert: AlertId::of_incident("inc-1"),
            sequence,
            status: Status::Firing,
            occasion: Occasion::default(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            starts_at: UnixMillis(0),
            ends_at: None,
            generator_url: String::new(),
        };
        Delivery::of(&notification, UnixMillis(0), Outcome::Delivered)
    }

    #[test]
    fn a_full_delivery_log_drops_and_counts_the_newest_and_takes_again_once_it_is_read() {
        let dropped = Counter::default();
        let (log, mut deliveries) = DeliveryLog::new(dropped.clone());
        for sequence in 0..CAPACITY as u64 + 5 {
            log.record(delivery(sequence));
        }
        assert_eq!(dropped.get(), 5);
        let read = |deliveries: &mut Deliveries| {
            std::iter::from_fn(|| deliveries.try_recv().ok().map(|one| one.sequence)).collect()
        };
        let kept: Vec<u64> = read(&mut deliveries);
        assert!(
            kept.iter().copied().eq(0..CAPACITY as u64),
            "the oldest are there, in order"
        );
        log.record(delivery(77));
        assert_eq!((read(&mut deliveries), dropped.get()), (vec![77], 5));
    }
}
