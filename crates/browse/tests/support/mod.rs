//! A server that answers with the bytes it is told to, and remembers what it was asked.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use browse::{Addresses, Client, Limits, Names, TargetPolicy};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use web::{OriginPattern, Schemes};

type Answers = Arc<dyn Fn(&str) -> String + Send + Sync>;

pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    _accepting: JoinSet<()>,
}

impl Server {
    /// Serves on a port of the loopback; `answer` gets the head of each request.
    pub(crate) async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::serve(Arc::new(answer), None).await
    }

    /// The same over TLS.
    pub(crate) async fn start_tls(
        tls: TlsAcceptor,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::serve(Arc::new(answer), Some(tls)).await
    }

    async fn serve(answer: Answers, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, tls, answer, Arc::clone(&asked)));
        Self {
            port,
            asked,
            _accepting: accepting,
        }
    }

    /// The heads of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }

    /// `http://NAME:PORT`.
    pub(crate) fn origin(&self, name: &str) -> String {
        format!("http://{name}:{}", self.port)
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    answer: Answers,
    asked: Arc<Mutex<Vec<String>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        match &tls {
            None => converse(stream, &answer, &asked).await,
            Some(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    converse(stream, &answer, &asked).await;
                }
            }
        }
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &Answers,
    asked: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8(head).expect("ASCII");
    let reply = answer(&head);
    asked.lock().expect("no panic").push(head);
    let _ = stream.write_all(reply.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Every name in `given` stands for the loopback address.
pub(crate) fn names(given: &[&str]) -> Names {
    Names {
        given: given
            .iter()
            .map(|name| ((*name).to_owned(), vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]))
            .collect(),
    }
}

/// A policy that allows `origins`, private networks included.
pub(crate) fn allowing(origins: &[&str]) -> TargetPolicy {
    origins
        .iter()
        .fold(TargetPolicy::default(), |policy, origin| {
            policy.allow(
                OriginPattern::read(origin, Schemes::Web).expect("an origin"),
                Addresses::Private,
            )
        })
}

pub(crate) fn limits() -> Limits {
    Limits {
        timeout: Duration::from_secs(5),
        head_bytes: 16 * 1024,
    }
}

/// A client for servers on the loopback under the names `*.test`.
pub(crate) fn client(origins: &[&str], given: &[&str]) -> Client {
    Client::trusting(
        allowing(origins),
        names(given),
        limits(),
        rustls::RootCertStore::empty(),
    )
}
