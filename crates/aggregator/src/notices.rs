//! Incidents as receivers hear of them.

use std::collections::BTreeMap;

use alert::{AlertId, Notification, Occasion, Severity, Status};
use incident::{Incident, News, Replay, runbook, text};
use observation::UnixMillis;
use settings::Span;
use store::SliFilter;

use crate::words::dashboard_url;

/// Writes notifications.
#[derive(Debug)]
pub(crate) struct Notices {
    external_url: String,
    remind_after: Span,
}

impl Notices {
    pub(crate) fn new(alert: &alert::Config) -> Self {
        Self {
            external_url: alert.external_url.clone(),
            remind_after: alert.remind_after,
        }
    }

    /// Whether an incident that lasts has to be sent again.
    pub(crate) fn is_due(&self, incident: &Incident, now: UnixMillis) -> bool {
        incident.is_announced()
            && incident
                .notified_at
                .is_some_and(|at| now.0 - at.0 >= self.remind_after.as_millis())
    }

    /// What lasts, once more.
    pub(crate) fn reminder(&self, incident: &Incident, now: UnixMillis) -> Notification {
        Notification {
            occasion: Occasion::Reminder,
            ..self.notice(incident, News::Opened, Replay::Impossible, now)
        }
    }

    /// What is new of an incident.
    pub(crate) fn notice(
        &self,
        incident: &Incident,
        news: News,
        replay: Replay,
        now: UnixMillis,
    ) -> Notification {
        let url = self.url(incident);
        let closed = incident.closed();
        Notification {
            alert: AlertId::of_incident(&incident.id),
            sequence: incident.sequence,
            status: if closed.is_some() {
                Status::Resolved
            } else {
                Status::Firing
            },
            occasion: match news {
                News::Opened => Occasion::Opened,
                News::Cause => Occasion::Cause,
                News::Severity => Occasion::Severity,
                News::Grown => Occasion::Growth,
                News::Closed => Occasion::Closed,
            },
            labels: labels(incident),
            annotations: self.annotations(incident, replay, now),
            starts_at: incident.opened_at,
            ends_at: closed.map(|(at, _)| at),
            generator_url: url,
        }
    }

    fn annotations(
        &self,
        incident: &Incident,
        replay: Replay,
        now: UnixMillis,
    ) -> BTreeMap<String, String> {
        let title = text::title(incident);
        let summary = match (incident.closed(), text::noticed(incident)) {
            (Some((_, how)), _) => format!("{title}: {}", how.as_str().replace('_', " ")),
            (None, Some(noticed)) => format!("{title}: {noticed}"),
            (None, None) => title,
        };
        let mut annotations = BTreeMap::new();
        let mut note = |name: &str, text: String| {
            if !text.is_empty() {
                annotations.insert(name.to_owned(), text);
            }
        };
        note("summary", summary);
        note("description", text::description(incident, replay, now));
        if let Some(cause) = &incident.cause {
            note("diagnosis", text::diagnosis(cause));
            note("cause", cause.cause.clone());
            note("fix", text::fix(cause));
        }
        if incident.closed().is_none() {
            note("suspect", text::suspects(incident));
            note("rollback", text::undo(incident));
            note("next_steps", steps(incident));
        }
        note("runbook_url", incident.runbook.clone());
        note("dashboard_url", self.url(incident));
        note("incident_url", self.page(incident));
        annotations
    }

    /// The dashboard with the filters of what fails; of several apps the first.
    fn url(&self, incident: &Incident) -> String {
        let app = incident.apps.keys().next().map_or("", String::as_str);
        let mut filter = SliFilter::app(app);
        filter.service = Some(incident.service.clone()).filter(|service| !service.is_empty());
        dashboard_url(&self.external_url, &filter)
    }

    fn page(&self, incident: &Incident) -> String {
        let Ok(mut url) = url::Url::parse(&self.external_url) else {
            return String::new();
        };
        url.query_pairs_mut().append_pair("incident", &incident.id);
        url.to_string()
    }
}

/// What routes an incident. What it is about is as it was when it was opened: receivers know it by that.
fn labels(incident: &Incident) -> BTreeMap<String, String> {
    let mut labels = if incident.told_labels.is_empty() {
        opening_labels(incident)
    } else {
        incident.told_labels.clone()
    };
    labels.insert("severity".to_owned(), incident.severity.to_string());
    if incident.suspicious && incident.severity == Severity::Ticket {
        labels.insert("suspicious_source".to_owned(), "true".to_owned());
    }
    labels
}

/// The labels that stay as they are when an incident is first told.
pub(crate) fn opening_labels(incident: &Incident) -> BTreeMap<String, String> {
    let one = |mut values: std::collections::BTreeSet<&str>| {
        let first = values.pop_first().unwrap_or_default().to_owned();
        if values.is_empty() {
            first
        } else {
            String::new()
        }
    };
    let own = [
        ("alertname", "corswatch_incident".to_owned()),
        ("incident", incident.id.clone()),
        ("failing", incident.failing.to_string()),
        (
            "app",
            one(incident.apps.keys().map(String::as_str).collect()),
        ),
        ("service", incident.service.clone()),
        ("target_origin", incident.target_origin.clone()),
        (
            "stage",
            incident
                .stage
                .map(|stage| stage.to_string())
                .unwrap_or_default(),
        ),
        // Of several the first: routes by objective match it.
        (
            "slo",
            incident
                .alerts
                .first()
                .map(|alert| alert.slo.clone())
                .unwrap_or_default(),
        ),
    ];
    let mut labels = incident.labels.clone();
    let own = own.into_iter().filter(|(_, value)| !value.is_empty());
    labels.extend(own.map(|(name, value)| (name.to_owned(), value)));
    labels
}

fn steps(incident: &Incident) -> String {
    let steps = runbook(incident);
    let line = |(number, step): (usize, &incident::Step)| {
        let tick = if step.done { "[x]" } else { "[ ]" };
        format!("{}. {tick} {}", number + 1, step.text)
    };
    steps
        .iter()
        .enumerate()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}
