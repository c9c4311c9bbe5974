//! A receiver that writes down what it hears.

use std::sync::Mutex;

use alert::{Answer, Notification, Notifier, NotifyError, Status};
use async_trait::async_trait;

/// Writes down what it hears.
#[derive(Default)]
pub(super) struct Pager {
    received: Mutex<Vec<Notification>>,
    deaf: Mutex<bool>,
}

#[async_trait]
impl Notifier for Pager {
    fn name(&self) -> &'static str {
        "pager"
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        if *self.deaf.lock().expect("not poisoned") {
            let reason = "deaf".to_owned();
            return Err(NotifyError::Later {
                reason,
                after: None,
            });
        }
        self.received
            .lock()
            .expect("not poisoned")
            .push(notification.clone());
        Ok(Answer::default())
    }
}

impl Pager {
    pub(super) fn deaf(&self, deaf: bool) {
        *self.deaf.lock().expect("not poisoned") = deaf;
    }

    /// What was heard since the last call: what it is about, status, severity.
    pub(super) fn received(&self) -> Vec<(String, Status, String)> {
        let line = |sent: &Notification| {
            let name = sent.label("alertname").trim_start_matches("corswatch_");
            (
                name.to_owned(),
                sent.status,
                sent.label("severity").to_owned(),
            )
        };
        self.take().iter().map(line).collect()
    }

    pub(super) fn take(&self) -> Vec<Notification> {
        std::mem::take(&mut self.received.lock().expect("not poisoned"))
    }
}

pub(super) fn received(about: &str, status: Status, severity: &str) -> (String, Status, String) {
    (about.to_owned(), status, severity.to_owned())
}
