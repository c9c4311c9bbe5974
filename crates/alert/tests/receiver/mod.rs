//! A receiver: a real HTTP server on a loopback port that answers by a script, or by a function.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// One message as it arrived.
#[derive(Debug)]
pub(crate) struct Message {
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("{name} is missing"));
        value.to_str().expect("text")
    }
}

/// What is answered: a status and headers.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>);
/// What is answered: a status and a body.
pub(crate) type Reply = (u16, String);

/// The server; it ends when it is dropped.
pub(crate) struct Receiver {
    pub(crate) addr: SocketAddr,
    messages: mpsc::Receiver<Message>,
    _server: JoinSet<()>,
}

impl Receiver {
    /// Answers by `script`, then 200 forever.
    pub(crate) async fn start(script: Vec<Answer>) -> Self {
        let script = Mutex::new(VecDeque::from(script));
        Self::run(move |_| {
            let mut script = script.lock().expect("not poisoned");
            let (status, headers) = script.pop_front().unwrap_or((200, vec![]));
            (status, headers, String::new())
        })
        .await
    }

    /// Answers what the function says.
    #[allow(dead_code, reason = "not every test that shares this file needs it")]
    pub(crate) async fn service(reply: impl Fn(&Message) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(move |message| {
            let (status, body) = reply(message);
            (status, vec![], body)
        })
        .await
    }

    async fn run(
        answer: impl Fn(&Message) -> (u16, Vec<(&'static str, String)>, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let (sender, messages) = mpsc::channel(1000);
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::new(answer), sender));
        Self {
            addr,
            messages,
            _server: server,
        }
    }

    pub(crate) async fn message(&mut self) -> Message {
        let next = tokio::time::timeout(Duration::from_secs(10), self.messages.recv());
        next.await
            .expect("a message within 10 s")
            .expect("the server runs")
    }

    pub(crate) fn nothing_more(&mut self) -> bool {
        self.messages.try_recv().is_err()
    }
}

type Script = Arc<dyn Fn(&Message) -> (u16, Vec<(&'static str, String)>, String) + Send + Sync>;

async fn serve(listener: TcpListener, script: Script, sender: mpsc::Sender<Message>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (script, sender) = (Arc::clone(&script), sender.clone());
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, &script, &sender));
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    script: &Script,
    sender: &mpsc::Sender<Message>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    assert_eq!(parts.method, Method::POST, "every receiver is told by POST");
    let body = body.collect().await.expect("a whole body").to_bytes();
    let message = Message {
        path: parts.uri.to_string(),
        headers: parts.headers,
        body,
    };
    let (status, headers, text) = script(&message);
    sender.send(message).await.expect("the test listens");
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(text)).expect("a valid answer"))
}
