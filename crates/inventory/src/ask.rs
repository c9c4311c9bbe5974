//! The client of one audit: one request after the other, and not too many a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use audit::{NoResponse, Server};
use browse::{Call, CallError, Client};
use cors::{Answer, Headers};
use tokio::time::Instant;
use url::Url;

/// A client that takes its time.
#[derive(Debug)]
pub(crate) struct Paced {
    client: Client,
    pause: Duration,
    next: Mutex<Option<Instant>>,
}

impl Paced {
    pub(crate) fn new(client: Client, per_second: u32) -> Self {
        Self {
            client,
            pause: Duration::from_secs(1) / per_second.max(1),
            next: Mutex::new(None),
        }
    }

    /// Waits for this request's turn.
    async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = next.map_or(now, |next| next.max(now));
            *next = Some(turn + self.pause);
            turn
        };
        tokio::time::sleep_until(turn).await;
    }

    /// One request on behalf of pages of `origin`: a preflight for `method`, or the GET itself.
    pub(crate) async fn on_behalf(
        &self,
        origin: &str,
        url: &Url,
        question: Question<'_>,
    ) -> Result<Answer, CallError> {
        self.turn().await;
        let mut headers = Headers::new();
        headers.push("Accept", "*/*");
        headers.push("Origin", origin);
        let method = match question {
            Question::Read => "GET",
            Question::Preflight(method) => {
                headers.push("Access-Control-Request-Method", method);
                "OPTIONS"
            }
        };
        let call = Call {
            method,
            url,
            headers: &headers,
        };
        Ok(self.client.call(call).await?.answer)
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question<'a> {
    /// GET.
    Read,
    /// OPTIONS, before this method.
    Preflight(&'a str),
}

impl Server for Paced {
    async fn ask(&self, method: &str, url: &Url, headers: &Headers) -> Result<Answer, NoResponse> {
        self.turn().await;
        self.client.ask(method, url, headers).await
    }
}
