//! A client for the two sides of the product.

use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use reqwest::{Client, Response, StatusCode};
use rustls::ClientConfig;
use serde_json::Value;

use crate::Beacon;

/// A client that believes whom the product believes.
///
/// # Panics
/// Never: no file and no proxy of its own is named.
#[must_use]
pub fn client() -> Client {
    // Tests ask for clients in loops; the system's certificates are read once.
    static TLS: LazyLock<ClientConfig> =
        LazyLock::new(|| runtime::client_tls(runtime::authorities()));
    let tls = Client::builder().tls_backend_preconfigured(TLS.clone());
    let client = tls.build();
    client.expect("a client without files and proxies of its own")
}

/// A client whose trust is still to be told.
pub fn trusting() -> reqwest::ClientBuilder {
    // It stands already where a test asks twice.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

/// GET of `url`.
///
/// # Errors
/// When there is no answer.
pub async fn get(url: impl reqwest::IntoUrl) -> reqwest::Result<Response> {
    client().get(url).send().await
}

/// Talks to one server.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    client: Client,
}

impl Http {
    /// A client for `base`: `http://127.0.0.1:7781`, without a path.
    #[must_use]
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            client: client(),
        }
    }

    /// The server's base URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// GET of `path`, which starts with `/`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> reqwest::Result<Response> {
        self.client.get(self.url(path)).send().await
    }

    /// GET of `path`, whose answer is 200 with JSON.
    ///
    /// # Errors
    /// When there is no answer, another status, or no JSON; the text of the answer is quoted.
    pub async fn json(&self, path: &str) -> Result<Value> {
        let response = self.get(path).await?;
        let status = response.status();
        let text = response.text().await?;
        anyhow::ensure!(status == StatusCode::OK, "GET {path}: {status}: {text}");
        serde_json::from_str(&text).with_context(|| format!("GET {path}: not JSON: {text}"))
    }

    /// POST of `body` to `path`; the status of the answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, path: &str, body: String) -> reqwest::Result<StatusCode> {
        let request = self.client.post(self.url(path)).body(body);
        Ok(request.send().await?.status())
    }

    /// Sends a beacon as the SDK does, from the page that it names.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn beacon(&self, key: &str, beacon: &Beacon) -> reqwest::Result<StatusCode> {
        Ok(self.beacon_answer(key, beacon).await?.status())
    }

    /// As [`Http::beacon`], with the whole answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn beacon_answer(&self, key: &str, beacon: &Beacon) -> reqwest::Result<Response> {
        let page = beacon.value()["page"].as_str().unwrap_or_default();
        let request = self.client.post(self.url(&format!("/v1/b/{key}")));
        let request = request
            .header("content-type", "text/plain;charset=UTF-8")
            .header("origin", page)
            .body(beacon.body());
        request.send().await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}
