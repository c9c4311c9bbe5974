//! The edge.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use collector::{Catalogs, Collector, Counts};
use intake::Catalog;
use journal::Journal;
use runtime::Tasks;

use super::journal::{JournalPart, close_after, missing};
use super::{Context, Socket, task_error};
use crate::config::Config;
use crate::exit::Failure;
use crate::reload::{Rebuild, Reload, Replace};

/// The bound socket of the edge.
pub(crate) struct Edge {
    pub(crate) socket: Socket,
}

impl Edge {
    /// Opens the socket.
    pub(crate) async fn bind(config: &Config) -> Result<Self, Failure> {
        let address = config.collector.listen;
        let socket = Socket::bind("the edge", "collector.listen", address).await?;
        Ok(Self { socket })
    }

    /// Spawns the collector, and after it the end of the journal's writing side. Tells how the
    /// journal is, and what the edge counts.
    pub(crate) async fn spawn(
        self,
        config: &Config,
        ground: &Context,
        journal: &Journal,
        (tasks, reload): (&mut Tasks, &mut Reload),
    ) -> Result<(JournalPart, Counts), Failure> {
        let catalog = Catalog::build(&config.catalog()).map_err(Failure::Config)?;
        let appender = journal.appender().await.map_err(missing)?;
        let collector = Collector::build(
            config.collector.clone(),
            catalog,
            Arc::clone(&appender),
            journal.partitions(),
            ground.clock.clone(),
            &ground.metrics,
        );
        let counts = collector.counts();
        reload.add(KnownSenders(collector.catalogs()));
        // The collector bounds its own drain; what is left above it is for the last report.
        let deadline = config.collector.drain.duration() + Duration::from_secs(5);
        let listener = self.socket.listener;
        tasks.spawn("collector", deadline, |stop| async move {
            collector.serve(listener, stop).await.map_err(task_error)
        });
        close_after(Arc::clone(&appender), tasks);
        Ok((JournalPart(appender), counts))
    }
}

/// Applications with their keys, and the services that own endpoints.
struct KnownSenders(Catalogs);

#[async_trait]
impl Rebuild for KnownSenders {
    async fn build(&self, config: &Config) -> Result<Replace, Failure> {
        let catalog = Catalog::build(&config.catalog()).map_err(Failure::Config)?;
        let catalogs = self.0.clone();
        Ok(Box::new(move || catalogs.replace(catalog)))
    }
}
