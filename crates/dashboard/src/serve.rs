//! The accept loop.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::middleware::AddExtension;
use axum::{Extension, Router};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use runtime::{Causes as _, Metrics as Registry, Stop};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::Layer as _;

use crate::config::{Config, Exposed};
use crate::health::Health;
use crate::middleware::Peer;
use crate::router::{health_router, router_until, starting_router};
use crate::state::State;

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
}

/// Serves the admin server on `listener` until `stop`, then lets requests in progress finish. Another may serve
/// the same listener meanwhile.
///
/// # Errors
/// [`ServeError::Exposed`] where the socket is reachable from other machines and no token is
/// configured.
pub async fn serve(
    config: Config,
    state: State,
    listener: impl Into<Arc<TcpListener>>,
    stop: Stop,
) -> Result<(), ServeError> {
    let listener = listener.into();
    let open = connections_gauge(&state.metrics);
    let router = router_until(&stop, config.clone(), state);
    ready(&listener);
    accept(config, router, open, (&listener, &stop)).await
}

/// Serves health and metrics on `listener` until `stop`: the admin server of a process without web
/// UI.
///
/// # Errors
/// As [`serve`].
pub async fn serve_health(
    config: Config,
    health: Health,
    listener: TcpListener,
    stop: Stop,
) -> Result<(), ServeError> {
    let open = connections_gauge(&health.metrics);
    let router = health_router(config.clone(), health);
    ready(&listener);
    accept(config, router, open, (&listener, &stop)).await
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
    let router = starting_router(config.clone(), health);
    let stop = Stop::new();
    let serving = accept(config, router, Gauge::default(), (listener, &stop));
    let working = async {
        let done = work.await;
        stop.cancel();
        Ok(done)
    };
    let ((), done) = tokio::try_join!(serving, working)?;
    Ok(done)
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

async fn accept(
    config: Config,
    router: Router,
    open: Gauge,
    (listener, stop): (&TcpListener, &Stop),
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Socket)?;
    config.guard(address)?;
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let clients = Arc::new(Mutex::new(HashMap::new()));
    let most_of_client = config.max_connections.div_ceil(2);
    let header_timeout = config.header_timeout.duration();
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
        let connection = connection(stream, (router.clone(), peer), header_timeout);
        let connection = graceful.watch(connection);
        let open = open.clone();
        open.inc();
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error.with_causes(), "connection ended");
            }
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

type Served = hyper::server::conn::http1::Connection<
    TokioIo<TcpStream>,
    TowerToHyperService<AddExtension<Router, Peer>>,
>;

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

fn connection(
    stream: TcpStream,
    (router, peer): (Router, IpAddr),
    header_timeout: Duration,
) -> Served {
    let router = Extension(Peer(peer)).layer(router);
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
