//! The accept loop and the drain.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use intake::Catalog;
use journal::Appender;
use runtime::{Causes as _, Clock, Metrics, Stop};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::address::counted_as;
use crate::edge::Edge;
use crate::known_senders::Catalogs;
use crate::metrics::{Cut, EdgeMetrics};
use crate::report::Counts;
use crate::{Config, connection, report};

/// How long to wait when connections cannot be accepted, for lack of file descriptors say.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// After how many failures in a row the listener is given up: half a minute.
const MAX_ACCEPT_FAILURES: u32 = 300;

/// How long appends have whose connection was cut at the end of the drain.
const LAST_APPENDS: Duration = Duration::from_secs(2);

/// The edge could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Connections cannot be accepted any more.
    #[error("connections cannot be accepted")]
    Accept(#[source] io::Error),
}

/// The edge, ready to serve.
#[derive(Debug)]
pub struct Collector {
    edge: Arc<Edge>,
}

impl Collector {
    /// Puts the edge together. `partitions` is the journal's number.
    #[must_use]
    pub fn build(
        config: Config,
        catalog: Catalog,
        journal: Arc<dyn Appender>,
        partitions: u32,
        clock: Clock,
        metrics: &Metrics,
    ) -> Self {
        let metrics = EdgeMetrics::register(metrics);
        let edge = Edge::new(config, catalog, journal, partitions, (clock, metrics));
        Self {
            edge: Arc::new(edge),
        }
    }

    /// What this edge counts, now and later.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts(Arc::clone(&self.edge))
    }

    /// What replaces who may send, now and later.
    #[must_use]
    pub fn catalogs(&self) -> Catalogs {
        Catalogs(Arc::clone(&self.edge))
    }

    /// Serves until `stop`, then drains: no new connections, requests in progress finish within the
    /// configured time, what is left is cut, the counts are reported.
    ///
    /// # Errors
    /// [`ServeError`] when connections cannot be accepted for half a minute. It drains nevertheless.
    pub async fn serve(self, listener: TcpListener, stop: Stop) -> Result<(), ServeError> {
        let edge = &self.edge;
        let drained = Stop::new();
        let serve = async {
            let mut connections = Connections::new();
            let ended = accept(edge, &listener, &stop, &mut connections).await;
            // From here on new connections are refused by the kernel.
            drop(listener);
            drain(edge, &mut connections).await;
            drained.cancel();
            ended
        };
        let (ended, ()) = tokio::join!(serve, report::run(edge, &drained));
        ended
    }
}

/// The open connections.
struct Connections {
    tasks: JoinSet<()>,
    /// Cancelled when they are to end.
    stop: Stop,
    by_client: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Connections {
    fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            stop: Stop::new(),
            by_client: Arc::default(),
        }
    }

    /// Admits a connection and serves it; one too many is closed.
    fn open(&mut self, edge: &Arc<Edge>, stream: TcpStream, peer: SocketAddr) {
        let peer = peer.ip().to_canonical();
        edge.metrics.accepted.inc();
        let ticket = match self.admit(edge, peer) {
            Ok(ticket) => ticket,
            Err(cut) => return edge.metrics.cut(cut),
        };
        // Answers are small and whole: nothing is gained by waiting for more. Where it fails, the
        // connection is gone already.
        let _ = stream.set_nodelay(true);
        let edge = Arc::clone(edge);
        // A token of its own: asking one that all share would contend for its lock.
        let stop = self.stop.child_token();
        self.tasks.spawn(async move {
            let _ticket = ticket;
            connection::serve(edge, stream, peer, stop).await;
        });
    }

    fn admit(&self, edge: &Arc<Edge>, peer: IpAddr) -> Result<ConnectionPermit, Cut> {
        if self.tasks.len() >= edge.limits.connections as usize {
            return Err(Cut::Connections);
        }
        let client = (!edge.proxies.trusts(peer)).then(|| counted_as(peer));
        if let Some(client) = client {
            let mut by_client = self
                .by_client
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let open = by_client.entry(client).or_insert(0);
            if *open >= edge.limits.connections_per_client {
                return Err(Cut::Client);
            }
            *open += 1;
        }
        edge.metrics.connections.inc();
        Ok(ConnectionPermit {
            edge: Arc::clone(edge),
            by_client: Arc::clone(&self.by_client),
            client,
        })
    }
}

/// The right to a connection; given back when it is dropped.
struct ConnectionPermit {
    edge: Arc<Edge>,
    by_client: Arc<Mutex<HashMap<IpAddr, u32>>>,
    client: Option<IpAddr>,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.edge.metrics.connections.dec();
        let Some(client) = self.client else { return };
        let mut by_client = self
            .by_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = by_client.get_mut(&client) {
            *open -= 1;
            if *open == 0 {
                by_client.remove(&client);
            }
        }
    }
}

async fn accept(
    edge: &Arc<Edge>,
    listener: &TcpListener,
    stop: &Stop,
    connections: &mut Connections,
) -> Result<(), ServeError> {
    let mut failures = 0;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            Some(_) = connections.tasks.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    failures = 0;
                    connections.open(edge, stream, peer);
                }
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    edge.metrics.accept_errors.inc();
                    failures += 1;
                    if failures == 1 {
                        tracing::error!(error = %error.with_causes(), "a connection could not be accepted");
                    }
                    if failures == MAX_ACCEPT_FAILURES {
                        return Err(ServeError::Accept(error));
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

/// Whether an error says that the client went away before it was accepted.
fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

async fn drain(edge: &Edge, connections: &mut Connections) {
    connections.stop.cancel();
    edge.orphans.close();
    let finish = async {
        while connections.tasks.join_next().await.is_some() {}
        edge.orphans.wait().await;
    };
    if tokio::time::timeout(edge.drain, finish).await.is_ok() {
        return;
    }
    let left = connections.tasks.len();
    tracing::warn!(connections = left, "cut at the end of the drain");
    for _ in 0..left {
        edge.metrics.cut(Cut::Drain);
    }
    connections.tasks.shutdown().await;
    // Appends outlive their connections; the journal bounds how long one takes.
    if tokio::time::timeout(LAST_APPENDS, edge.orphans.wait())
        .await
        .is_err()
    {
        tracing::warn!(
            appends = edge.orphans.len(),
            "not finished at the end of the drain"
        );
    }
}
