//! One role in a process of its own.

use std::sync::Arc;

use runtime::Tasks;

use crate::cli::Replay;
use crate::config::{Config, Role};
use crate::exit::Failure;
use crate::parts::{
    Context, Edge, HealthSide, Private, Surroundings, evaluation, loading, log_ends_elsewhere,
    probing, run_until_signal, store_parts,
};

/// `corswatch collector`: the edge.
pub(crate) async fn collector(config: Config) -> Result<(), Failure> {
    config.serves(Role::Collector)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let edge = Edge::bind(&config).await?;
    let health = HealthSide::bind(&config, "health.collector", config.health.collector).await?;
    let (url, health_url) = (edge.socket.url.clone(), health.socket.url.clone());
    let journal = health.socket.journal(&config, &ground).await?;
    let (part, _) = edge.spawn(&config, &ground, &journal, &mut tasks).await?;
    health.spawn(&config, &ground, vec![Arc::new(part)], &mut tasks);
    say!("edge {url}\nhealth {health_url}");
    run_until_signal(tasks).await
}

/// `corswatch loader`: journal to store.
pub(crate) async fn loader(config: Config, replay: Option<Replay>) -> Result<(), Failure> {
    config.serves(Role::Loader)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let health = HealthSide::bind(&config, "health.loader", config.health.loader).await?;
    let health_url = health.socket.url.clone();
    let storage = health.socket.storage(&config, &ground).await?;
    let journal = health.socket.journal(&config, &ground).await?;
    let store = storage.store.clone();
    let parts = store_parts(&config, &ground, &store);
    let replay = replay.map(|replay| replay.from(ground.clock.now()));
    loading(&config, &ground, &journal, store, replay, &mut tasks).await?;
    health.spawn(&config, &ground, parts, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("loader reads\nhealth {health_url}");
    run_until_signal(tasks).await
}

/// `corswatch aggregator`: compaction, SLOs, alerts.
pub(crate) async fn aggregator(config: Config) -> Result<(), Failure> {
    config.serves(Role::Aggregator)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let health = HealthSide::bind(&config, "health.aggregator", config.health.aggregator).await?;
    let health_url = health.socket.url.clone();
    let storage = health.socket.storage(&config, &ground).await?;
    let store = storage.store.clone();
    let mut parts = store_parts(&config, &ground, &store);
    parts.push(Arc::new(evaluation(
        &config,
        &ground,
        (store, None),
        &mut tasks,
    )?));
    health.spawn(&config, &ground, parts, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("aggregator evaluates\nhealth {health_url}");
    run_until_signal(tasks).await
}

/// `corswatch prober`: replays of failures.
pub(crate) async fn prober(config: Config) -> Result<(), Failure> {
    config.serves(Role::Prober)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let health = HealthSide::bind(&config, "health.prober", config.health.prober).await?;
    let health_url = health.socket.url.clone();
    let storage = health.socket.storage(&config, &ground).await?;
    let store = storage.store.clone();
    let parts = store_parts(&config, &ground, &store);
    probing(&config, &ground, store, &mut tasks);
    health.spawn(&config, &ground, parts, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("prober replays\nhealth {health_url}");
    run_until_signal(tasks).await
}

/// `corswatch dashboard`: API, metrics, health, web UI.
pub(crate) async fn dashboard(config: Config) -> Result<(), Failure> {
    config.serves(Role::Dashboard)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let private = Private::bind(&config).await?;
    let url = private.socket.url.clone();
    let storage = private.socket.storage(&config, &ground).await?;
    let store = storage.store.clone();
    let around = Surroundings {
        edge: config.public_edge(),
        demo_url: None,
        log_ends: log_ends_elsewhere(&config)?,
        parts: Vec::new(),
    };
    private.spawn(&config, &ground, store, around, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("dashboard {url}");
    run_until_signal(tasks).await
}
