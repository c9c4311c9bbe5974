//! ClickHouse: a server by URL, or the embedded engine.

use std::time::Duration;

use anyhow::Context as _;
use runtime::{Causes as _, Stop, Tasks};
use store::engine::{Engine, EngineError, EngineHost};
use store::{Store, StoreError};
use tokio::time::Instant;

use super::Context;
use super::data::DataDir;
use crate::config::Config;
use crate::exit::Failure;

const STOP: Duration = Duration::from_secs(10);
/// How long an engine that lost its parent may take to let go of the data directory.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(20);
const HANDOVER_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How often a store that does not answer is asked again.
const STORE_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The hidden subcommand that hosts the engine.
const HOST: &str = "engine-host";

/// The store, migrated.
pub(crate) struct Storage {
    pub(crate) store: Store,
    engine: Option<Engine>,
}

/// Takes the data directory for `command`, where the store is the engine in it. Immediately: what holds
/// it is alive, and does not let go.
pub(crate) fn embedded_data(config: &Config, command: &str) -> Result<Option<DataDir>, Failure> {
    let is_embedded = config.store.url.is_empty();
    is_embedded
        .then(|| DataDir::take(&config.data, command))
        .transpose()
}

/// Connects to the server, or starts the engine below the data directory, and migrates.
pub(crate) async fn storage(config: &Config, ground: &Context) -> Result<Storage, Failure> {
    let mut storage = match config.store.url.as_str() {
        "" => embedded(config).await?,
        _ => server(config)?,
    };
    storage.store = storage.store.with_metrics(&ground.metrics);
    let migrated = migrate(&storage.store, config.store.open_timeout.duration()).await;
    migrated.map_err(|error| {
        let what = if error.is_retryable() {
            "no answer within `store.open_timeout`; is the server of `store.url` running?"
        } else {
            "the store cannot be brought to this build's schema"
        };
        Failure::Missing(anyhow::Error::new(error).context(what))
    })?;
    Ok(storage)
}

/// Migrates as soon as the store answers, which servers that start together do in any order.
async fn migrate(store: &Store, timeout: Duration) -> Result<(), StoreError> {
    let deadline = Instant::now() + timeout;
    let mut is_logged = false;
    loop {
        match store.migrate().await {
            Err(error) if error.is_retryable() && Instant::now() < deadline => {
                if !std::mem::replace(&mut is_logged, true) {
                    tracing::warn!(error = %error.with_causes(), ?timeout, "the store does not answer yet");
                }
                tokio::time::sleep(STORE_POLL_INTERVAL).await;
            }
            migrated => return migrated,
        }
    }
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
    let deadline = Instant::now() + HANDOVER_TIMEOUT;
    let engine = loop {
        match Engine::start(config.engine.clone(), data.clone(), host.clone()).await {
            // The engine of a process that was killed a moment ago ends by itself.
            Err(EngineError::Locked { .. }) if Instant::now() < deadline => {
                tokio::time::sleep(HANDOVER_POLL_INTERVAL).await;
            }
            started => break started,
        }
    };
    let engine = engine.map_err(|error: EngineError| Failure::Missing(error.into()))?;
    // Its password is known to this process alone, and so is the directory's lock.
    let store = Store::embedded(&config.store, &engine.access()).alone();
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
