//! A workflow of Microsoft Teams ("When a Teams webhook request is received") that posts an Adaptive
//! Card. Texts are `TextRun`s: those of `TextBlock` and `FactSet` are read as Markdown, in which what a
//! page wrote could become a link.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use settings::{Problems, Secret, Span};

use super::message::{self, clip_bytes};
use super::{ReceiverConfig, Setup, timeout_problem, url_of, url_problem};
use crate::endpoint::Endpoint;
use crate::http::{Addresses, HttpClient};
use crate::{AlertError, Answer, Notification, Notifier, NotifyError, Status};

/// Bytes of a message. 28 KB are documented, but messages from about 21 KB on have been refused with
/// 413.
const MAX_MESSAGE: usize = 20 * 1024;
/// Bytes of one text.
const MAX_TEXT: usize = 1500;
const MAX_TITLE: usize = 500;
/// Lines of a card.
const MAX_LINES: usize = 30;
/// Buttons that Teams shows of a card.
const MAX_LINKS: usize = 6;
/// Four requests a second are permitted.
const GAP: Duration = Duration::from_millis(250);

/// What the body of a message is: workflows differ in what they read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamsShape {
    /// `{"type": "message", "attachments": [card]}`, which the template of Teams reads.
    #[default]
    Message,
    /// The card alone.
    Card,
}

/// A workflow of Microsoft Teams.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TeamsConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Address of the workflow; it holds its own signature.
    pub url: Secret,
    /// What the workflow reads.
    pub shape: TeamsShape,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for TeamsConfig {
    fn default() -> Self {
        Self {
            name: "teams".to_owned(),
            url: Secret::default(),
            shape: TeamsShape::default(),
            timeout: Span::secs(10),
        }
    }
}

impl ReceiverConfig for TeamsConfig {
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
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        Ok(vec![Arc::new(Teams {
            name: self.name.clone(),
            url: url_of(&self.name, self.url.reveal(), setup.addresses)?,
            shape: self.shape,
            client: setup.client(&self.name, self.timeout)?,
        })])
    }
}

struct Teams {
    name: String,
    url: Url,
    shape: TeamsShape,
    client: HttpClient,
}

impl Teams {
    fn body(&self, notification: &Notification) -> Value {
        let mut lines: Vec<(String, String)> = message::sections(notification)
            .into_iter()
            .chain(message::facts(notification))
            .take(MAX_LINES)
            .collect();
        loop {
            let body = self.shaped(card(notification, &lines));
            // Escapes count: what is sent is measured, not what it is made of.
            if body.to_string().len() <= MAX_MESSAGE || lines.pop().is_none() {
                return body;
            }
        }
    }

    fn shaped(&self, card: Value) -> Value {
        match self.shape {
            TeamsShape::Card => card,
            TeamsShape::Message => json!({
                "type": "message",
                "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "contentUrl": null,
                    "content": card,
                }],
            }),
        }
    }
}

fn card(notification: &Notification, lines: &[(String, String)]) -> Value {
    let color = match notification.status {
        Status::Firing => "attention",
        Status::Resolved => "good",
    };
    let title = clip_bytes(&message::title(notification), MAX_TITLE);
    let title = json!({ "type": "RichTextBlock", "inlines": [{
        "type": "TextRun", "text": title, "weight": "bolder", "size": "large", "color": color,
    }]});
    let line = |(name, text): &(String, String)| {
        json!({ "type": "RichTextBlock", "inlines": [
            { "type": "TextRun", "text": format!("{name}: "), "weight": "bolder" },
            { "type": "TextRun", "text": clip_bytes(text, MAX_TEXT) },
        ]})
    };
    let body: Vec<Value> = std::iter::once(title)
        .chain(lines.iter().map(line))
        .collect();
    let open = |link: message::Link| json!({ "type": "Action.OpenUrl", "title": link.text, "url": link.href });
    let links = message::links(notification).into_iter().take(MAX_LINKS);
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "body": body,
        "actions": links.map(open).collect::<Vec<_>>(),
    })
}

#[async_trait]
impl Notifier for Teams {
    fn name(&self) -> &str {
        &self.name
    }

    fn gap(&self) -> Duration {
        GAP
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let body = self.body(notification);
        let answer = self
            .client
            .post_json(self.url.clone(), HeaderMap::new(), &body)
            .await?;
        answer.judged()
    }
}
