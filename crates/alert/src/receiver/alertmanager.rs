//! Alertmanager's API, version 2 (`POST /api/v2/alerts`), of every peer of a cluster.
//!
//! Alertmanager forgets what is not renewed: a firing alert is sent again at an interval, each time with
//! an `endsAt` a little in the future, and one that was resolved for some minutes more
//! (<https://prometheus.io/docs/alerting/latest/alerts_api/>). Its peers do not share alerts, only
//! notifications and silences, so each gets all alerts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use observation::UnixMillis;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{StatusCode, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use super::message::web_address;
use super::{ReceiverConfig, Setup, secret_header, timeout_problem, url_of, url_problem};
use crate::endpoint::Endpoint;
use crate::http::{Addresses, HttpClient, below};
use crate::notification::rfc3339;
use crate::notifier::Renewal;
use crate::{AlertError, AlertId, Answer, Notification, Notifier, NotifyError, Status};

/// Peers at most.
const MAX_PEERS: usize = 8;
/// How long a resolved alert is sent again, as Prometheus does: a peer that was away hears of it.
const RESENT_RESOLVED: Duration = Duration::from_secs(5 * 60);
/// Alerts in one request.
const BATCH: usize = 64;
/// Alerts whose last labels are remembered.
const REMEMBERED: usize = 10_000;
/// The label that keeps two alerts apart whose other labels are the same.
const ID_LABEL: &str = "corswatch_id";

/// An Alertmanager, or a cluster of them.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertmanagerConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Every peer of the cluster: `["http://am-0.example:9093", "http://am-1.example:9093"]`, with the
    /// prefix that it is served under, without `/api/v2/alerts`. All of them get all alerts.
    pub urls: Vec<String>,
    /// Token that is sent as `Authorization: Bearer`; empty for none.
    pub bearer_token: Secret,
    /// A firing alert is sent again at this interval, also while evaluation is frozen.
    pub resend_after: Span,
    /// How long Alertmanager keeps an alert firing that is not sent again: `endsAt` is this far in the
    /// future. At least four times `resend_after`.
    pub ends_after: Span,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for AlertmanagerConfig {
    fn default() -> Self {
        Self {
            name: "alertmanager".to_owned(),
            urls: Vec::new(),
            bearer_token: Secret::default(),
            resend_after: Span::secs(60),
            ends_after: Span::secs(5 * 60),
            timeout: Span::secs(10),
        }
    }
}

impl ReceiverConfig for AlertmanagerConfig {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        self.urls
            .iter()
            .filter_map(|url| Endpoint::of_url(&self.name, url))
            .collect()
    }

    fn problems(&self, mut problems: Problems<'_>, addresses: Addresses) {
        if !(1..=MAX_PEERS).contains(&self.urls.len()) {
            let reason = format!("permitted: 1 to {MAX_PEERS} addresses, one for each peer");
            problems.report("urls", self.urls.len(), reason);
        }
        for (at, url) in self.urls.iter().enumerate() {
            url_problem(&mut problems, &format!("urls[{at}]"), url, addresses);
            if let Some(base) = longer_than_base(url) {
                let reason = format!(
                    "the path of the API, version 2, is put behind it: write `urls = [\"{base}\"]`"
                );
                problems.report(&format!("urls[{at}]"), "[redacted]", reason);
            }
        }
        if !self.bearer_token.reveal().is_empty() {
            super::secret_problem(&mut problems, "bearer_token", &self.bearer_token);
        }
        let (second, day) = (Span::secs(1), Span::secs(86_400));
        problems.range("resend_after", self.resend_after, second..=Span::secs(180));
        let shortest = Span::millis(self.resend_after.as_millis().unsigned_abs() * 4);
        problems.range("ends_after", self.ends_after, shortest..=day);
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let headers = match self.bearer_token.reveal() {
            "" => HeaderMap::new(),
            token => secret_header(&self.name, AUTHORIZATION, &format!("Bearer {token}"))?,
        };
        let peer = |url: &String| {
            let base = url_of(&self.name, url, setup.addresses)?;
            let host = base.host_str().unwrap_or_default();
            let port = base.port_or_known_default().unwrap_or_default();
            let peer: Arc<dyn Notifier> = Arc::new(Peer {
                name: match self.urls.len() {
                    1 => self.name.clone(),
                    _ => format!("{}/{host}:{port}", self.name),
                },
                url: below(&base, "/api/v2/alerts"),
                headers: headers.clone(),
                client: setup.client(&self.name, self.timeout)?,
                every: self.resend_after.duration(),
                ends_after: self.ends_after,
                sent: Mutex::default(),
            });
            Ok(peer)
        };
        self.urls.iter().map(peer).collect()
    }
}

/// What people paste behind the address of Alertmanager: its API of either version, its page, a slash that is not
/// of a prefix. The address without it, where there is any.
fn longer_than_base(text: &str) -> Option<String> {
    let mut url = settings::web_url(text).ok()?;
    let path = url.path().trim_end_matches('/');
    let path = ["/api/v1/alerts", "/api/v2/alerts", "/api/v1", "/api/v2"]
        .iter()
        .find_map(|api| path.strip_suffix(api));
    if path.is_none() && url.query().is_none() && url.fragment().is_none() {
        return None;
    }
    let path = path.unwrap_or_else(|| url.path()).to_owned();
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Some(url.as_str().trim_end_matches('/').to_owned())
}

type Labels = BTreeMap<String, String>;

/// One Alertmanager.
struct Peer {
    name: String,
    url: Url,
    headers: HeaderMap,
    client: HttpClient,
    every: Duration,
    ends_after: Span,
    /// The labels under which each firing alert is known there.
    sent: Mutex<BTreeMap<AlertId, Labels>>,
}

/// An alert as Alertmanager takes it (`postableAlert` of its OpenAPI document).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PostableAlert {
    labels: Labels,
    annotations: BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<String>,
}

impl PostableAlert {
    fn of(notification: &Notification, labels: Labels, ends_at: UnixMillis) -> Self {
        let annotations = notification.annotations.iter();
        Self {
            labels,
            annotations: annotations
                .filter(|(name, _)| is_name(name))
                .map(|(name, text)| (name.clone(), text.clone()))
                .collect(),
            starts_at: rfc3339(notification.starts_at),
            ends_at: rfc3339(ends_at),
            generator_url: web_address(&notification.generator_url),
        }
    }
}

/// What Alertmanager of every version takes as a name.
fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn labels_of(notification: &Notification) -> Labels {
    let labels = notification.labels.iter();
    let labels = labels.filter(|(name, value)| is_name(name) && !value.is_empty());
    let mut labels: Labels = labels
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    labels
        .entry("alertname".to_owned())
        .or_insert_with(|| "corswatch".to_owned());
    labels.insert(ID_LABEL.to_owned(), notification.alert.to_string());
    labels
}

impl Peer {
    /// The alerts that say how `notification` stands: itself, and the end of what it was under other
    /// labels (it became more urgent), which Alertmanager holds for another alert.
    fn alerts(&self, notification: &Notification) -> Vec<PostableAlert> {
        let now = self.client.now();
        let labels = labels_of(notification);
        let ends_at = match notification.status {
            Status::Firing => UnixMillis(now.0 + self.ends_after.as_millis()),
            Status::Resolved => notification.ends_at.unwrap_or(now),
        };
        let mut alerts = Vec::new();
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = sent.get(&notification.alert)
            && *before != labels
        {
            alerts.push(PostableAlert::of(notification, before.clone(), now));
        }
        alerts.push(PostableAlert::of(notification, labels, ends_at));
        alerts
    }

    fn remember(&self, notification: &Notification) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= REMEMBERED {
            // What is forgotten ends by itself once it is not sent again.
            sent.pop_first();
        }
        match notification.status {
            Status::Firing => sent.insert(notification.alert.clone(), labels_of(notification)),
            Status::Resolved => sent.remove(&notification.alert),
        };
    }

    async fn post(&self, alerts: &[PostableAlert]) -> Result<Answer, NotifyError> {
        let headers = self.headers.clone();
        let answer = self
            .client
            .post_json(self.url.clone(), headers, &alerts)
            .await?;
        answer.expect(StatusCode::OK)
    }
}

#[async_trait]
impl Notifier for Peer {
    fn name(&self) -> &str {
        &self.name
    }

    fn closes_by_identity(&self) -> bool {
        true
    }

    fn renewal(&self) -> Option<Renewal> {
        Some(Renewal {
            every: self.every,
            resolved_for: RESENT_RESOLVED,
        })
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let answer = self.post(&self.alerts(notification)).await?;
        self.remember(notification);
        Ok(answer)
    }

    async fn renew(&self, notifications: &[Arc<Notification>]) -> Result<(), NotifyError> {
        for batch in notifications.chunks(BATCH) {
            let alerts: Vec<PostableAlert> = batch
                .iter()
                .flat_map(|notification| self.alerts(notification))
                .collect();
            self.post(&alerts).await?;
            for notification in batch {
                self.remember(notification);
            }
        }
        Ok(())
    }
}
