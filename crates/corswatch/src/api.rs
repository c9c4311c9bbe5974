//! What commands ask of a corswatch that runs.

use std::time::Duration;

use anyhow::{Context as _, anyhow};

use crate::cli::Api;

/// How long the API may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The body of what `path` answers.
pub(crate) async fn get(api: &Api, path: &str, query: &[(&str, String)]) -> anyhow::Result<String> {
    send(api, path, query, None).await
}

/// Sends `body` as JSON to `path`; returns the body of the answer.
pub(crate) async fn post(
    api: &Api,
    path: &str,
    body: &serde_json::Value,
) -> anyhow::Result<String> {
    send(api, path, &[], Some(body)).await
}

async fn send(
    api: &Api,
    path: &str,
    query: &[(&str, String)],
    body: Option<&serde_json::Value>,
) -> anyhow::Result<String> {
    let mut url = api.api.join(path).context("--api")?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    let mut request = match body {
        Some(body) => client
            .post(url.clone())
            .header("content-type", "application/json")
            .body(body.to_string()),
        None => client.get(url.clone()),
    };
    if let Some(token) = token(api)? {
        request = request.bearer_auth(token);
    }
    let response = request
        .send()
        .await
        .with_context(|| format!("{} does not answer (--api names the API)", api.api))?;
    let status = response.status();
    let text = response.text().await.context("reading the answer")?;
    if status.is_success() {
        return Ok(text);
    }
    let said: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let detail = said["detail"].as_str().or(said["title"].as_str());
    let token = match status.as_u16() {
        401 | 403 => format!(
            "; the token is taken from --token-file or ${}",
            api.token_env
        ),
        _ => String::new(),
    };
    Err(anyhow!(
        "{url} answers {status}: {}{token}",
        detail.unwrap_or_default()
    ))
}

fn token(api: &Api) -> anyhow::Result<Option<String>> {
    if let Some(file) = &api.token_file {
        let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        return Ok(Some(text.trim().to_owned()));
    }
    let Some((_, token)) = std::env::vars_os().find(|(name, _)| *name == *api.token_env) else {
        return Ok(None);
    };
    let token = token
        .into_string()
        .map_err(|_| anyhow!("the token is not text"))?;
    Ok(Some(token))
}
