//! An HTTP alert source of incident.io
//! (<https://api-docs.incident.io/tag/Alert-Events-V2>).

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use reqwest::{StatusCode, Url};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use super::message::{self, clip};
use super::{
    ReceiverConfig, Setup, secret_header, secret_problem, timeout_problem, url_of, url_problem,
};
use crate::endpoint::Endpoint;
use crate::http::{Addresses, HttpClient};
use crate::{AlertError, Answer, Notification, Notifier, NotifyError, Status};

const MAX_TITLE: usize = 500;
const MAX_DESCRIPTION: usize = 10_000;
const MAX_VALUE: usize = 1_000;

/// An HTTP alert source of incident.io.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IncidentIoConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Address of the alert source: `https://api.incident.io/v2/alert_events/http/<source>`.
    pub url: Secret,
    /// The source's token, sent as `Authorization: Bearer`.
    pub token: Secret,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for IncidentIoConfig {
    fn default() -> Self {
        Self {
            name: "incident.io".to_owned(),
            url: Secret::default(),
            token: Secret::default(),
            timeout: Span::secs(10),
        }
    }
}

impl ReceiverConfig for IncidentIoConfig {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        Endpoint::of_url(&self.name, self.url.reveal())
            .into_iter()
            .collect()
    }

    fn problems(&self, mut problems: Problems<'_>, addresses: Addresses) {
        url_problem(&mut problems, "url", self.url.reveal(), addresses);
        secret_problem(&mut problems, "token", &self.token);
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let token = format!("Bearer {}", self.token.reveal());
        Ok(vec![Arc::new(IncidentIo {
            name: self.name.clone(),
            url: url_of(&self.name, self.url.reveal(), setup.addresses)?,
            headers: secret_header(&self.name, AUTHORIZATION, &token)?,
            client: setup.client(&self.name, self.timeout)?,
        })])
    }
}

struct IncidentIo {
    name: String,
    url: Url,
    headers: HeaderMap,
    client: HttpClient,
}

#[derive(Debug, Serialize)]
struct AlertEvent<'a> {
    title: String,
    description: String,
    deduplication_key: &'a str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_url: Option<String>,
    metadata: BTreeMap<String, String>,
}

impl<'a> AlertEvent<'a> {
    fn of(notification: &'a Notification) -> Self {
        let lines = message::sections(notification)
            .into_iter()
            .map(|(name, text)| format!("{name}: {text}"));
        let links = message::links(notification);
        let address = |name: &str| links.iter().find(|link| link.text == name);
        let shown = address("alert").or_else(|| address("dashboard"));
        let facts = message::facts(notification).into_iter();
        let facts = facts.map(|(name, text)| (name, clip(&text, MAX_VALUE)));
        let addresses = links.iter().map(|link| {
            let name = format!("{}_url", link.text.replace(' ', "_"));
            (name, link.href.clone())
        });
        Self {
            title: clip(message::summary(notification), MAX_TITLE),
            description: clip(&lines.collect::<Vec<_>>().join("\n"), MAX_DESCRIPTION),
            deduplication_key: notification.alert.as_str(),
            status: notification.status,
            source_url: shown.map(|link| link.href.clone()),
            metadata: facts.chain(addresses).collect(),
        }
    }
}

#[async_trait]
impl Notifier for IncidentIo {
    fn name(&self) -> &str {
        &self.name
    }

    fn closes_by_identity(&self) -> bool {
        true
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let event = AlertEvent::of(notification);
        let answer = self
            .client
            .post_json(self.url.clone(), self.headers.clone(), &event)
            .await?;
        answer.expect(StatusCode::ACCEPTED)
    }
}
