//! What names a group of alerts in Alertmanager's webhook format: here each alert is one.

use std::collections::BTreeMap;

use crate::Notification;

const GROUP_BY: [&str; 3] = ["alertname", "app", "slo"];

/// The labels that name the group of a notification.
pub(super) fn labels(notification: &Notification) -> BTreeMap<String, String> {
    GROUP_BY
        .iter()
        .filter_map(|&name| {
            let value = notification.labels.get(name)?;
            Some((name.to_owned(), value.clone()))
        })
        .collect()
}

/// Names the group in one text: the `groupKey` of messages.
pub(super) fn key(notification: &Notification) -> String {
    let labels: Vec<_> = labels(notification)
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    // `{}` is how Alertmanager writes the route at the root of its tree.
    format!("{{}}:{{{}}}", labels.join(", "))
}
