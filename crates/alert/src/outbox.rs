//! Where notifications are handed in and where it is heard what became of them.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use tokio::sync::mpsc;

use crate::lane::{Inlet, Item};
use crate::metrics::Outcome;
use crate::{AlertId, Notification};

/// What became of a notification, once every receiver is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The alert.
    pub alert: AlertId,
    /// Which of its transitions.
    pub sequence: u64,
    /// The worst end among the receivers.
    pub outcome: Outcome,
}

/// Some receiver's queue is full; nothing was queued anywhere, the same call may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue of a receiver is full")]
pub struct Overflow;

/// Hands notifications to all receivers.
#[derive(Debug)]
pub struct Outbox {
    pub(crate) inlets: Vec<Inlet>,
    pub(crate) sender: mpsc::Sender<Receipt>,
    pub(crate) receipts: mpsc::Receiver<Receipt>,
}

impl Outbox {
    /// Queues a notification for every receiver, or for none.
    ///
    /// # Errors
    /// [`Overflow`] when a queue is full; counted there.
    pub fn offer(&self, notification: Notification) -> Result<(), Overflow> {
        let mut places = Vec::with_capacity(self.inlets.len());
        for inlet in &self.inlets {
            places.push(inlet.place().ok_or(Overflow)?);
        }
        let slip = Arc::new(Slip {
            notification,
            state: Mutex::new(Open {
                receivers: places.len(),
                worst: Outcome::Delivered,
            }),
            sender: self.sender.clone(),
        });
        for place in places {
            place.put(Item {
                slip: Arc::clone(&slip),
            });
        }
        Ok(())
    }

    /// What has become of notifications since the last call.
    pub fn receipts(&mut self) -> Vec<Receipt> {
        std::iter::from_fn(|| self.receipts.try_recv().ok()).collect()
    }

    /// Waits for the next receipt, for ever where nothing is under way.
    pub async fn receipt(&mut self) -> Receipt {
        match self.receipts.recv().await {
            Some(receipt) => receipt,
            None => std::future::pending().await,
        }
    }
}

/// One notification on its way to all receivers.
#[derive(Debug)]
pub(crate) struct Slip {
    pub(crate) notification: Notification,
    state: Mutex<Open>,
    sender: mpsc::Sender<Receipt>,
}

#[derive(Debug)]
struct Open {
    receivers: usize,
    worst: Outcome,
}

impl Slip {
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
            // Whoever evaluates may be gone already: then nobody needs the receipt.
            let _ = self.sender.send(receipt).await;
        }
    }
}
