//! The accept loop.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use runtime::{Causes as _, Metrics as Registry, Stop};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::Layer as _;

use crate::config::{Config, Exposed};
use crate::health::{Health, Part};
use crate::middleware::Peer;
use crate::router::{health_router, router_until, starting_router};
use crate::state::State;
use crate::tls::{Tls, TlsError};

/// How long requests in progress may take once a stop is asked for.
const DRAIN: Duration = Duration::from_secs(5);
/// Pause after a failed accept: most failures are "too many open files", which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The admin server cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It would be open to the network.
    #[error(transparent)]
    Exposed(#[from] Exposed),
    /// The socket is of no use.
    #[error("the listening socket of the admin server cannot be used")]
    Socket(#[source] std::io::Error),
    /// Its certificate is.
    #[error("`dashboard.tls` cannot be used")]
    Tls(#[from] TlsError),
}

/// Serves the admin server on `listener` until `stop`, then lets requests in progress finish. Another may serve
/// the same listener meanwhile.
///
/// # Errors
/// [`ServeError::Exposed`] where the socket is reachable from other machines and no token is
/// configured; [`ServeError::Tls`] where there is TLS without a certificate that can be used.
pub async fn serve(
    config: Config,
    mut state: State,
    listener: impl Into<Arc<TcpListener>>,
    stop: Stop,
) -> Result<(), ServeError> {
    let listener = listener.into();
    let open = connections_gauge(&state.metrics);
    let tls = Tls::of(&config.tls, &state.clock, &state.metrics)?;
    state.parts.extend(part(tls.as_ref()));
    let router = router_until(&stop, config.clone(), state);
    ready(&listener);
    accept(config, router, (open, tls), (&listener, &stop)).await
}

/// Serves health and metrics on `listener` until `stop`: the admin server of a process without web
/// UI.
///
/// # Errors
/// As [`serve`].
pub async fn serve_health(
    config: Config,
    mut health: Health,
    listener: TcpListener,
    stop: Stop,
) -> Result<(), ServeError> {
    let open = connections_gauge(&health.metrics);
    let tls = Tls::of(&config.tls, &health.clock, &health.metrics)?;
    health.parts.extend(part(tls.as_ref()));
    let router = health_router(config.clone(), health);
    ready(&listener);
    accept(config, router, (open, tls), (&listener, &stop)).await
}

/// Serves health and metrics on `listener` while `work` is in progress, so that a process that waits
/// for others is seen to live and not to be ready.
///
/// # Errors
/// As [`serve`].
pub async fn serve_during<T>(
    config: Config,
    health: Health,
    listener: &TcpListener,
    work: impl Future<Output = T>,
) -> Result<T, ServeError> {
    // What is served later registers the metrics.
    let tls = Tls::of(&config.tls, &health.clock, &Registry::default())?;
    let router = starting_router(config.clone(), health);
    let stop = Stop::new();
    let serving = accept(config, router, (Gauge::default(), tls), (listener, &stop));
    let working = async {
        let done = work.await;
        stop.cancel();
        Ok(done)
    };
    let ((), done) = tokio::try_join!(serving, working)?;
    Ok(done)
}

fn part(tls: Option<&Tls>) -> Option<Arc<dyn Part>> {
    tls.map(|tls| Arc::new(tls.clone()) as Arc<dyn Part>)
}

fn ready(listener: &TcpListener) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "admin server ready");
    }
}

fn connections_gauge(registry: &Registry) -> Gauge {
    let open = Gauge::default();
    registry.register("dashboard", |registry| {
        registry.register("connections", "Connections open now", open.clone());
    });
    open
}

/// Accepts connections until `stop`, while the certificate is kept current.
async fn accept(
    config: Config,
    router: Router,
    (open, tls): (Gauge, Option<Tls>),
    (listener, stop): (&TcpListener, &Stop),
) -> Result<(), ServeError> {
    let current = tls.clone();
    let kept_current = async {
        match current {
            Some(tls) => tls.keep_current().await,
            None => std::future::pending().await,
        }
    };
    let protocol = Protocol {
        tls,
        router,
        header_timeout: config.header_timeout.duration(),
        stop: stop.clone(),
    };
    tokio::select! {
        done = connections(&config, &protocol, open, (listener, stop)) => done,
        never = kept_current => match never {},
    }
}

async fn connections(
    config: &Config,
    protocol: &Protocol,
    open: Gauge,
    (listener, stop): (&TcpListener, &Stop),
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Socket)?;
    config.guard(address)?;
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let clients = Arc::new(Mutex::new(HashMap::new()));
    let most_of_client = config.max_connections.div_ceil(2);
    let connections = TaskTracker::new();
    let graceful = GracefulShutdown::new();
    loop {
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot.expect("never closed"),
        };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
                Err(error) => {
                    tracing::warn!(error = %error.with_causes(), "accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let Some(place) = Place::take(&clients, peer, most_of_client) else {
            // Others shall find a place, too: dropped, it is closed.
            tracing::debug!(%peer, "too many connections of one client");
            continue;
        };
        let (protocol, watcher, open) = (protocol.clone(), graceful.watcher(), open.clone());
        open.inc();
        connections.spawn(async move {
            protocol.serve(stream, peer, watcher).await;
            open.dec();
            drop((slot, place));
        });
    }
    connections.close();
    // Idle connections are closed at once, busy ones after their answer.
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    let _ = tokio::time::timeout(DRAIN, connections.wait()).await;
    Ok(())
}

/// What is spoken on a connection.
#[derive(Clone)]
struct Protocol {
    tls: Option<Tls>,
    router: Router,
    header_timeout: Duration,
    stop: Stop,
}

impl Protocol {
    async fn serve(self, stream: TcpStream, peer: IpAddr, watcher: Watcher) {
        let Some(tls) = &self.tls else {
            return self.requests(stream, peer, watcher).await;
        };
        // Boxed: plain connections take no room for it.
        let encrypted = tokio::select! {
            encrypted = Box::pin(tls.accept(stream, self.header_timeout)) => encrypted,
            // Nothing was asked yet.
            () = self.stop.cancelled() => None,
        };
        if let Some(stream) = encrypted {
            Box::pin(self.requests(stream, peer, watcher)).await;
        }
    }

    async fn requests(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
        peer: IpAddr,
        watcher: Watcher,
    ) {
        let router = Extension(Peer(peer)).layer(self.router.clone());
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(error = %error.with_causes(), "connection ended");
        }
    }
}

/// The open connections of one client, one of which this is: a client has at most half of all.
struct Place {
    clients: Arc<Mutex<HashMap<IpAddr, usize>>>,
    client: IpAddr,
}

impl Place {
    fn take(
        clients: &Arc<Mutex<HashMap<IpAddr, usize>>>,
        client: IpAddr,
        most: usize,
    ) -> Option<Self> {
        let mut open = clients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        let clients = Arc::clone(clients);
        Some(Self { clients, client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}
