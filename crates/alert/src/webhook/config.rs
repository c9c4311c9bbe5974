//! Settings of webhooks.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Secret, Span};

use super::{SigningKey, Webhook};
use crate::endpoint::Endpoint;
use crate::http::{Addresses, target};
use crate::receiver::{ReceiverConfig, Setup, timeout_problem};
use crate::{AlertError, Notifier};

/// Keys at most: the one in use and the one that takes over.
const MAX_SECRETS: usize = 2;

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

impl WebhookConfig {
    fn target(&self, addresses: Addresses) -> Result<reqwest::Url, String> {
        // Whatever prefix Alertmanager is served under, and whichever network it is in.
        let is_alertmanager = settings::web_url(&self.url).is_ok_and(|url| {
            let path = url.path().trim_end_matches('/');
            path.ends_with("/api/v1/alerts") || path.ends_with("/api/v2/alerts")
        });
        if is_alertmanager {
            return Err(
                "this is the API of Alertmanager, which takes alerts in another form: webhooks speak \
                 the form that Alertmanager sends. Alertmanager itself belongs into \
                 `[[alert.alertmanager]]`"
                    .to_owned(),
            );
        }
        target(&self.url, addresses)
    }
}

impl ReceiverConfig for WebhookConfig {
    fn name(&self) -> &str {
        &self.name
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        Endpoint::of_url(&self.name, &self.url)
            .into_iter()
            .collect()
    }

    fn problems(&self, mut problems: Problems<'_>, addresses: Addresses) {
        if let Err(reason) = self.target(addresses) {
            // The path of a webhook is often its only secret.
            problems.report("url", "[redacted]", reason);
        }
        timeout_problem(&mut problems, self.timeout);
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

    fn build(&self, setup: &Setup<'_>) -> Result<Vec<Arc<dyn Notifier>>, AlertError> {
        let refused = |reason| AlertError::Target {
            name: self.name.clone(),
            reason,
        };
        let url = self.target(setup.addresses).map_err(refused)?;
        let keys: Result<Vec<_>, _> = self.secrets.iter().map(SigningKey::read).collect();
        let webhook = Webhook {
            name: self.name.clone(),
            url,
            keys: keys.map_err(|error| refused(error.to_string()))?,
            client: setup.client(&self.name, self.timeout)?,
            external_url: setup.external_url.to_owned(),
        };
        Ok(vec![Arc::new(webhook)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_of_alertmanager_is_no_webhook() {
        for (url, is_webhook) in [
            ("http://alerts.test:9093/api/v2/alerts", false),
            ("http://alerts.test/am/api/v1/alerts/", false),
            ("http://alerts.test/api/v2/alerts/x", true),
        ] {
            let config = WebhookConfig {
                url: url.to_owned(),
                ..WebhookConfig::default()
            };
            let found = config.target(Addresses::Public);
            match found {
                Ok(_) => assert!(is_webhook, "{url}"),
                Err(reason) => {
                    assert!(
                        !is_webhook && reason.contains("[[alert.alertmanager]]"),
                        "{url}"
                    );
                }
            }
        }
    }
}
