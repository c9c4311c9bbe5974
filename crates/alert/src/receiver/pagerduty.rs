//! PagerDuty's Events API, version 2
//! (<https://developer.pagerduty.com/docs/events-api-v2-overview>).

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use reqwest::{StatusCode, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use super::message::{self, clip, clip_bytes};
use super::{ReceiverConfig, Setup, secret_problem, timeout_problem, url_of, url_problem};
use crate::endpoint::Endpoint;
use crate::http::{Addresses, HttpClient, below};
use crate::notification::rfc3339;
use crate::{AlertError, Answer, Notification, Notifier, NotifyError, Status};

/// Characters of `payload.summary`.
const MAX_SUMMARY: usize = 1024;
/// Bytes of an event.
const MAX_EVENT: usize = 512 * 1024;
/// Bytes of one text in `custom_details`: so many of them fit.
const MAX_DETAIL: usize = 8 * 1024;
/// Details at most.
const MAX_DETAILS: usize = 40;
/// Length of a routing key.
const KEY_LENGTH: usize = 32;

/// A service of PagerDuty.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PagerDutyConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Integration key of an "Events API V2" integration: 32 characters. What a key opened can only be
    /// closed with the same key.
    pub routing_key: Secret,
    /// Address of the service region: `https://events.eu.pagerduty.com` in Europe.
    pub url: String,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for PagerDutyConfig {
    fn default() -> Self {
        Self {
            name: "pagerduty".to_owned(),
            routing_key: Secret::default(),
            url: "https://events.pagerduty.com".to_owned(),
            timeout: Span::secs(10),
        }
    }
}

impl ReceiverConfig for PagerDutyConfig {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        Endpoint::of_url(&self.name, &self.url)
            .into_iter()
            .collect()
    }

    fn problems(&self, mut problems: Problems<'_>, addresses: Addresses) {
        url_problem(&mut problems, "url", &self.url, addresses);
        let key = self.routing_key.reveal();
        if key.is_empty() {
            secret_problem(&mut problems, "routing_key", &self.routing_key);
        } else if key.len() != KEY_LENGTH || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let reason = format!(
                "the key of an Events API V2 integration has {KEY_LENGTH} letters and digits"
            );
            problems.report("routing_key", &self.routing_key, reason);
        }
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let base = url_of(&self.name, &self.url, setup.addresses)?;
        Ok(vec![Arc::new(PagerDuty {
            name: self.name.clone(),
            url: below(&base, "/v2/enqueue"),
            routing_key: self.routing_key.clone(),
            external_url: setup.external_url.to_owned(),
            client: setup.client(&self.name, self.timeout)?,
        })])
    }
}

struct PagerDuty {
    name: String,
    url: Url,
    routing_key: Secret,
    external_url: String,
    client: HttpClient,
}

#[derive(Debug, Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<EventLink>,
    client: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    client_url: &'a str,
}

#[derive(Debug, Serialize)]
struct Payload {
    summary: String,
    source: String,
    severity: &'static str,
    timestamp: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    component: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    group: String,
    class: String,
    custom_details: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct EventLink {
    href: String,
    text: String,
}

impl PagerDuty {
    fn event<'a>(&'a self, notification: &'a Notification) -> Event<'a> {
        let is_firing = notification.status == Status::Firing;
        let links = message::links(notification).into_iter();
        Event {
            routing_key: self.routing_key.reveal(),
            event_action: if is_firing { "trigger" } else { "resolve" },
            dedup_key: notification.alert.as_str(),
            payload: is_firing.then(|| payload(notification)),
            links: links
                .map(|link| EventLink {
                    href: link.href,
                    text: link.text,
                })
                .collect(),
            client: "corswatch",
            client_url: &self.external_url,
        }
    }
}

fn payload(notification: &Notification) -> Payload {
    let source = ["target_origin", "service", "app", "alertname"]
        .map(|name| notification.label(name))
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or("corswatch");
    let details = message::sections(notification)
        .into_iter()
        .chain(message::facts(notification));
    Payload {
        summary: clip(message::summary(notification), MAX_SUMMARY),
        source: clip(source, MAX_SUMMARY),
        severity: match notification.label("severity") {
            "page" => "critical",
            "ticket" => "warning",
            _ => "error",
        },
        timestamp: rfc3339(notification.starts_at),
        component: clip(notification.label("endpoint"), MAX_SUMMARY),
        group: clip(notification.label("service"), MAX_SUMMARY),
        class: clip(notification.label("alertname"), MAX_SUMMARY),
        custom_details: details
            .take(MAX_DETAILS)
            .map(|(name, text)| (clip_bytes(&name, 256), clip_bytes(&text, MAX_DETAIL)))
            .collect(),
    }
}

#[async_trait]
impl Notifier for PagerDuty {
    fn name(&self) -> &str {
        &self.name
    }

    fn closes_by_identity(&self) -> bool {
        true
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let mut event = self.event(notification);
        let size = serde_json::to_vec(&event).map_or(usize::MAX, |bytes| bytes.len());
        if size > MAX_EVENT
            && let Some(payload) = &mut event.payload
        {
            // Escapes made it larger than its texts: the summary is what counts.
            payload.custom_details.clear();
        }
        let answer = self
            .client
            .post_json(self.url.clone(), HeaderMap::new(), &event)
            .await?;
        answer.expect(StatusCode::ACCEPTED)
    }
}
