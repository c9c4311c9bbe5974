//! Slack: an incoming webhook, or a bot that keeps one message for each alert current.

mod blocks;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use settings::{Problems, Secret, Span};

use super::{
    ReceiverConfig, Setup, secret_header, secret_problem, timeout_problem, url_of, url_problem,
};
use crate::endpoint::Endpoint;
use crate::http::{Addresses, HttpAnswer, HttpClient, below};
use crate::{AlertError, AlertId, Answer, Notification, Notifier, NotifyError, Status};

/// One message a second and channel (<https://docs.slack.dev/apis/web-api/rate-limits>).
const GAP: Duration = Duration::from_secs(1);
/// Alerts whose message is remembered.
const REMEMBERED: usize = 1_000;
/// Errors of Slack's methods that may pass.
const MAY_PASS: [&str; 6] = [
    "ratelimited",
    "rate_limited",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
];
/// Errors after which a new message is posted: the one to be changed is gone, or too old for it.
const GONE: [&str; 3] = [
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
];

/// A channel of Slack.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SlackConfig {
    /// Its name in routes, logs and metrics; unique.
    pub name: String,
    /// Address of an incoming webhook: `https://hooks.slack.com/services/..`. Each notification is a
    /// message of its own. Either this or `token`.
    pub url: Secret,
    /// Token of a bot with the scope `chat:write`: `xoxb-..`. One message for each alert is kept
    /// current.
    pub token: Secret,
    /// Id of the channel that the bot writes to: `C0123456789`.
    pub channel: String,
    /// Address of Slack's methods.
    pub api_url: String,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for SlackConfig {
    fn default() -> Self {
        Self {
            name: "slack".to_owned(),
            url: Secret::default(),
            token: Secret::default(),
            channel: String::new(),
            api_url: "https://slack.com/api".to_owned(),
            timeout: Span::secs(10),
        }
    }
}

/// Whether people look at this address, in a browser: that of a workspace or of a channel.
fn is_page(url: &str) -> bool {
    let url = settings::web_url(url).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str);
    host.is_some_and(|host| {
        (host == "slack.com" || host.ends_with(".slack.com")) && !host.starts_with("hooks.")
    })
}

impl ReceiverConfig for SlackConfig {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        let url = match self.url.reveal() {
            "" => self.api_url.as_str(),
            url => url,
        };
        Endpoint::of_url(&self.name, url).into_iter().collect()
    }

    fn problems(&self, mut problems: Problems<'_>, addresses: Addresses) {
        match (self.url.reveal(), self.token.reveal()) {
            ("", "") => problems.report("url", "\"\"", "set `url` or `token`, or `.._file` of it"),
            (url, "") if is_page(url) => {
                let reason = "this is a page of Slack: an incoming webhook is \
                              `https://hooks.slack.com/services/..`";
                problems.report("url", "[redacted]", reason);
            }
            (url, "") => url_problem(&mut problems, "url", url, addresses),
            ("", _) => {
                secret_problem(&mut problems, "token", &self.token);
                url_problem(&mut problems, "api_url", &self.api_url, addresses);
                if self.channel.is_empty() {
                    let reason = "is missing: a bot writes to a channel";
                    problems.report("channel", "\"\"", reason);
                }
            }
            _ => problems.report("token", &self.token, "set `url` or `token`, not both"),
        }
        timeout_problem(&mut problems, self.timeout);
    }

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let address = |text: &str| url_of(&self.name, text, setup.addresses);
        let way = match self.token.reveal() {
            "" => Way::Webhook(address(self.url.reveal())?),
            token => Way::Bot(Bot {
                api: address(&self.api_url)?,
                headers: secret_header(&self.name, AUTHORIZATION, &format!("Bearer {token}"))?,
                channel: self.channel.clone(),
                posted: Mutex::default(),
            }),
        };
        Ok(vec![Arc::new(Slack {
            name: self.name.clone(),
            way,
            client: setup.client(&self.name, self.timeout)?,
        })])
    }
}

struct Slack {
    name: String,
    way: Way,
    client: HttpClient,
}

enum Way {
    Webhook(Url),
    Bot(Bot),
}

struct Bot {
    api: Url,
    headers: HeaderMap,
    channel: String,
    posted: Mutex<BTreeMap<AlertId, Posted>>,
}

/// The message of an alert.
#[derive(Debug, Clone)]
struct Posted {
    /// The channel's id as Slack answered it, which `chat.update` asks for.
    channel: String,
    /// The message's time stamp: its identity in the channel.
    ts: String,
    severity: String,
}

/// What Slack's methods answer.
#[derive(Debug, Deserialize)]
struct Reply {
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    ts: String,
    #[serde(default)]
    channel: String,
}

/// The members that all messages have: links are not unfolded, and names mention no one.
fn message(notification: &Notification) -> Value {
    json!({
        "text": blocks::fallback(notification),
        "mrkdwn": false,
        "parse": "none",
        "link_names": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "attachments": [{
            "color": blocks::color(notification),
            "fallback": blocks::fallback(notification),
            "blocks": blocks::blocks(notification),
        }],
    })
}

impl Slack {
    async fn call(&self, bot: &Bot, method: &str, body: &Value) -> Result<Reply, Failed> {
        let url = below(&bot.api, &format!("/{method}"));
        let answer = self
            .client
            .post_json(url, bot.headers.clone(), body)
            .await?;
        if !answer.status.is_success() {
            let judged = answer.judged().map(drop);
            return Err(Failed::Otherwise(judged.expect_err("it is not a success")));
        }
        reply(answer)
    }

    async fn post(&self, bot: &Bot, notification: &Notification) -> Result<Answer, NotifyError> {
        let mut body = message(notification);
        body["channel"] = json!(bot.channel);
        let reply = self.call(bot, "chat.postMessage", &body).await?;
        bot.remember(notification, &reply);
        Ok(Answer::new(format!("posted {}", reply.ts)))
    }

    /// Changes the message of the alert. Changes wake no one, so that one that became more urgent is
    /// told below it as well, and shown in the channel.
    async fn update(
        &self,
        bot: &Bot,
        posted: &Posted,
        notification: &Notification,
    ) -> Result<Answer, NotifyError> {
        let mut body = message(notification);
        body["channel"] = json!(posted.channel);
        body["ts"] = json!(posted.ts);
        match self.call(bot, "chat.update", &body).await {
            Ok(_) => {}
            Err(Failed::Gone) => return self.post(bot, notification).await,
            Err(Failed::Otherwise(error)) => return Err(error),
        }
        let severity = notification.label("severity");
        if severity == "page" && posted.severity != severity {
            let mut reply = message(notification);
            reply["channel"] = json!(posted.channel);
            reply["thread_ts"] = json!(posted.ts);
            reply["reply_broadcast"] = json!(true);
            self.call(bot, "chat.postMessage", &reply).await?;
        }
        bot.keep(notification, posted);
        Ok(Answer::new(format!("updated {}", posted.ts)))
    }
}

/// Why a method failed.
enum Failed {
    Gone,
    Otherwise(NotifyError),
}

impl From<NotifyError> for Failed {
    fn from(error: NotifyError) -> Self {
        Self::Otherwise(error)
    }
}

impl From<Failed> for NotifyError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Gone => Self::Refused {
                reason: "the message is gone".to_owned(),
            },
            Failed::Otherwise(error) => error,
        }
    }
}

fn reply(answer: HttpAnswer) -> Result<Reply, Failed> {
    let Ok(reply) = serde_json::from_slice::<Reply>(&answer.body) else {
        return Err(answer.unexpected("JSON with `ok`").into());
    };
    match reply.error.as_str() {
        _ if reply.ok => Ok(reply),
        error if GONE.contains(&error) => Err(Failed::Gone),
        error if MAY_PASS.contains(&error) => Err(answer.later().into()),
        _ => Err(Failed::Otherwise(NotifyError::Refused {
            reason: answer.text(),
        })),
    }
}

impl Bot {
    fn posted(&self, alert: &AlertId) -> Option<Posted> {
        let posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        posted.get(alert).cloned()
    }

    fn remember(&self, notification: &Notification, reply: &Reply) {
        let channel = match reply.channel.as_str() {
            "" => self.channel.clone(),
            channel => channel.to_owned(),
        };
        let posted = Posted {
            channel,
            ts: reply.ts.clone(),
            severity: String::new(),
        };
        self.keep(notification, &posted);
    }

    fn keep(&self, notification: &Notification, message: &Posted) {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        match notification.status {
            // What fires after this is another story, with a message of its own.
            Status::Resolved => {
                posted.remove(&notification.alert);
            }
            Status::Firing => {
                if posted.len() >= REMEMBERED {
                    posted.pop_first();
                }
                let severity = notification.label("severity").to_owned();
                let message = Posted {
                    severity,
                    ..message.clone()
                };
                posted.insert(notification.alert.clone(), message);
            }
        }
    }
}

#[async_trait]
impl Notifier for Slack {
    fn name(&self) -> &str {
        &self.name
    }

    fn gap(&self) -> Duration {
        GAP
    }

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        match &self.way {
            Way::Webhook(url) => {
                let body = message(notification);
                let answer = self
                    .client
                    .post_json(url.clone(), HeaderMap::new(), &body)
                    .await?;
                if answer.status.is_success() && answer.body.trim_ascii() != b"ok" {
                    return Err(answer.unexpected("ok"));
                }
                answer.judged()
            }
            Way::Bot(bot) => match bot.posted(&notification.alert) {
                Some(posted) => self.update(bot, &posted, notification).await,
                None => self.post(bot, notification).await,
            },
        }
    }
}
