//! Where notifications are handed in and where it is heard what became of them.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::lane::Inlet;
use crate::quote::quoted;
use crate::slip::{Receipt, Slip};
use crate::{Notification, Owners};

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
    pub(crate) owners: Owners,
}

impl Outbox {
    /// Queues a notification for every receiver, or for none. What receivers get names the owner of
    /// the alert's service, and holds nothing that their display would obey.
    ///
    /// # Errors
    /// [`Overflow`] when a queue is full; counted there.
    pub fn offer(&self, mut notification: Notification) -> Result<(), Overflow> {
        let mut places = Vec::with_capacity(self.inlets.len());
        for inlet in &self.inlets {
            places.push(inlet.place().ok_or(Overflow)?);
        }
        let Notification {
            labels,
            annotations,
            ..
        } = &mut notification;
        self.owners.complete(labels, annotations);
        let slip = Slip::new(quoted(notification), places.len(), self.sender.clone());
        let slip = Arc::new(slip);
        for place in places {
            place.put(Arc::clone(&slip));
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
