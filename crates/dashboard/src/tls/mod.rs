//! TLS of the admin server: handshakes, and certificates that are replaced while it runs.

mod config;
mod pair;

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use runtime::{Causes as _, Clock, Metrics as Registry};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub use config::TlsConfig;
pub use pair::{Pair, TlsError};

use crate::health::{Condition, Part, PartReport};

const DAY: i64 = 86_400_000;
/// How many days before its end a certificate is called late to be replaced: authorities that renew by
/// themselves do so weeks earlier.
const EXPIRES_SOON: i64 = 7;
/// The first byte of a TLS connection: a record of the handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;
/// What a client is told that speaks HTTP.
const NOT_TLS: &str = r#"{"title":"Bad Request","status":400,"detail":"this address speaks TLS: ask for it by https://"}"#;

/// TLS of one listener.
#[derive(Clone)]
pub(crate) struct Tls {
    config: TlsConfig,
    acceptor: TlsAcceptor,
    served: Arc<Served>,
    reads: Family<Read, Counter>,
    failed: Counter,
    expires: Gauge,
    clock: Clock,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Read {
    outcome: &'static str,
}

const REPLACED: Read = Read {
    outcome: "replaced",
};
const REFUSED: Read = Read { outcome: "refused" };

/// The pair that is in use, and what is wrong with the one that should follow it.
#[derive(Debug)]
struct Served {
    pair: RwLock<Arc<Pair>>,
    refused: Mutex<Option<String>>,
}

impl Served {
    fn pair(&self) -> Arc<Pair> {
        Arc::clone(&self.pair.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, pair: Pair) {
        *self.pair.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
    }

    /// Notes what is wrong, or nothing; returns whether that is news.
    fn note(&self, reason: Option<String>) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *refused != reason;
        *refused = reason;
        is_news
    }

    fn refused(&self) -> Option<String> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.pair().key))
    }
}

impl Tls {
    /// TLS as `config` says, where it is on.
    pub(crate) fn of(
        config: &TlsConfig,
        clock: &Clock,
        registry: &Registry,
    ) -> Result<Option<Self>, TlsError> {
        if !config.is_on() {
            return Ok(None);
        }
        let pair = Pair::read(config)?;
        let reads: Family<Read, Counter> = Family::default();
        let (failed, expires): (Counter, Gauge) = Default::default();
        for outcome in [REPLACED, REFUSED] {
            let _ = reads.get_or_create(&outcome);
        }
        registry.register("dashboard", |registry| {
            let text = "TLS handshakes that came to no connection";
            registry.register("handshakes_failed", text, failed.clone());
            let text = "When the certificate in use expires, in seconds since 1970";
            registry.register(
                "certificate_expires_timestamp_seconds",
                text,
                expires.clone(),
            );
            let text = "Changed certificates, by outcome";
            registry.register("certificate_changes", text, reads.clone());
        });
        let served = Arc::new(Served {
            pair: RwLock::new(Arc::new(pair)),
            refused: Mutex::default(),
        });
        let tls = Self {
            config: config.clone(),
            acceptor: acceptor(&served),
            served,
            reads,
            failed,
            expires,
            clock: clock.clone(),
        };
        tls.show_expiry();
        Ok(Some(tls))
    }

    /// The encrypted connection. What a client is not told within `limit` it is not told at all.
    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        limit: Duration,
    ) -> Option<TlsStream<TcpStream>> {
        let shaken = tokio::time::timeout(limit, self.shake(stream)).await;
        let shaken = shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        shaken
            .inspect_err(|error| {
                self.failed.inc();
                tracing::debug!(error = %error.with_causes(), "no TLS connection");
            })
            .ok()
    }

    async fn shake(&self, mut stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE {
            let answer = format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n\
                 Connection: close\r\nContent-Length: {}\r\n\r\n{NOT_TLS}",
                NOT_TLS.len()
            );
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no TLS"));
        }
        self.acceptor.accept(stream).await
    }

    /// Reads the files again from time to time, and uses what holds together.
    pub(crate) async fn keep_current(&self) -> Infallible {
        loop {
            tokio::time::sleep(self.config.check_every.duration()).await;
            let config = self.config.clone();
            if let Ok(read) = tokio::task::spawn_blocking(move || Pair::read(&config)).await {
                self.consider(read);
            }
        }
    }

    fn consider(&self, read: Result<Pair, TlsError>) {
        let old = self.served.pair();
        let now = self.clock.now();
        // One that clients refuse takes the place only of another such.
        let is_due = |new: &Pair| match old.valid_at(now) {
            Ok(()) => new.valid_at(now),
            Err(_) => Ok(()),
        };
        let read = read.and_then(|new| is_due(&new).map(|()| new));
        match read {
            Ok(new) => {
                self.served.note(None);
                if new.digest != old.digest {
                    self.served.replace(new);
                    self.show_expiry();
                    self.reads.get_or_create(&REPLACED).inc();
                    tracing::info!("the certificate of the admin server was replaced");
                }
            }
            Err(error) => {
                let reason = error.with_causes().to_string();
                if self.served.note(Some(reason)) {
                    self.reads.get_or_create(&REFUSED).inc();
                    tracing::error!(
                        error = %error.with_causes(),
                        "the new certificate of the admin server cannot be used; the one before it stays"
                    );
                }
            }
        }
    }

    fn show_expiry(&self) {
        self.expires.set(self.served.pair().expires().seconds());
    }
}

/// Only HTTP/1.1 is spoken.
fn acceptor(served: &Arc<Served>) -> TlsAcceptor {
    let mut config = ServerConfig::builder_with_provider(Arc::new(pair::provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider has what TLS 1.2 and 1.3 need")
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(served) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

#[async_trait]
impl Part for Tls {
    /// A certificate that is about to end, or cannot be replaced, is said while there is time.
    async fn report(&self) -> PartReport {
        let (pair, now) = (self.served.pair(), self.clock.now());
        let days = (pair.expires().0 - now.0) / DAY;
        let detail = match (pair.valid_at(now), self.served.refused()) {
            (Err(error), _) => {
                format!("{error}: browsers refuse it; replace the files of `dashboard.tls`")
            }
            (Ok(()), Some(reason)) => {
                format!("the new certificate cannot be used, the one before it stays: {reason}")
            }
            (Ok(()), None) if days < EXPIRES_SOON => {
                format!("the certificate expires in {days} days: replace it")
            }
            (Ok(()), None) => String::new(),
        };
        let condition = match detail.is_empty() {
            true => Condition::Ready,
            false => Condition::Degraded,
        };
        PartReport {
            part: "tls".into(),
            condition,
            detail,
        }
    }
}
