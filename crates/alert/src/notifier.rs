//! The seam between alerts and those who carry them.

use std::sync::Arc;
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

/// What a receiver answered that took a notification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// For logs and the delivery log: `HTTP 202`.
    pub text: String,
}

impl Answer {
    /// The answer `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// How a receiver wants to hear again of what it knows already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// At which interval.
    pub every: Duration,
    /// How long a resolved alert is still renewed.
    pub resolved_for: Duration,
}

/// Carries notifications to one receiver. One attempt a call: queue, retries and deadline belong to
/// the [`crate::Dispatcher`].
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Name of the receiver; a label of metrics.
    fn name(&self) -> &str;

    /// Whether an end that the receiver knows no beginning of is dropped there: it may always be told.
    fn closes_by_identity(&self) -> bool {
        false
    }

    /// The least time between two notifications.
    fn gap(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether what stands is sent again regularly.
    fn renewal(&self) -> Option<Renewal> {
        None
    }

    /// Tries once.
    ///
    /// # Errors
    /// [`NotifyError`], by what is to be done about it.
    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError>;

    /// Sends again what stands, where [`Notifier::renewal`] asks for it. It is not a notification: no one
    /// is told anything new.
    ///
    /// # Errors
    /// [`NotifyError`]; the next renewal is the next try.
    async fn renew(&self, _standing: &[Arc<Notification>]) -> Result<(), NotifyError> {
        Ok(())
    }
}
