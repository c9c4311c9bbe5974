//! What receivers are told.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use observation::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::AlertId;

/// Whether an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It fires.
    Firing,
    /// It is over.
    Resolved,
}

impl Status {
    /// The text that stands for this status in messages and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// Why receivers are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// It began.
    #[default]
    Opened,
    /// Its cause is known, or another one.
    Cause,
    /// It is more urgent.
    Severity,
    /// Many more are affected.
    Growth,
    /// It is over.
    Closed,
    /// Nothing is new; it still lasts.
    Reminder,
}

/// One thing to be told about one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Identity of the alert; the `fingerprint` of messages.
    pub alert: AlertId,
    /// Which of the alert's transitions is told.
    pub sequence: u64,
    /// Whether it fires.
    pub status: Status,
    /// Why it is told.
    #[serde(default)]
    pub occasion: Occasion,
    /// What routes and groups it. Sorted, so that the same alert is always the same text.
    pub labels: BTreeMap<String, String>,
    /// What people read.
    pub annotations: BTreeMap<String, String>,
    /// When it began to fire.
    pub starts_at: UnixMillis,
    /// When it was over.
    pub ends_at: Option<UnixMillis>,
    /// Where it can be looked at; empty where no address is configured.
    pub generator_url: String,
}

impl Notification {
    /// Names this notification: the same through retries and restarts, so that a receiver that
    /// heard of it twice can tell.
    #[must_use]
    pub fn message_id(&self) -> String {
        format!("{}.{}.{}", self.alert, self.starts_at.0, self.sequence)
    }

    /// A label's value, or empty.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// A time as RFC 3339 in UTC with milliseconds; times before 1970 are shown as 1970.
#[must_use]
pub fn rfc3339(at: UnixMillis) -> String {
    // The year 9999 is the last that the format has.
    let millis = at.0.clamp(0, 253_402_300_799_999).unsigned_abs();
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(millis)).to_string()
}
