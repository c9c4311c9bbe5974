//! The receiver that is always there.

use async_trait::async_trait;

use crate::{Answer, Notification, Notifier, NotifyError};

/// Name of the log among the receivers.
pub(crate) const NAME: &str = "log";

/// Writes every notification to the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log;

#[async_trait]
impl Notifier for Log {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let summary = notification.annotations.get("summary");
        // What a browser reported may be part of the words: Debug escapes control characters.
        tracing::warn!(
            alert = notification.label("alertname"),
            app = notification.label("app"),
            severity = notification.label("severity"),
            status = notification.status.as_str(),
            fingerprint = %notification.alert,
            summary = ?summary.map_or("", String::as_str),
            "alert"
        );
        Ok(Answer::default())
    }
}
