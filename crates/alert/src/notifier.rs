//! The seam between alerts and those who carry them.

use std::time::Duration;

use async_trait::async_trait;

use crate::Notification;

/// Why a notification was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// It may be taken later: the receiver is overloaded or out of reach.
    #[error("not now: {reason}")]
    Later {
        /// What happened, for logs.
        reason: String,
        /// How long the receiver wants to be left alone.
        after: Option<Duration>,
    },
    /// The receiver will never take it.
    #[error("refused: {reason}")]
    Refused {
        /// What the receiver said.
        reason: String,
    },
    /// The receiver's address is one that must not be called.
    #[error("address not permitted: {reason}")]
    Forbidden {
        /// Which, and what permits it.
        reason: String,
    },
}

/// Carries notifications to one receiver. One attempt a call: queue, retries and deadline belong to
/// the [`crate::Dispatcher`].
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Name of the receiver; a label of metrics.
    fn name(&self) -> &str;

    /// Tries once.
    ///
    /// # Errors
    /// [`NotifyError`], by what is to be done about it.
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError>;
}
