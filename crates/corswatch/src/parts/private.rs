//! The admin server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dashboard::{App, LogEnds, Part, SloSpec, State, Stored};
use runtime::Tasks;
use store::{LabTraffic, Store};
use tokio::net::TcpListener;

use super::{Context, Socket, task_error};
use crate::config::Config;
use crate::exit::Failure;
use crate::objectives::StoredBacktests;
use crate::reload::{self, Generation, Handover, Rebuild, Reload, Replace, Successor};

/// The documentation of this build.
const BOOK: dashboard::Book = include!(concat!(env!("OUT_DIR"), "/book.rs"));
const DRAIN: Duration = Duration::from_secs(15);

/// What the admin server can tell of its surroundings.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    /// The edge's address as browsers reach it, where this process knows it.
    pub(crate) edge: Option<String>,
    /// Address of the demo shop, where this process runs one.
    pub(crate) demo_url: Option<String>,
    /// Where the log ends, where this process can ask it.
    pub(crate) log_ends: Option<Arc<dyn LogEnds>>,
    /// Parts of this process that say how they are.
    pub(crate) parts: Vec<Arc<dyn Part>>,
}

/// The bound socket of the admin server.
pub(crate) struct Private {
    pub(crate) socket: Socket,
}

impl Private {
    /// Opens the socket.
    pub(crate) async fn bind(config: &Config) -> Result<Self, Failure> {
        let address = config.dashboard.listen;
        let socket = Socket::bind("the admin server", "dashboard.listen", address).await?;
        let socket = socket.guarded_as(config);
        Ok(Self { socket })
    }

    /// Spawns API and web UI.
    pub(crate) fn spawn(
        self,
        config: &Config,
        ground: &Context,
        (store, around): (Store, Surroundings),
        (tasks, reload): (&mut Tasks, &mut Reload),
    ) {
        let server = Server {
            listener: Arc::new(self.socket.listener),
            ground: ground.clone(),
            store,
            around,
        };
        let (first, task) = (server.generation(config), ("dashboard", DRAIN));
        let successor = reload::spawn(tasks, task, Handover::Overlapping, first);
        reload.add(Dashboard { server, successor });
    }
}

/// What every admin server of this process is built with.
struct Server {
    listener: Arc<TcpListener>,
    ground: Context,
    store: Store,
    around: Surroundings,
}

/// Everything of `dashboard` but its socket, and whatever it shows of the configuration.
struct Dashboard {
    server: Server,
    successor: Successor,
}

#[async_trait]
impl Rebuild for Dashboard {
    async fn build(&self, config: &Config) -> Result<Replace, Failure> {
        let exposed = config.dashboard.guard(
            self.server
                .listener
                .local_addr()
                .map_err(anyhow::Error::from)?,
        );
        exposed.map_err(anyhow::Error::from)?;
        reload::replacing(&self.successor, self.server.generation(config)).await
    }
}

impl Server {
    fn generation(&self, config: &Config) -> Generation {
        let metrics = self.ground.metrics.unpublished();
        let (store, around) = (self.store.clone(), self.around.clone());
        let state = State {
            queries: Arc::new(Stored::new(store.clone())),
            partitions: config.journal.partitions(),
            apps: config.apps.iter().map(app).collect(),
            edge: around.edge.map(described),
            slos: slos(config),
            owners: config.owners(),
            silences: config.alert.configured_silences().unwrap_or_default(),
            own_labels: config
                .slo
                .iter()
                .flat_map(|slo| slo.labels.keys().cloned())
                .collect(),
            demo_url: around.demo_url,
            book: BOOK,
            backtests: Some(Arc::new(StoredBacktests::new(config, store, &self.ground))),
            log_ends: around.log_ends,
            parts: around.parts,
            metrics: metrics.clone(),
            clock: self.ground.clock.clone(),
        };
        let (settings, listener) = (config.dashboard.clone(), Arc::clone(&self.listener));
        let serve = move |stop| async move {
            let served = dashboard::serve(settings, state, listener, stop).await;
            served.map_err(task_error)
        };
        Generation {
            start: Box::new(move |stop| Box::pin(serve(stop))),
            metrics,
        }
    }
}

pub(super) fn app(app: &intake::AppConfig) -> App {
    // What an app wants counted is not labelled as laboratory traffic in the first place.
    App {
        name: app.name.clone(),
        keys: app.keys.clone(),
        lab: LabTraffic::Excluded,
    }
}

fn described(url: String) -> dashboard::Edge {
    dashboard::Edge {
        url,
        script: collector::script_path().to_owned(),
        integrity: Some(collector::integrity().to_owned()),
    }
}

pub(super) fn slos(config: &Config) -> Vec<SloSpec> {
    let specify = |slo: aggregator::Slo| SloSpec {
        name: slo.name,
        sli: slo.sli,
        filter: slo.filter,
        objective: slo.objective,
        window: slo.window,
        calendar: slo.calendar,
        runbook: slo.runbook,
    };
    config.objectives().into_iter().map(specify).collect()
}
