//! What an aggregator is made of.

use std::sync::Arc;

use alert::{Dispatcher, Outbox};
use runtime::Clock;
use settings::Span;
use tokio::sync::watch;

use crate::{AlertStore, Board, Config, EdgeCounts, Evidence, Slo};

/// The shape of the log, as the loader and the journal are configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogShape {
    /// How many partitions.
    pub partitions: u32,
    /// How many offsets in a chunk.
    pub chunk_size: u64,
    /// How long partial rollups stay once they are compacted.
    pub keep_parts: Span,
}

/// What an aggregator is made of.
pub struct Parts<'a> {
    /// Its own settings.
    pub config: Config,
    /// The objectives, see [`crate::objectives`].
    pub slos: Vec<Slo>,
    /// The shape of the log.
    pub log: LogShape,
    /// Settings of the alerts.
    pub alert: &'a alert::Config,
    /// Carries notifications; with its [`Outbox`].
    pub dispatcher: (Dispatcher, Outbox),
    /// Reads observations.
    pub source: Arc<dyn Evidence>,
    /// Keeps alerts, leases and progress.
    pub keep: Arc<dyn AlertStore>,
    /// Counts of an edge in this process, where there is one.
    pub edge: Option<Arc<dyn EdgeCounts>>,
    /// Where every evaluation is shown; what stands there is shown until the first.
    pub board: watch::Sender<Arc<Board>>,
    /// The clock.
    pub clock: Clock,
    /// The registry of the process.
    pub metrics: &'a runtime::Metrics,
}
