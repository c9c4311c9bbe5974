//! What goes with a notification to all receivers, and the receipt for it.

use std::sync::{Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::metrics::Outcome;
use crate::{AlertId, Notification};

/// The outcome of a notification, once every receiver is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The alert.
    pub alert: AlertId,
    /// Which of its transitions.
    pub sequence: u64,
    /// The worst end among the receivers.
    pub outcome: Outcome,
}

/// One notification on its way to all receivers.
#[derive(Debug)]
pub(crate) struct PendingDelivery {
    pub(crate) notification: Notification,
    state: Mutex<Open>,
    sender: mpsc::Sender<Receipt>,
}

#[derive(Debug)]
struct Open {
    receivers: usize,
    worst: Outcome,
}

impl PendingDelivery {
    /// For so many receivers; it ends no better than `at_best`.
    pub(crate) fn new(
        notification: Notification,
        receivers: usize,
        at_best: Outcome,
        sender: mpsc::Sender<Receipt>,
    ) -> Self {
        Self {
            notification,
            state: Mutex::new(Open {
                receivers,
                worst: at_best,
            }),
            sender,
        }
    }

    /// One receiver is done; the last one sends the receipt.
    pub(crate) async fn ended(&self, outcome: Outcome) {
        let last = {
            let mut open = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            open.receivers -= 1;
            open.worst = open.worst.max(outcome);
            (open.receivers == 0).then_some(open.worst)
        };
        if let Some(outcome) = last {
            let receipt = Receipt {
                alert: self.notification.alert.clone(),
                sequence: self.notification.sequence,
                outcome,
            };
            // Whoever evaluates may be gone already: then no one needs the receipt.
            let _ = self.sender.send(receipt).await;
        }
    }
}
