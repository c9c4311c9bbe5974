//! What all requests share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use intake::Catalog;
use journal::Appender;
use runtime::Clock;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::address::Proxies;
use crate::admission::InFlight;
use crate::known_senders::Senders;
use crate::metrics::EdgeMetrics;
use crate::network::Networks;
use crate::rate::{self, ClientRates};
use crate::script::Script;
use crate::{Config, Limits, Timeouts};

/// Bytes of a random salt.
const SALT_BYTES: usize = 32;

/// One edge.
pub(crate) struct Edge {
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    pub(crate) drain: Duration,
    pub(crate) senders: Senders,
    pub(crate) journal: Arc<dyn Appender>,
    pub(crate) partitions: u32,
    pub(crate) clock: Clock,
    pub(crate) metrics: EdgeMetrics,
    pub(crate) in_flight: InFlight,
    pub(crate) client_rates: ClientRates,
    /// Unpacked bytes.
    pub(crate) network_bytes: ClientRates,
    pub(crate) proxies: Proxies,
    pub(crate) networks: Networks,
    pub(crate) script: Script,
    /// Identity of this process in its reports.
    pub(crate) process: [u8; 12],
    /// Appends whose request went away: they are finished and counted all the same.
    pub(crate) orphans: TaskTracker,
    started: Instant,
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Edge {
    pub(crate) fn new(
        config: Config,
        catalog: Catalog,
        journal: Arc<dyn Appender>,
        partitions: u32,
        (clock, metrics): (Clock, EdgeMetrics),
    ) -> Self {
        let limits = config.limits;
        let networks = if config.salt.is_empty() {
            Networks::new(&random::<SALT_BYTES>())
        } else {
            Networks::new(config.salt.reveal().as_bytes())
        };
        let in_flight = InFlight::new(
            &limits,
            metrics.requests_in_flight.clone(),
            metrics.bytes_in_flight.clone(),
        );
        Self {
            client_rates: ClientRates::new(limits.client_rate, limits.client_burst),
            network_bytes: ClientRates::new(
                rate::units_per_second(limits.network_bytes),
                rate::units_per_second(limits.network_bytes_burst),
            ),
            in_flight,
            limits,
            timeouts: config.timeouts,
            drain: config.drain.duration(),
            senders: Senders::new(catalog),
            journal,
            partitions,
            clock,
            metrics,
            proxies: Proxies(config.trusted_proxies),
            networks,
            script: Script::built(),
            process: random(),
            orphans: TaskTracker::new(),
            started: Instant::now(),
        }
    }

    /// How long this edge has been up, by the clock that never jumps.
    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel has random bytes once it is up");
    bytes
}
