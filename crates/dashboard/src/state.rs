//! What the routes share.

use std::sync::Arc;

use async_trait::async_trait;
use runtime::{Clock, Metrics as Registry, Stop};

use crate::backtests::Backtests;
use crate::conditional::Offsets;
use crate::health::Part;
use crate::hooks::Hooks;
use crate::live::Live;
use crate::middleware::Middleware;
use crate::queries::Queries;
use crate::seats::Seats;
use crate::watermark::Watermark;

/// What the binary gives to the admin server.
pub struct State {
    /// Answers the named queries: [`crate::Stored`] for the store.
    pub queries: Arc<dyn Queries>,
    /// How many partitions the log has.
    pub partitions: u32,
    /// The configured apps.
    pub apps: Vec<App>,
    /// The edge as browsers reach it; tells the UI which script tag to show.
    pub edge: Option<Edge>,
    /// Address of the demo shop, where the process runs one.
    pub demo_url: Option<String>,
    /// The documentation, served at `/docs/`.
    pub book: Book,
    /// The configured objectives.
    pub slos: Vec<SloSpec>,
    /// Who owns the configured services.
    pub owners: alert::Owners,
    /// The silences and maintenance windows of the configuration.
    pub silences: Vec<alert::Silence>,
    /// Labels that objectives give to their alerts.
    pub own_labels: std::collections::BTreeSet<String>,
    /// Runs backtests of objectives, where this process can.
    pub backtests: Option<Arc<dyn Backtests>>,
    /// Where the log ends, so that beacons in flight are counted; without it they are derived.
    pub log_ends: Option<Arc<dyn LogEnds>>,
    /// Parts of this process that can say how they are (journal, loader, aggregator).
    pub parts: Vec<Arc<dyn Part>>,
    /// The process's metrics.
    pub metrics: Registry,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("apps", &self.apps)
            .finish_non_exhaustive()
    }
}

/// The documentation as files.
#[derive(Debug, Clone, Copy)]
pub struct Book {
    /// Changes with every file.
    pub tag: &'static str,
    /// Path below `/docs/`, and content.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// A configured app.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Its enabled beacon keys. They are public: pages carry them.
    pub keys: Vec<String>,
    /// Whether traffic of automated browsers is counted like any other.
    pub lab: store::LabTraffic,
}

/// The edge as browsers reach it.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Its address: `https://cors.example`.
    pub url: String,
    /// Path of the immutable script: `/v1/corswatch.3f2a.js`.
    pub script: String,
    /// Subresource Integrity of that script: `sha384-...`.
    pub integrity: Option<String>,
}

/// The end of one partition of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEnd {
    /// Incarnation of the log.
    pub epoch: u32,
    /// Partition.
    pub partition: u32,
    /// The next offset to be written.
    pub next_offset: u64,
}

/// Tells where the log ends.
#[async_trait]
pub trait LogEnds: Send + Sync {
    /// The end of every partition; `None` where the log cannot be asked now.
    async fn ends(&self) -> Option<Vec<LogEnd>>;
}

/// A configured objective.
#[derive(Debug, Clone, PartialEq)]
pub struct SloSpec {
    /// Its name, unique among all.
    pub name: String,
    /// What is measured.
    pub sli: slo::Sli,
    /// App, source and filters that it is measured on.
    pub filter: store::SliFilter,
    /// What share has to be good.
    pub objective: slo::Objective,
    /// The window of the budget.
    pub window: slo::Window,
    /// Where the budget is for a day, week, month, quarter or year of a place.
    pub calendar: Option<slo::Calendar>,
    /// What to do when it is in danger; empty where nothing is configured.
    pub runbook: String,
}

/// The state of a router: what the binary gave and what is made of it once.
pub(crate) struct Shared {
    pub(crate) state: State,
    pub(crate) front: Arc<Middleware>,
    pub(crate) watermark: Watermark,
    pub(crate) live: Live,
    pub(crate) hooks: Hooks,
    pub(crate) offsets: Offsets,
    pub(crate) seats: Arc<Seats>,
    /// Ends streams, which would otherwise never end.
    pub(crate) stop: Stop,
    pub(crate) openapi: bytes::Bytes,
}

impl std::ops::Deref for Shared {
    type Target = State;
    fn deref(&self) -> &State {
        &self.state
    }
}

impl Shared {
    /// The names of the configured apps.
    pub(crate) fn app_names(&self) -> impl Iterator<Item = &str> {
        self.apps.iter().map(|app| app.name.as_str())
    }
}
