//! The private side of a corswatch that runs.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde_json::Value;

/// How long an answer may take; the server's own limit is lower.
const TIMEOUT: Duration = Duration::from_secs(150);
/// A token is no longer.
const MAX_TOKEN: u64 = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    /// Nothing answers there.
    #[error("{url} does not answer")]
    Unreachable {
        url: url::Url,
        source: reqwest::Error,
    },
    /// It refuses.
    #[error("{url} answers {status}: {text}")]
    Refused {
        url: url::Url,
        status: reqwest::StatusCode,
        text: String,
    },
    /// Anything else.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Asks a private side.
pub(crate) struct Remote {
    base: url::Url,
    token: Option<String>,
    client: reqwest::Client,
}

impl Remote {
    pub(crate) fn new(base: url::Url, token_file: Option<&Path>) -> anyhow::Result<Self> {
        let token = match token_file {
            None => None,
            Some(file) => {
                let (text, _) = crate::file::text(file, MAX_TOKEN)
                    .map_err(|reason| anyhow!("{}: {reason}", file.display()))?;
                Some(text.trim().to_owned())
            }
        };
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        Ok(Self {
            base,
            token,
            client,
        })
    }

    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Value, RemoteError> {
        let mut url = self.url(path)?;
        url.query_pairs_mut().extend_pairs(query);
        self.send(self.client.get(url.clone()), url).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, RemoteError> {
        let url = self.url(path)?;
        let request = self.client.post(url.clone());
        let request = request
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        self.send(request, url).await
    }

    fn url(&self, path: &str) -> Result<url::Url, RemoteError> {
        Ok(self
            .base
            .join(path)
            .context("the address of the private side")?)
    }

    async fn send(
        &self,
        mut request: reqwest::RequestBuilder,
        url: url::Url,
    ) -> Result<Value, RemoteError> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await;
        let response = response.map_err(|source| RemoteError::Unreachable {
            url: url.clone(),
            source,
        })?;
        let status = response.status();
        let text = response.text().await.context("reading the answer")?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let detail = body["detail"].as_str().unwrap_or("no reason is given");
        Err(RemoteError::Refused {
            url,
            status,
            text: detail.to_owned(),
        })
    }
}
