//! The aggregator, with the alerts' notifiers.

use std::sync::Arc;
use std::time::Duration;

use aggregator::{Aggregator, Board, EdgeCounts, Engine, LogShape, Parts, Records};
use alert::{Dispatcher, Notified};
use async_trait::async_trait;
use collector::Counts;
use observation::EdgeReport;
use runtime::{Stop, Tasks};
use store::Store;
use tokio::sync::watch;

use super::health::BoardPart;
use super::{Context, task_error};
use crate::config::Config;
use crate::exit::Failure;
use crate::reload::{self, Generation, Handover, Rebuild, Reload, Replace, Successor};

const DRAIN: Duration = Duration::from_secs(25);

/// The counts of an edge that runs in the same process.
struct Nearby(Counts);

impl EdgeCounts for Nearby {
    fn report(&self) -> EdgeReport {
        self.0.report()
    }
}

/// What every aggregator of this process is built with.
#[derive(Clone)]
struct Surroundings {
    ground: Context,
    store: Store,
    edge: Option<Counts>,
    board: watch::Sender<Arc<Board>>,
    notified: Notified,
}

/// Spawns the aggregator; what it returns tells how it is.
pub(crate) fn evaluation(
    config: &Config,
    ground: &Context,
    (store, edge): (Store, Option<Counts>),
    (tasks, reload): (&mut Tasks, &mut Reload),
) -> Result<BoardPart, Failure> {
    let around = Surroundings {
        ground: ground.clone(),
        store,
        edge,
        board: watch::Sender::default(),
        notified: Notified::default(),
    };
    let part = BoardPart(around.board.subscribe());
    let first = around.aggregator(config)?;
    let task = ("aggregator", DRAIN);
    let successor = reload::spawn(tasks, task, Handover::Successive, first);
    reload.add(Evaluation { around, successor });
    Ok(part)
}

/// Objectives, rules, routes, receivers, silences of the file, owners of services.
struct Evaluation {
    around: Surroundings,
    successor: Successor,
}

#[async_trait]
impl Rebuild for Evaluation {
    async fn build(&self, config: &Config) -> Result<Replace, Failure> {
        let next = self.around.aggregator(config)?;
        reload::replacing(&self.successor, next).await
    }
}

impl Surroundings {
    fn aggregator(&self, config: &Config) -> Result<Generation, Failure> {
        let metrics = self.ground.metrics.unpublished();
        let clock = &self.ground.clock;
        let dispatcher = Dispatcher::build(&config.alert, config.owners(), clock, &metrics)
            .map_err(|error| Failure::Missing(error.into()))?;
        let mut dispatcher = Dispatcher::continuing(dispatcher, self.notified.clone());
        let records = Records::new(self.store.clone(), &mut dispatcher.0);
        let engine = Arc::new(Engine::new(self.store.clone()));
        let edge = self.edge.clone();
        let aggregator = Aggregator::new(Parts {
            config: config.aggregator.clone(),
            slos: config.objectives(),
            log: LogShape {
                partitions: config.journal.partitions(),
                chunk_size: config.loader.chunk_size,
                keep_parts: config.store.retention.parts,
            },
            alert: &config.alert,
            dispatcher,
            source: Arc::clone(&engine) as _,
            keep: engine,
            edge: edge.map(|counts| Arc::new(Nearby(counts)) as _),
            board: self.board.clone(),
            clock: clock.clone(),
            metrics: &metrics,
        });
        Ok(Generation {
            start: Box::new(move |stop| Box::pin(run(aggregator, records, stop))),
            metrics,
        })
    }
}

/// What was delivered is written down until the aggregator has ended.
async fn run(
    aggregator: Aggregator,
    records: Records,
    stop: Stop,
) -> Result<(), runtime::TaskError> {
    let halt = Stop::new();
    let evaluating = async {
        let ended = aggregator.run(stop).await;
        halt.cancel();
        ended.map_err(task_error)
    };
    let (ended, ()) = tokio::join!(evaluating, records.run(halt.clone()));
    ended
}
