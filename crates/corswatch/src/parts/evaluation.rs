//! The aggregator, with the alerts' notifiers.

use std::sync::Arc;
use std::time::Duration;

use aggregator::{Aggregator, EdgeCounts, Engine, LogShape, Parts, Records};
use alert::Dispatcher;
use collector::Counts;
use observation::EdgeReport;
use runtime::Tasks;
use store::Store;

use super::health::BoardPart;
use super::{Context, task_error};
use crate::config::Config;
use crate::exit::Failure;

const DRAIN: Duration = Duration::from_secs(20);

/// The counts of an edge that runs in the same process.
struct Nearby(Counts);

impl EdgeCounts for Nearby {
    fn report(&self) -> EdgeReport {
        self.0.report()
    }
}

/// Spawns the aggregator; what it returns tells how it is.
pub(crate) fn evaluation(
    config: &Config,
    ground: &Context,
    (store, edge): (Store, Option<Counts>),
    tasks: &mut Tasks,
) -> Result<BoardPart, Failure> {
    let dispatcher = Dispatcher::build(
        &config.alert,
        config.owners(),
        &ground.clock,
        &ground.metrics,
    );
    let mut dispatcher = dispatcher.map_err(|error| Failure::Missing(error.into()))?;
    let records = Records::new(store.clone(), &mut dispatcher.0);
    let engine = Arc::new(Engine::new(store));
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
        clock: ground.clock.clone(),
        metrics: &ground.metrics,
    });
    let part = BoardPart(aggregator.board());
    tasks.spawn("aggregator", DRAIN, |stop| async move {
        aggregator.run(stop).await.map_err(task_error)
    });
    tasks.spawn("alert records", DRAIN, |stop| async move {
        records.run(stop).await;
        Ok(())
    });
    Ok(part)
}
