//! A receiver of alerts: a real HTTP server on a loopback port that takes every message and keeps it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What is answered, by what was asked for.
type Answer = fn(&Value) -> u16;

/// The server; it ends when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    addr: SocketAddr,
    messages: Arc<Mutex<Vec<Value>>>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// Takes every message.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        Self::answering(|_| 200).await
    }

    /// Answers each message, which it keeps, with the status that `answer` says.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn answering(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let messages = Arc::default();
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::clone(&messages), answer));
        Self {
            addr,
            messages,
            _server: server,
        }
    }

    /// The settings of a webhook of this name that leads here.
    #[must_use]
    pub fn webhook(&self, name: &str) -> String {
        format!(
            "[[alert.webhooks]]\nname = \"{name}\"\nurl = \"http://{}/{name}\"\n",
            self.addr
        )
    }

    /// Every message so far, in the order of arrival.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        let messages = self.messages.lock();
        messages.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The labels of what it was told of with this severity, each alert once.
    #[must_use]
    pub fn told(&self, severity: &str) -> Vec<Value> {
        let mut told: Vec<Value> = Vec::new();
        for message in self.messages() {
            let labels = &message["commonLabels"];
            let known = told
                .iter()
                .any(|before| before["incident"] == labels["incident"]);
            if labels["severity"] == severity && !known {
                told.push(labels.clone());
            }
        }
        told
    }
}

async fn serve(listener: TcpListener, messages: Arc<Mutex<Vec<Value>>>, answer: Answer) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let messages = Arc::clone(&messages);
        connections.spawn(async move {
            let service = service_fn(|request| take(request, &messages, answer));
            // A sender that goes away concerns no one here.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn take(
    request: Request<Incoming>,
    messages: &Mutex<Vec<Value>>,
    answer: Answer,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let body = body
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let message = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let status = answer(&message);
    let mut kept = messages.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push(message);
    let response = Response::builder().status(status);
    Ok(response.body(Empty::new()).expect("a valid response"))
}
