//! Who hears of an alert, and what is told together.

use std::collections::BTreeMap;

use crate::Notification;

/// Where a notification goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Name of the route; the `receiver` of messages.
    pub name: String,
    /// Labels that name the group.
    pub group_by: Vec<String>,
}

impl Route {
    /// The labels that name the group of a notification.
    #[must_use]
    pub fn group_labels(&self, notification: &Notification) -> BTreeMap<String, String> {
        self.group_by
            .iter()
            .filter_map(|name| {
                let value = notification.labels.get(name)?;
                Some((name.clone(), value.clone()))
            })
            .collect()
    }

    /// Names the group in one text: the `groupKey` of messages.
    #[must_use]
    pub fn group_key(&self, notification: &Notification) -> String {
        let labels: Vec<_> = self
            .group_labels(notification)
            .iter()
            .map(|(name, value)| format!("{name}={value:?}"))
            .collect();
        // `{}` is how Alertmanager writes the route at the root of its tree.
        format!("{{}}:{{{}}}", labels.join(", "))
    }
}

/// Chooses the route of every notification: today the one route to all receivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Router {
    default: Route,
}

impl Default for Router {
    fn default() -> Self {
        let group_by = ["alertname", "app", "slo"].map(str::to_owned).to_vec();
        Self {
            default: Route {
                name: "default".to_owned(),
                group_by,
            },
        }
    }
}

impl Router {
    /// The route of a notification.
    #[must_use]
    pub const fn route(&self, _notification: &Notification) -> &Route {
        &self.default
    }
}
