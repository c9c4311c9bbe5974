//! Alerts.

use std::collections::BTreeMap;

use alert::Owners;
use serde::Serialize;
use slo::Severity;
use store::{AlertPhase, AlertRow};
use utoipa::ToSchema;

use crate::timestamp::Timestamp;

/// An alert in its latest state.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Alert {
    /// Its identity: the same for the same root cause.
    pub id: String,
    /// The app; empty for alerts about the pipeline itself.
    pub app: String,
    /// The objective that is in danger.
    pub slo: String,
    /// The rule that fired.
    pub rule: String,
    /// What it is grouped by.
    pub group: String,
    /// How the alert wants to be treated: `page` wakes someone, `ticket` does not.
    #[schema(value_type = String)]
    pub severity: Severity,
    /// Where it is in its life: `pending`, `firing`, `resolved`, ...
    #[schema(value_type = String)]
    pub state: AlertPhase,
    /// Since when.
    pub since: Timestamp,
    /// When its state was last written.
    pub updated_at: Timestamp,
    /// When it ended; null while it lasts.
    pub resolved_at: Option<Timestamp>,
    /// One sentence; null where the alert has none.
    pub summary: Option<String>,
    /// What is known and what to do; null where the alert has none.
    pub description: Option<String>,
    /// Team that owns the service that it is about; null where it is about none, or nothing is
    /// configured.
    pub owner: Option<String>,
    /// Where to read on: the runbook of the objective, else that of the service; null where nothing
    /// is configured.
    pub runbook_url: Option<String>,
    /// Everything the alert says.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
}

impl Alert {
    /// What is known of an alert, with the owner of its service as the configuration has it now.
    pub(crate) fn of(row: AlertRow, owners: &Owners) -> Self {
        let mut details: serde_json::Value = serde_json::from_str(&row.body).unwrap_or_default();
        own(&mut details, owners);
        let text = |name: &str| {
            let annotations = details.get("annotations").unwrap_or(&details);
            let value = annotations.get(name).or_else(|| details.get(name));
            value
                .and_then(|value| value.as_str())
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        Self {
            summary: text("summary"),
            description: text("description"),
            owner: details["labels"]["owner"].as_str().map(str::to_owned),
            runbook_url: text("runbook_url"),
            id: row.id,
            app: row.app,
            slo: row.slo,
            rule: row.rule,
            group: row.group,
            severity: row.severity,
            state: row.state,
            since: Timestamp(row.started_at),
            updated_at: Timestamp(row.updated_at),
            resolved_at: row.resolved_at.map(Timestamp),
            details,
        }
    }
}

fn own(details: &mut serde_json::Value, owners: &Owners) {
    let texts = |member: &serde_json::Value| -> BTreeMap<String, String> {
        serde_json::from_value(member.clone()).unwrap_or_default()
    };
    let (mut labels, mut annotations) = (texts(&details["labels"]), texts(&details["annotations"]));
    owners.complete(&mut labels, &mut annotations);
    for (name, texts) in [("labels", labels), ("annotations", annotations)] {
        if !texts.is_empty() {
            details[name] = serde_json::json!(texts);
        }
    }
}
