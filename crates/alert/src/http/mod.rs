//! HTTP to receivers: which addresses are called, and what an answer means.
//!
//! Only configured addresses are called, and the address that a name resolves to is judged where the
//! connection is made, so that a name that is pointed elsewhere later does not reach inside.
//! Redirects are not followed, and proxies from the environment are not used.

mod address;

use std::sync::Arc;
use std::time::Duration;

use observation::UnixMillis;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use runtime::{Causes as _, Clock};
use serde::Serialize;

pub(crate) use address::{Addresses, forbidden, permitted, target};

use crate::notifier::Answer;
use crate::{AlertError, NotifyError};

/// A receiver that asks for a longer rest is asked again after this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);
/// An answer is read up to this size.
const MAX_ANSWER: usize = 64 * 1024;
/// What logs and the delivery log show of an answer that was not expected.
const SHOWN_BYTES: usize = 200;

/// Sends to the addresses of one receiver.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
    clock: Clock,
}

impl HttpClient {
    pub(crate) fn new(
        receiver: &str,
        timeout: Duration,
        addresses: Addresses,
        clock: Clock,
    ) -> Result<Self, AlertError> {
        let tls = runtime::client_tls(runtime::authorities());
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(timeout)
            .dns_resolver(Arc::new(addresses))
            .user_agent(concat!("corswatch/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| AlertError::Client {
                name: receiver.to_owned(),
                source,
            })?;
        Ok(Self { client, clock })
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Posts a body; whatever status is answered is an answer.
    pub(crate) async fn post(
        &self,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<HttpAnswer, NotifyError> {
        let request = self.client.post(url).headers(headers).body(body);
        match request.send().await {
            Ok(response) => HttpAnswer::read(response, self.clock.now()).await,
            Err(error) => Err(unreachable(error)),
        }
    }

    /// Posts JSON.
    pub(crate) async fn post_json(
        &self,
        url: Url,
        mut headers: HeaderMap,
        body: &impl Serialize,
    ) -> Result<HttpAnswer, NotifyError> {
        let body = serde_json::to_vec(body).map_err(|error| NotifyError::Refused {
            reason: format!("the message cannot be encoded: {error}"),
        })?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.post(url, headers, body).await
    }
}

/// The address of `path`, which begins with a slash, below a configured one.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// What a receiver answered.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    after: Option<Duration>,
}

impl HttpAnswer {
    async fn read(mut response: Response, now: UnixMillis) -> Result<Self, NotifyError> {
        let after = retry_after(response.headers(), now);
        let status = response.status();
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                // The status has been read: it counts, whatever became of the text.
                Err(_) => break,
            }
        }
        body.truncate(MAX_ANSWER);
        Ok(Self {
            status,
            body,
            after,
        })
    }

    /// The status, and the beginning of the body, as one line.
    pub(crate) fn text(&self) -> String {
        let shown = &self.body[..self.body.len().min(SHOWN_BYTES)];
        let shown = printable::line(String::from_utf8_lossy(shown).trim());
        let status = self.status.as_u16();
        if shown.is_empty() {
            format!("HTTP {status}")
        } else {
            format!("HTTP {status}: {shown}")
        }
    }

    /// Any success is one; 408, 429 and 5xx may pass, all other answers are final.
    pub(crate) fn judged(self) -> Result<Answer, NotifyError> {
        if self.status.is_success() {
            return Ok(Answer::new(format!("HTTP {}", self.status.as_u16())));
        }
        let may_pass = self.status.is_server_error()
            || matches!(
                self.status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
            );
        if may_pass {
            Err(self.later())
        } else {
            Err(NotifyError::Refused {
                reason: self.text(),
            })
        }
    }

    /// Like [`HttpAnswer::judged`], where the service documents one status for success. Another 2xx is
    /// most likely a proxy's page: nothing has been taken.
    pub(crate) fn expect(self, status: StatusCode) -> Result<Answer, NotifyError> {
        if self.status.is_success() && self.status != status {
            return Err(self.unexpected(status.as_str()));
        }
        self.judged()
    }

    /// An answer that the service does not document.
    pub(crate) fn unexpected(self, expected: &str) -> NotifyError {
        NotifyError::Later {
            reason: format!("unexpected answer (not {expected}): {}", self.text()),
            after: self.after,
        }
    }

    /// An answer that may pass.
    pub(crate) fn later(self) -> NotifyError {
        NotifyError::Later {
            reason: self.text(),
            after: self.after,
        }
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
    Some(rest.min(MAX_RETRY_AFTER))
}

fn unreachable(error: reqwest::Error) -> NotifyError {
    // The address is part of the message otherwise, and with it what may be a secret path.
    let error = error.without_url();
    if let Some(forbidden) = forbidden(&error) {
        return NotifyError::Forbidden {
            reason: forbidden.to_string(),
        };
    }
    NotifyError::Later {
        reason: error.with_causes().to_string(),
        after: None,
    }
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
