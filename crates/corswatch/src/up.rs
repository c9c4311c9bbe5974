//! `corswatch up`: everything in one process, and what to do next.

use std::sync::Arc;

use dashboard::{Condition, Part, PartReport};
use runtime::Tasks;

use crate::cli::Up;
use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{
    Context, Demo, Edge, Private, Surroundings, embedded_data, evaluation, kept_salt, loading,
    log_ends, make_private, probing, run_until_signal,
};

/// Runs the product until a signal.
pub(crate) async fn run(mut config: Config, args: Up) -> Result<(), Failure> {
    if let Some(data) = args.data {
        config.move_data_to(data);
    }
    make_private(&config.data)?;
    let _data = embedded_data(&config, "up")?;
    if config.collector.salt.is_empty() {
        config.collector.salt = kept_salt(&config.data)?;
    }
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let edge = Edge::bind(&config).await?;
    let private = Private::bind(&config).await?;
    let (edge_url, private_url) = (edge.socket.url.clone(), private.socket.url.clone());
    let demo = match args.demo {
        true => Some(Demo::bind(&mut config).await?),
        false => None,
    };
    complain!("starting the embedded ClickHouse engine ...");
    let storage = private.socket.storage(&config, &ground).await?;
    let journal = private.socket.journal(&config, &ground).await?;

    // In data order: so they drain.
    let shop = demo.map(|demo| demo.spawn(&edge_url, &private_url, &mut tasks));
    let (journal_part, counts) = edge.spawn(&config, &ground, &journal, &mut tasks).await?;
    loading(
        &config,
        &ground,
        &journal,
        storage.store.clone(),
        args.replay_from
            .map(|replay| replay.from(ground.clock.now())),
        &mut tasks,
    )
    .await?;
    let aggregator_part = evaluation(
        &config,
        &ground,
        (storage.store.clone(), Some(counts)),
        &mut tasks,
    )?;
    probing(&config, &ground, storage.store.clone(), &mut tasks);
    let public = config.public_edge().unwrap_or_else(|| edge_url.clone());
    let parts: Vec<Arc<dyn Part>> = vec![Arc::new(journal_part), Arc::new(aggregator_part)];
    let around = Surroundings {
        edge: Some(public),
        demo_url: shop.clone(),
        log_ends: log_ends(&journal)?,
        parts: parts.clone(),
    };
    private.spawn(&config, &ground, storage.store.clone(), around, &mut tasks);
    storage.keep_alive(&mut tasks);

    announce(&config, &private_url, &edge_url, shop.as_deref());
    warn(&parts).await;
    say!("\nCtrl-C drains and ends.");
    run_until_signal(tasks).await
}

fn announce(config: &Config, private: &str, edge: &str, shop: Option<&str>) {
    say!("\ncorswatch is up\n");
    say!("  dashboard   {private}/");
    say!("  edge        {edge}/");
    say!("  docs        {private}/docs/");
    if let Some(shop) = shop {
        say!("  demo shop   {shop}/");
    }
    say!("  data        {}", config.data.display());
    say!("\nThe script tag for a page (key and SRI of this build):\n");
    let key = config.apps.first().and_then(|app| app.keys.first());
    let key = key.map_or("YOUR-KEY", String::as_str);
    say!(
        "  <script src=\"{edge}{}\" integrity=\"{}\" crossorigin=\"anonymous\" data-key=\"{key}\" \
         data-url=\"{edge}\"></script>",
        collector::script_path(),
        collector::integrity(),
    );
    match (shop, config.apps.is_empty()) {
        (Some(shop), _) => {
            say!(
                "\nNext: open {shop}/, press \"Shop\", switch on a failure, press \"Shop\" again;"
            );
            say!("then look at {private}/ - the block shows within seconds, an alert follows.");
        }
        (None, true) => {
            say!("\nNext: name your application in a configuration file (--config):\n");
            say!("  [[apps]]\n  name = \"shop\"\n  keys = [\"a-key-of-your-own\"]");
            say!("  page_origins = [\"https://shop.example\"]");
            say!("\n(`corswatch init` writes one), or try it out first: corswatch up --demo");
        }
        (None, false) => say!("\nNext: put the tag on a page, and open {private}/."),
    }
}

/// Says what does not work although everything is up: numbers would be missed without a word.
async fn warn(parts: &[Arc<dyn Part>]) {
    for part in parts {
        let PartReport {
            part,
            condition,
            detail,
        } = part.report().await;
        match condition {
            Condition::Ready => {}
            Condition::Degraded => say!("\nThe {part} is impaired: {detail}"),
            Condition::Down => say!("\nThe {part} DOES NOT WORK: {detail}"),
        }
    }
}
