//! The accept loop.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use prometheus_client::metrics::gauge::Gauge;
use runtime::{Causes as _, Metrics as Registry, Stop};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Exposed};
use crate::health::Health;
use crate::router::{health_router, router_until, starting_router};
use crate::state::State;

/// How long requests under way may take once a stop is asked for.
const DRAIN: Duration = Duration::from_secs(5);
/// Pause after a failed accept: most failures are "too many open files", which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The private side cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// It would be open to the network.
    #[error(transparent)]
    Exposed(#[from] Exposed),
    /// The socket is of no use.
    #[error("the listening socket of the private side is of no use")]
    Socket(#[source] std::io::Error),
}

/// Serves the private side on `listener` until `stop`, then lets requests under way finish.
///
/// # Errors
/// [`ServeError::Exposed`] where the socket is reachable from other machines and no token is
/// configured.
pub async fn serve(
    config: Config,
    state: State,
    listener: TcpListener,
    stop: Stop,
) -> Result<(), ServeError> {
    let open = connections_gauge(&state.metrics);
    let router = router_until(&stop, config.clone(), state);
    ready(&listener);
    accept(config, router, open, (&listener, &stop)).await
}

/// Serves health and metrics on `listener` until `stop`: the private side of a process without web
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

/// Serves health and metrics on `listener` while `work` is under way, so that a process that waits
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
        tracing::info!(%address, "private side ready");
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
    let header_timeout = config.header_timeout.duration();
    let connections = TaskTracker::new();
    let graceful = GracefulShutdown::new();
    loop {
        let slot = tokio::select! {
            () = stop.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot.expect("never closed"),
        };
        let stream = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(error = %error.with_causes(), "accept failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        let connection = connection(stream, router.clone(), header_timeout);
        let connection = graceful.watch(connection);
        let open = open.clone();
        open.inc();
        connections.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error.with_causes(), "connection ended");
            }
            open.dec();
            drop(slot);
        });
    }
    connections.close();
    // Idle connections are closed at once, busy ones after their answer.
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    let _ = tokio::time::timeout(DRAIN, connections.wait()).await;
    Ok(())
}

type Served =
    hyper::server::conn::http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router, header_timeout: Duration) -> Served {
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
