//! The body of a message: Alertmanager's webhook format, version 4, with one alert a message.

use std::collections::BTreeMap;

use serde::Serialize;

use super::group;
use crate::notification::rfc3339;
use crate::{Notification, Status};

/// What Alertmanager writes where an alert has not ended: Go's zero time.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

type Texts = BTreeMap<String, String>;

/// The body of a message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload<'a> {
    version: &'static str,
    group_key: String,
    truncated_alerts: u32,
    status: Status,
    receiver: &'a str,
    group_labels: Texts,
    common_labels: &'a Texts,
    common_annotations: &'a Texts,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    alerts: [PayloadAlert<'a>; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PayloadAlert<'a> {
    status: Status,
    labels: &'a Texts,
    annotations: &'a Texts,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: &'a str,
}

impl<'a> Payload<'a> {
    /// The message about one notification.
    #[must_use]
    pub(crate) fn of(notification: &'a Notification, external_url: &'a str) -> Self {
        let alert = PayloadAlert {
            status: notification.status,
            labels: &notification.labels,
            annotations: &notification.annotations,
            starts_at: rfc3339(notification.starts_at),
            ends_at: notification
                .ends_at
                .map_or_else(|| NOT_ENDED.to_owned(), rfc3339),
            generator_url: &notification.generator_url,
            fingerprint: notification.alert.as_str(),
        };
        Self {
            version: "4",
            group_key: group::key(notification),
            truncated_alerts: 0,
            status: notification.status,
            receiver: "default",
            group_labels: group::labels(notification),
            common_labels: &notification.labels,
            common_annotations: &notification.annotations,
            external_url,
            alerts: [alert],
        }
    }

    /// The bytes of the message.
    ///
    /// # Panics
    /// Never: texts and numbers are always encodable.
    #[must_use]
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers are always encodable")
    }
}
