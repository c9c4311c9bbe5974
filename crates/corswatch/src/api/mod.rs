//! What commands ask of a corswatch that runs.

mod trust;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use runtime::Causes as _;
use serde_json::Value;

pub(crate) use self::trust::Trust;

use crate::cli::Api;
use crate::exit::Failure;

/// How long the API may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The longest token, in bytes.
const MAX_TOKEN: u64 = 4096;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// Nothing answers there.
    #[error(
        "{url} does not answer (--api names the API, --ca-file an authority of your own): {said}"
    )]
    Unreachable {
        url: url::Url,
        /// The error with its causes.
        said: String,
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

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable { .. } => Self::Missing(error.into()),
            ApiError::Refused { .. } => Self::Input(error.to_string()),
            ApiError::Other(error) => Self::Software(error),
        }
    }
}

/// Asks one API.
pub(crate) struct Client {
    base: url::Url,
    token: Option<String>,
    /// Where the token is from, for who has none or a wrong one.
    token_from: String,
    client: reqwest::Client,
}

impl Client {
    /// The API that the arguments of a command name.
    pub(crate) fn of(api: &Api) -> anyhow::Result<Self> {
        Self::believing(Trust::Authorities(api.ca_file.as_deref()), api)
    }

    /// The same, where `trust` says whose certificate it may show.
    pub(crate) fn believing(trust: Trust<'_>, api: &Api) -> anyhow::Result<Self> {
        let mut client = Self::at(api.api.clone(), None, trust, TIMEOUT)?;
        client.token = token(api.token_file.as_deref(), &api.token_env)?;
        client.token_from = format!("--token-file or ${}", api.token_env);
        Ok(client)
    }

    /// The API at `base`, with the token of a file.
    pub(crate) fn at(
        base: url::Url,
        token_file: Option<&Path>,
        trust: Trust<'_>,
        timeout: Duration,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            base,
            token: token_file.map(from_file).transpose()?,
            token_from: "--token-file".to_owned(),
            client: trust.client(timeout)?.build()?,
        })
    }

    /// The body of what `path` answers.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, impl AsRef<str>)],
    ) -> Result<String, ApiError> {
        let mut url = self.url(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(self.client.get(url.clone()), url).await
    }

    /// Sends `body` as JSON to `path`; returns the body of the answer.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<String, ApiError> {
        let url = self.url(path)?;
        let request = self.client.post(url.clone());
        let request = request
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        self.send(request, url).await
    }

    /// Takes away what is at `path`.
    pub(crate) async fn delete(&self, path: &str) -> Result<(), ApiError> {
        let url = self.url(path)?;
        self.send(self.client.delete(url.clone()), url).await?;
        Ok(())
    }

    fn url(&self, path: &str) -> Result<url::Url, ApiError> {
        Ok(self.base.join(path).context("--api")?)
    }

    async fn send(
        &self,
        mut request: reqwest::RequestBuilder,
        url: url::Url,
    ) -> Result<String, ApiError> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await;
        let response = response.map_err(|error| ApiError::Unreachable {
            url: self.base.clone(),
            said: error.without_url().with_causes().to_string(),
        })?;
        let status = response.status();
        let text = response.text().await.context("reading the answer")?;
        if status.is_success() {
            return Ok(text);
        }
        let problem: Value = serde_json::from_str(&text).unwrap_or_default();
        let detail = problem["detail"].as_str().or(problem["title"].as_str());
        let mut text = detail.unwrap_or("no reason is given").to_owned();
        if matches!(status.as_u16(), 401 | 403) {
            text = format!("{text}; the token is taken from {}", self.token_from);
        }
        Err(ApiError::Refused { url, status, text })
    }
}

/// What an answer holds.
pub(crate) fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text)
        .map_err(|error| anyhow!("the answer is not one of a corswatch: {error}").into())
}

/// The token of a file, or else of an environment variable.
pub(crate) fn token(file: Option<&Path>, variable: &str) -> anyhow::Result<Option<String>> {
    match file {
        Some(file) => from_file(file).map(Some),
        None => from_environment(variable),
    }
}

/// An identity as one segment of a path, whatever is in it.
pub(crate) fn segment(id: &str) -> anyhow::Result<String> {
    let mut url = url::Url::parse("http://localhost/")?;
    // `.` and `..` are steps of a path even when they are escaped.
    let is_step = id.is_empty() || id.bytes().all(|byte| byte == b'.');
    match url.path_segments_mut() {
        Ok(mut segments) if !is_step => {
            segments.pop_if_empty().push(id);
        }
        _ => anyhow::bail!("`{id}` is not an identity; lists have them as `id`"),
    }
    Ok(url.path().trim_start_matches('/').to_owned())
}

fn from_file(file: &Path) -> anyhow::Result<String> {
    let (text, _) = crate::file::text(file, MAX_TOKEN)
        .map_err(|reason| anyhow!("{}: {reason}", file.display()))?;
    Ok(text.trim().to_owned())
}

fn from_environment(name: &str) -> anyhow::Result<Option<String>> {
    let found = std::env::vars_os().find(|(known, _)| *known == *name);
    let token = found.map(|(_, token)| token.into_string());
    token
        .transpose()
        .map_err(|_| anyhow!("the token is not text"))
}
