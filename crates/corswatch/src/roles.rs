//! One role in a process of its own.

use runtime::Tasks;

use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{
    Around, Edge, Ground, Private, evaluation, loading, open_journal, run_until_signal, storage,
};

/// `corswatch collector`: the edge.
pub(crate) async fn collector(config: Config) -> Result<(), Failure> {
    let (ground, mut tasks) = (Ground::new(), Tasks::default());
    let edge = Edge::bind(&config).await?;
    let url = edge.url.clone();
    let journal = open_journal(&config, &ground).await?;
    edge.spawn(&config, &ground, &journal, &mut tasks).await?;
    println!("edge {url}");
    run_until_signal(tasks).await
}

/// `corswatch loader`: journal to store.
pub(crate) async fn loader(config: Config) -> Result<(), Failure> {
    let (ground, mut tasks) = (Ground::new(), Tasks::default());
    let storage = storage(&config).await?;
    let journal = open_journal(&config, &ground).await?;
    loading(
        &config,
        &ground,
        &journal,
        storage.store.clone(),
        &mut tasks,
    )
    .await?;
    storage.keep_alive(&mut tasks);
    println!("loader reads");
    run_until_signal(tasks).await
}

/// `corswatch aggregator`: compaction, SLOs, alerts.
pub(crate) async fn aggregator(config: Config) -> Result<(), Failure> {
    let (ground, mut tasks) = (Ground::new(), Tasks::default());
    let storage = storage(&config).await?;
    evaluation(&config, &ground, storage.store.clone(), &mut tasks)?;
    storage.keep_alive(&mut tasks);
    println!("aggregator evaluates");
    run_until_signal(tasks).await
}

/// `corswatch dashboard`: API, metrics, health, web UI.
pub(crate) async fn dashboard(config: Config) -> Result<(), Failure> {
    let (ground, mut tasks) = (Ground::new(), Tasks::default());
    let private = Private::bind(&config).await?;
    let url = private.url.clone();
    let storage = storage(&config).await?;
    let store = storage.store.clone();
    let around = Around {
        edge: config.public_edge(),
        parts: Vec::new(),
    };
    private.spawn(&config, &ground, store, around, &mut tasks);
    storage.keep_alive(&mut tasks);
    println!("dashboard {url}");
    run_until_signal(tasks).await
}
