//! The loader.

use std::time::Duration;

use journal::Journal;
use loader::{Loader, LoaderMetrics, ReplayFrom};
use runtime::Tasks;
use store::Store;

use super::journal::missing;
use super::{Context, task_error};
use crate::config::Config;
use crate::exit::Failure;

const DRAIN: Duration = Duration::from_secs(30);
/// Every loader of an installation belongs to this consumer group.
pub(crate) const GROUP: &str = "corswatch-loader";

/// Spawns the loader; `replay` makes it read again what the store holds already.
pub(crate) async fn loading(
    config: &Config,
    ground: &Context,
    journal: &Journal,
    store: Store,
    replay: Option<ReplayFrom>,
    tasks: &mut Tasks,
) -> Result<(), Failure> {
    let consumer = journal.consumer(GROUP).await.map_err(missing)?;
    let metrics = ground.metrics.register("loader", LoaderMetrics::register);
    let loader = Loader::new(
        config.loader.clone(),
        journal.epoch(),
        consumer,
        store,
        metrics,
    );
    let loader = match replay {
        Some(from) => loader.replaying(from),
        None => loader,
    };
    tasks.spawn("loader", DRAIN, |stop| async move {
        loader.run(stop).await.map_err(task_error)
    });
    Ok(())
}
