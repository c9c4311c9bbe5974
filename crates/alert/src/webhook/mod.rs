//! Notifications as signed HTTP messages in the Alertmanager webhook format, version 4.
//!
//! Only configured addresses are called, and the address that a name resolves to is judged where the
//! connection is made, so that a name that is pointed elsewhere later does not reach inside.
//! Redirects are not followed, proxies from the environment are not used, and what a receiver
//! answers is not read beyond its status and `Retry-After`.

mod address;
mod payload;
mod sign;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use observation::UnixMillis;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use runtime::Clock;

pub use address::{Addresses, target};
pub use payload::Payload;
pub use sign::{InvalidKey, SigningKey, Verdict, verify};

use crate::{AlertError, Config, Notification, Notifier, NotifyError, Router, WebhookConfig};

/// Messages beyond this size are cut down to their labels.
const MAX_BODY: usize = 256 * 1024;
/// A receiver that asks for a longer rest is asked again after this.
const LONGEST_REST: Duration = Duration::from_secs(3600);

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// One receiver.
pub struct Webhook {
    name: String,
    url: Url,
    keys: Vec<SigningKey>,
    client: reqwest::Client,
    router: Arc<Router>,
    external_url: String,
    clock: Clock,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The path of a webhook is often its only secret.
        f.debug_struct("Webhook")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Webhook {
    /// The receiver `config`.
    ///
    /// # Errors
    /// [`AlertError`] for an address that must not be called, or a key that is none.
    pub fn new(
        config: &WebhookConfig,
        alert: &Config,
        router: Arc<Router>,
        clock: Clock,
    ) -> Result<Self, AlertError> {
        let refused = |reason| AlertError::Target {
            name: config.name.clone(),
            reason,
        };
        let addresses = alert.addresses();
        let url = target(&config.url, addresses).map_err(refused)?;
        let keys: Result<Vec<_>, _> = config.secrets.iter().map(SigningKey::read).collect();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(config.timeout.duration())
            .connect_timeout(config.timeout.duration())
            .dns_resolver(Arc::new(addresses))
            .user_agent(concat!("corswatch/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| AlertError::Client {
                name: config.name.clone(),
                source,
            })?;
        Ok(Self {
            name: config.name.clone(),
            url,
            keys: keys.map_err(|error| refused(error.to_string()))?,
            client,
            router,
            external_url: alert.external_url.clone(),
            clock,
        })
    }

    fn body(&self, notification: &Notification) -> Vec<u8> {
        let route = self.router.route(notification);
        let whole = Payload::of(notification, route, &self.external_url).encode();
        if whole.len() <= MAX_BODY {
            return whole;
        }
        let mut bare = notification.clone();
        bare.annotations.clear();
        Payload::of(&bare, route, &self.external_url).encode()
    }

    fn headers(&self, id: &str, body: &[u8], now: UnixMillis) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name, text: &str| {
            let value = HeaderValue::from_str(text).expect("digits and base64 are header text");
            headers.insert(name, value);
        };
        set(CONTENT_TYPE, "application/json");
        set(ID, id);
        set(TIMESTAMP, &now.seconds().to_string());
        if !self.keys.is_empty() {
            let signed = |key: &SigningKey| key.sign(id, now.seconds(), body);
            let signatures: Vec<_> = self.keys.iter().map(signed).collect();
            set(SIGNATURE, &signatures.join(" "));
        }
        headers
    }
}

#[async_trait]
impl Notifier for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        let now = self.clock.now();
        let body = self.body(notification);
        let headers = self.headers(&notification.message_id(), &body, now);
        let request = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .body(body);
        match request.send().await {
            Ok(response) => answered(&response, now),
            Err(error) => Err(unreachable(error)),
        }
    }
}

fn answered(response: &Response, now: UnixMillis) -> Result<(), NotifyError> {
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("HTTP {}", status.as_u16());
    let later = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
    if later {
        let after = retry_after(response.headers(), now);
        Err(NotifyError::Later { reason, after })
    } else {
        Err(NotifyError::Refused { reason })
    }
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: UnixMillis) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let rest = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let at = httpdate::parse_http_date(text).ok()?;
        let since_epoch = at.duration_since(std::time::UNIX_EPOCH).ok()?;
        since_epoch.saturating_sub(Duration::from_millis(now.0.max(0).unsigned_abs()))
    };
    Some(rest.min(LONGEST_REST))
}

fn unreachable(error: reqwest::Error) -> NotifyError {
    // The address is part of the message otherwise, and with it what may be a secret path.
    let error = error.without_url();
    if let Some(forbidden) = address::forbidden(&error) {
        return NotifyError::Forbidden {
            reason: forbidden.to_string(),
        };
    }
    NotifyError::Later {
        reason: with_causes(&error),
        after: None,
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_asked_for_in_seconds_or_as_a_date_and_bounded() {
        let now = UnixMillis(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT
        for (text, seconds) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("999999", Some(3600)),
            ("soon", None),
            ("-3", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
            assert_eq!(
                retry_after(&headers, now),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
