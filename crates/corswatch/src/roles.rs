//! One role in a process of its own.

use std::path::PathBuf;
use std::sync::Arc;

use dashboard::Part;
use runtime::Tasks;

use crate::cli::Replay;
use crate::config::{Config, Role};
use crate::exit::Failure;
use crate::parts::{
    Context, Edge, HealthSide, Private, Surroundings, evaluation, loading, log_ends_elsewhere,
    probing, reporting, run_until_signal, salt_of_collector, store_parts,
};
use crate::reload::Reload;

/// Nothing is added to the file of a role.
fn of_role(file: PathBuf, role: Role, ground: &Context) -> Reload {
    Reload::new(Some(file), Some(role), ground, Box::new(|_| {}))
}

/// `corswatch collector`: the edge.
pub(crate) async fn collector(mut config: Config, file: PathBuf) -> Result<(), Failure> {
    config.serves(Role::Collector)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let salt = salt_of_collector(&config)?;
    config.collector.salt = salt.clone();
    let complete = Box::new(move |config: &mut Config| {
        if config.collector.salt.is_empty() {
            config.collector.salt = salt.clone();
        }
    });
    let mut reload = Reload::new(Some(file), Some(Role::Collector), &ground, complete);
    let edge = Edge::bind(&config).await?;
    let health = HealthSide::bind(&config, "health.collector", config.health.collector).await?;
    let (url, health_url) = (edge.socket.url.clone(), health.socket.url.clone());
    let journal = health.socket.journal(&config, &ground).await?;
    let (part, _) = edge
        .spawn(&config, &ground, &journal, (&mut tasks, &mut reload))
        .await?;
    let parts: Vec<Arc<dyn Part>> = vec![Arc::new(part), reload.part()];
    health.spawn(&config, &ground, parts, &mut tasks);
    say!("edge {url}\nhealth {health_url}");
    reload.spawn(&mut tasks)?;
    run_until_signal(tasks).await
}

/// `corswatch loader`: journal to store.
pub(crate) async fn loader(
    config: Config,
    file: PathBuf,
    replay: Option<Replay>,
) -> Result<(), Failure> {
    config.serves(Role::Loader)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let reload = of_role(file, Role::Loader, &ground);
    let health = HealthSide::bind(&config, "health.loader", config.health.loader).await?;
    let health_url = health.socket.url.clone();
    let storage = health.socket.storage(&config, &ground).await?;
    let journal = health.socket.journal(&config, &ground).await?;
    let store = storage.store.clone();
    let mut parts = store_parts(&config, &ground, &store);
    parts.push(reload.part());
    let replay = replay.map(|replay| replay.from(ground.clock.now()));
    loading(&config, &ground, &journal, store, replay, &mut tasks).await?;
    health.spawn(&config, &ground, parts, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("loader reads\nhealth {health_url}");
    reload.spawn(&mut tasks)?;
    run_until_signal(tasks).await
}

/// `corswatch aggregator`: compaction, SLOs, alerts.
pub(crate) async fn aggregator(config: Config, file: PathBuf) -> Result<(), Failure> {
    config.serves(Role::Aggregator)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let mut reload = of_role(file, Role::Aggregator, &ground);
    let health = HealthSide::bind(&config, "health.aggregator", config.health.aggregator).await?;
    let health_url = health.socket.url.clone();
    let storage = health.socket.storage(&config, &ground).await?;
    let store = storage.store.clone();
    let mut parts = store_parts(&config, &ground, &store);
    parts.push(reload.part());
    parts.push(Arc::new(evaluation(
        &config,
        &ground,
        (store.clone(), None),
        (&mut tasks, &mut reload),
    )?));
    reporting(&config, &ground, &store, (&mut tasks, &mut reload))?;
    health.spawn(&config, &ground, parts, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("aggregator evaluates\nhealth {health_url}");
    reload.spawn(&mut tasks)?;
    run_until_signal(tasks).await
}

/// `corswatch prober`: replays of failures.
pub(crate) async fn prober(config: Config, file: PathBuf) -> Result<(), Failure> {
    config.serves(Role::Prober)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let mut reload = of_role(file, Role::Prober, &ground);
    let health = HealthSide::bind(&config, "health.prober", config.health.prober).await?;
    let health_url = health.socket.url.clone();
    let storage = health.socket.storage(&config, &ground).await?;
    let store = storage.store.clone();
    let mut parts = store_parts(&config, &ground, &store);
    parts.push(reload.part());
    probing(&config, &ground, &store, (&mut tasks, &mut reload));
    health.spawn(&config, &ground, parts, &mut tasks);
    storage.keep_alive(&mut tasks);
    say!("prober replays\nhealth {health_url}");
    reload.spawn(&mut tasks)?;
    run_until_signal(tasks).await
}

/// `corswatch dashboard`: API, metrics, health, web UI.
pub(crate) async fn dashboard(config: Config, file: PathBuf) -> Result<(), Failure> {
    config.serves(Role::Dashboard)?;
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let mut reload = of_role(file, Role::Dashboard, &ground);
    let private = Private::bind(&config).await?;
    let url = private.socket.url.clone();
    let storage = private.socket.storage(&config, &ground).await?;
    let store = storage.store.clone();
    let around = Surroundings {
        edge: config.public_edge(),
        demo_url: None,
        log_ends: log_ends_elsewhere(&config)?,
        parts: vec![reload.part()],
    };
    private.spawn(&config, &ground, (store, around), (&mut tasks, &mut reload));
    storage.keep_alive(&mut tasks);
    say!("dashboard {url}");
    reload.spawn(&mut tasks)?;
    run_until_signal(tasks).await
}
