//! ClickHouse: a server by URL, or the embedded engine.

use std::time::Duration;

use anyhow::Context as _;
use runtime::{Stop, Tasks};
use store::Store;
use store::engine::{Engine, EngineError, EngineHost};

use super::Ground;
use crate::config::Config;
use crate::exit::Failure;

const STOP: Duration = Duration::from_secs(10);
/// How long an engine that lost its parent may take to let go of the data directory.
const HANDOVER: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The hidden subcommand that hosts the engine.
const HOST: &str = "engine-host";

/// The store, migrated.
pub(crate) struct Storage {
    pub(crate) store: Store,
    engine: Option<Engine>,
}

/// Connects to the server, or starts the engine below the data directory, and migrates.
pub(crate) async fn storage(config: &Config, ground: &Ground) -> Result<Storage, Failure> {
    let mut storage = match config.store.url.as_str() {
        "" => embedded(config).await?,
        _ => server(config)?,
    };
    storage.store = storage.store.with_metrics(&ground.metrics);
    let migrated = storage.store.migrate().await;
    migrated
        .context("the store cannot be brought to this build's schema")
        .map_err(Failure::Missing)?;
    Ok(storage)
}

fn server(config: &Config) -> Result<Storage, Failure> {
    let store = Store::connect(&config.store).context("the store cannot be used");
    Ok(Storage {
        store: store.map_err(Failure::Missing)?,
        engine: None,
    })
}

async fn embedded(config: &Config) -> Result<Storage, Failure> {
    let host = EngineHost::this_executable(HOST).context("finding this executable")?;
    let data = config.data.join("engine");
    let deadline = tokio::time::Instant::now() + HANDOVER;
    let engine = loop {
        match Engine::start(config.engine.clone(), data.clone(), host.clone()).await {
            // The engine of a process that was killed a moment ago ends by itself.
            Err(EngineError::Locked { .. }) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            started => break started,
        }
    };
    let engine = engine.map_err(|error: EngineError| Failure::Missing(error.into()))?;
    let store = Store::embedded(&config.store, &engine.access());
    Ok(Storage {
        store,
        engine: Some(engine),
    })
}

impl Storage {
    /// Ends the engine, if there is one of this process: for commands that end by themselves.
    pub(crate) async fn end(self) {
        if let Some(engine) = self.engine {
            let stop = Stop::new();
            stop.cancel();
            // All there was to do is done.
            let _ = engine.run(stop).await;
        }
    }

    /// Keeps the engine alive until the tasks before it have drained.
    pub(crate) fn keep_alive(self, tasks: &mut Tasks) {
        if let Some(engine) = self.engine {
            tasks.spawn("engine", STOP, |stop| engine.run(stop));
        }
    }
}
