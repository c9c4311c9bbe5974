//! Settings of the alerts.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use crate::Corroboration;
use crate::webhook::{Addresses, SigningKey, target};

/// Receivers at most: each has a queue, a worker and labels of metrics.
const MAX_WEBHOOKS: usize = 16;
/// Keys at most: the one in use and the one that takes over.
const MAX_SECRETS: usize = 2;

/// Who hears of alerts, and how long it is tried to tell them.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address under which people reach the dashboard; alerts link to it. Empty: no links.
    pub external_url: String,
    /// While an alert fires it is said again at this interval.
    pub remind_after: Span,
    /// Notifications that may wait for one receiver.
    pub queue: usize,
    /// Pause before the first repetition; the pauses double from there, with jitter.
    pub first_pause: Span,
    /// The longest pause between two attempts.
    pub longest_pause: Span,
    /// After this time a notification is given up for now; it is still owed, and said again later.
    pub give_up_after: Span,
    /// What makes a page believable.
    pub corroboration: Corroboration,
    /// Lets webhooks be sent to loopback, private, link-local and metadata addresses. For receivers
    /// inside your own network only: whoever can change a receiver's DNS can then reach into it.
    pub dangerously_allow_private_networks: bool,
    /// Receivers of the Alertmanager webhook format, version 4. The log always hears, too.
    pub webhooks: Vec<WebhookConfig>,
}

/// One receiver of the Alertmanager webhook format.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookConfig {
    /// Its name in logs and metrics; unique.
    pub name: String,
    /// Where to send: `https://hooks.example/corswatch`. Redirects are not followed.
    pub url: String,
    /// Keys that sign each message, one or, while a key is changed, two. `whsec_` and base64, or any
    /// text of at least 24 bytes. Without a key messages are not signed.
    pub secrets: Vec<Secret>,
    /// How long one attempt may take.
    pub timeout: Span,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            external_url: String::new(),
            remind_after: Span::secs(4 * 60 * 60),
            queue: 1000,
            first_pause: Span::secs(1),
            longest_pause: Span::secs(60),
            give_up_after: Span::secs(15 * 60),
            corroboration: Corroboration::default(),
            dangerously_allow_private_networks: false,
            webhooks: Vec::new(),
        }
    }
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            name: "webhook".to_owned(),
            url: String::new(),
            secrets: Vec::new(),
            timeout: Span::secs(10),
        }
    }
}

impl Config {
    pub(crate) const fn addresses(&self) -> Addresses {
        if self.dangerously_allow_private_networks {
            Addresses::Any
        } else {
            Addresses::Public
        }
    }

    /// Reports every setting that cannot be used.
    pub fn problems(&self, mut problems: Problems<'_>) {
        if !self.external_url.is_empty()
            && let Err(reason) = settings::web_url(&self.external_url)
        {
            problems.report("external_url", &self.external_url, reason);
        }
        problems.range("queue", self.queue, 1..=100_000);
        let minute = Span::secs(60);
        problems.range(
            "remind_after",
            self.remind_after,
            minute..=Span::secs(7 * 86_400),
        );
        problems.range("first_pause", self.first_pause, Span::millis(10)..=minute);
        problems.range(
            "longest_pause",
            self.longest_pause,
            self.first_pause..=Span::secs(3600),
        );
        problems.range(
            "give_up_after",
            self.give_up_after,
            Span::secs(1)..=Span::secs(86_400),
        );
        self.corroboration
            .problems(problems.section("corroboration"));
        if self.webhooks.len() > MAX_WEBHOOKS {
            let reason = format!("at most {MAX_WEBHOOKS} receivers");
            problems.report("webhooks", self.webhooks.len(), reason);
        }
        let mut names = BTreeSet::from(["log"]);
        for (at, webhook) in self.webhooks.iter().enumerate() {
            let mut problems = problems.section(format!("webhooks[{at}]"));
            if webhook.name.is_empty() || !names.insert(&webhook.name) {
                problems.report("name", &webhook.name, "a name of its own, not `log`");
            }
            webhook.problems(problems, self.addresses());
        }
    }
}

impl WebhookConfig {
    fn problems(&self, mut problems: Problems<'_>, addresses: Addresses) {
        if let Err(reason) = target(&self.url, addresses) {
            // The path of a webhook is often its only secret.
            problems.report("url", "[redacted]", reason);
        }
        problems.range("timeout", self.timeout, Span::millis(100)..=Span::secs(60));
        if self.secrets.len() > MAX_SECRETS {
            let reason = format!("at most {MAX_SECRETS}: the key in use and its successor");
            problems.report("secrets", self.secrets.len(), reason);
        }
        for secret in &self.secrets {
            if let Err(reason) = SigningKey::read(secret) {
                problems.report("secrets", secret, reason.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(config: &Config) -> Vec<String> {
        let mut found = Vec::new();
        config.problems(Problems::at("alert", &mut found));
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_can_be_used() {
        assert_eq!(problems(&Config::default()), [""; 0]);
    }

    #[test]
    fn every_receiver_that_cannot_be_used_is_reported_at_once_without_its_secrets() {
        let config: Config = serde_json::from_str(
            r#"{"external_url": "dashboard", "queue": 0, "webhooks": [
                {"name": "log", "url": "ftp://hooks.test/T0P"},
                {"name": "inside", "url": "http://169.254.169.254/latest"},
                {"name": "inside", "url": "https://hooks.test/x", "secrets": ["short"]}
            ]}"#,
        )
        .expect("well formed");
        let found = problems(&config);
        let paths: Vec<_> = found
            .iter()
            .map(|text| text.split(" = ").next().unwrap_or(""))
            .collect();
        assert_eq!(
            paths,
            [
                "alert.external_url",
                "alert.queue",
                "alert.webhooks[0].name",
                "alert.webhooks[0].url",
                "alert.webhooks[1].url",
                "alert.webhooks[2].name",
                "alert.webhooks[2].secrets",
            ]
        );
        assert!(
            found
                .iter()
                .all(|text| !text.contains("T0P") && !text.contains("short")),
            "{found:?}"
        );
    }
}
