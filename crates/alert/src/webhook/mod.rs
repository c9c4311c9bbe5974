//! Notifications as signed HTTP messages in the Alertmanager webhook format, version 4.
//!
//! What a receiver answers is not acted upon beyond its status and `Retry-After`.

mod config;
mod group;
mod payload;
mod sign;

use async_trait::async_trait;
use observation::UnixMillis;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

pub use config::WebhookConfig;
use payload::Payload;
use sign::SigningKey;

use crate::http::HttpClient;
use crate::{Answer, Notification, Notifier, NotifyError};

/// Messages beyond this size are cut down to their labels.
const MAX_BODY: usize = 256 * 1024;
const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// One receiver.
pub(crate) struct Webhook {
    name: String,
    url: Url,
    keys: Vec<SigningKey>,
    client: HttpClient,
    external_url: String,
}

impl Webhook {
    fn body(&self, notification: &Notification) -> Vec<u8> {
        let whole = Payload::of(notification, &self.external_url).encode();
        if whole.len() <= MAX_BODY {
            return whole;
        }
        let mut bare = notification.clone();
        bare.annotations.clear();
        Payload::of(&bare, &self.external_url).encode()
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

    async fn notify(&self, notification: &Notification) -> Result<Answer, NotifyError> {
        let body = self.body(notification);
        let headers = self.headers(&notification.message_id(), &body, self.client.now());
        let answer = self.client.post(self.url.clone(), headers, body).await?;
        answer.judged()
    }
}
