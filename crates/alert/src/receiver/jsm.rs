//! Alerts of Jira Service Management
//! (<https://support.atlassian.com/jira-service-management-cloud/docs/>, integration API).

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
use crate::http::{Addresses, HttpClient, below};
use crate::{AlertError, Answer, Notification, Notifier, NotifyError, Status};

const MAX_MESSAGE: usize = 130;
const MAX_DESCRIPTION: usize = 15_000;
/// Characters of all details together.
const MAX_DETAILS: usize = 8_000;
const MAX_DETAIL: usize = 500;
const MAX_TAG: usize = 50;

/// How urgent Jira Service Management takes an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum JsmPriority {
    /// Critical.
    P1,
    /// High.
    P2,
    /// Moderate.
    P3,
    /// Low.
    P4,
    /// Informational.
    P5,
}

/// A team's integration of Jira Service Management.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JsmConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Key of an API integration.
    pub api_key: Secret,
    /// Address of the integration API.
    pub url: String,
    /// Priority of alerts that page.
    pub page_priority: JsmPriority,
    /// Priority of tickets.
    pub ticket_priority: JsmPriority,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for JsmConfig {
    fn default() -> Self {
        Self {
            name: "jsm".to_owned(),
            api_key: Secret::default(),
            url: "https://api.atlassian.com/jsm/ops/integration".to_owned(),
            page_priority: JsmPriority::P1,
            ticket_priority: JsmPriority::P3,
            timeout: Span::secs(10),
        }
    }
}

impl ReceiverConfig for JsmConfig {
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
        secret_problem(&mut problems, "api_key", &self.api_key);
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let key = format!("GenieKey {}", self.api_key.reveal());
        Ok(vec![Arc::new(Jsm {
            name: self.name.clone(),
            base: url_of(&self.name, &self.url, setup.addresses)?,
            headers: secret_header(&self.name, AUTHORIZATION, &key)?,
            page_priority: self.page_priority,
            ticket_priority: self.ticket_priority,
            client: setup.client(&self.name, self.timeout)?,
        })])
    }
}

struct Jsm {
    name: String,
    base: Url,
    headers: HeaderMap,
    page_priority: JsmPriority,
    ticket_priority: JsmPriority,
    client: HttpClient,
}

#[derive(Debug, Serialize)]
struct Create<'a> {
    message: String,
    alias: &'a str,
    description: String,
    priority: JsmPriority,
    source: &'static str,
    entity: String,
    tags: Vec<String>,
    details: BTreeMap<String, String>,
}

#[derive(Debug, Serialize)]
struct Close {
    source: &'static str,
    note: String,
}

impl Jsm {
    fn create<'a>(&self, notification: &'a Notification) -> Create<'a> {
        let tags = ["app", "owner", "environment", "severity"]
            .map(|name| notification.label(name))
            .into_iter()
            .filter(|text| !text.is_empty())
            .map(|text| clip(&text.replace(',', " "), MAX_TAG));
        Create {
            message: clip(
                &message::summary(notification).replace('\n', " "),
                MAX_MESSAGE,
            ),
            alias: notification.alert.as_str(),
            description: description(notification),
            priority: match notification.label("severity") {
                "ticket" => self.ticket_priority,
                _ => self.page_priority,
            },
            source: "corswatch",
            entity: clip(notification.label("service"), 512),
            tags: tags.collect(),
            details: details(notification),
        }
    }
}

fn description(notification: &Notification) -> String {
    let sections = message::sections(notification).into_iter();
    let links = message::links(notification).into_iter();
    let lines = sections
        .chain(links.map(|link| (link.text, link.href)))
        .map(|(name, text)| format!("{name}: {text}"));
    clip(&lines.collect::<Vec<_>>().join("\n"), MAX_DESCRIPTION)
}

fn details(notification: &Notification) -> BTreeMap<String, String> {
    let mut left = MAX_DETAILS;
    let mut details = BTreeMap::new();
    for (name, text) in message::facts(notification) {
        let text = clip(&text, MAX_DETAIL);
        let size = name.chars().count() + text.chars().count();
        if size > left {
            break;
        }
        left -= size;
        details.insert(name, text);
    }
    details
}

#[async_trait]
impl Notifier for Jsm {
    fn name(&self) -> &str {
        &self.name
    }

    fn closes_by_identity(&self) -> bool {
        true
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let headers = self.headers.clone();
        let answer = match notification.status {
            Status::Firing => {
                let body = self.create(notification);
                let url = below(&self.base, "/v2/alerts");
                self.client.post_json(url, headers, &body).await?
            }
            Status::Resolved => {
                let path = format!("/v2/alerts/{}/close", notification.alert);
                let mut url = below(&self.base, &path);
                url.set_query(Some("identifierType=alias"));
                let body = Close {
                    source: "corswatch",
                    note: clip(&message::title(notification), MAX_DESCRIPTION),
                };
                self.client.post_json(url, headers, &body).await?
            }
        };
        answer.expect(StatusCode::ACCEPTED)
    }
}
