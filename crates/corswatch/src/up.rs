//! `corswatch up`: everything in one process, and what to do next.

use std::path::PathBuf;
use std::sync::Arc;

use dashboard::{Condition, Part, PartReport};
use runtime::Tasks;
use settings::Secret;

use crate::cli::Up;
use crate::config::Config;
use crate::exit::Failure;
use crate::parts::{
    Context, Demo, DemoSockets, Edge, Private, Surroundings, embedded_data, evaluation, kept_salt,
    loading, log_ends, make_private, probing, reporting, run_until_signal,
};
use crate::reload::Reload;

/// Runs the product until a signal.
pub(crate) async fn run(mut config: Config, args: Up) -> Result<(), Failure> {
    let mut own = Own {
        data: args.data.clone(),
        ..Own::default()
    };
    own.complete(&mut config);
    make_private(&config.data)?;
    let _data = embedded_data(&config, "up")?;
    if config.collector.salt.is_empty() {
        own.salt = kept_salt(&config.data)?;
    }
    let (ground, mut tasks) = (Context::new(), Tasks::default());
    let edge = Edge::bind(&config).await?;
    let private = Private::bind(&config).await?;
    let (edge_url, private_url) = (edge.socket.url.clone(), private.socket.url.clone());
    let demo = match args.demo {
        true => Some(Demo::bind(&config).await?),
        false => None,
    };
    own.demo = demo.as_ref().map(Demo::sockets);
    own.complete(&mut config);
    let complete = Box::new(move |config: &mut Config| own.complete(config));
    let mut reload = Reload::new(args.config.clone(), None, &ground, complete);
    complain!("starting the embedded ClickHouse engine ...");
    let storage = private.socket.storage(&config, &ground).await?;
    let journal = private.socket.journal(&config, &ground).await?;

    // In data order: so they drain.
    let shop = demo.map(|demo| demo.spawn(&edge_url, &private_url, &mut tasks));
    let (journal_part, counts) = edge
        .spawn(&config, &ground, &journal, (&mut tasks, &mut reload))
        .await?;
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
        (&mut tasks, &mut reload),
    )?;
    let store = &storage.store;
    probing(&config, &ground, store, (&mut tasks, &mut reload));
    reporting(&config, &ground, store, (&mut tasks, &mut reload))?;
    let public = config.public_edge().unwrap_or_else(|| edge_url.clone());
    let parts: Vec<Arc<dyn Part>> = vec![
        Arc::new(journal_part),
        Arc::new(aggregator_part),
        reload.part(),
    ];
    let around = Surroundings {
        edge: Some(public),
        demo_url: shop.clone(),
        log_ends: log_ends(&journal)?,
        parts: parts.clone(),
    };
    let shown = (storage.store.clone(), around);
    private.spawn(&config, &ground, shown, (&mut tasks, &mut reload));
    storage.keep_alive(&mut tasks);
    reload.spawn(&mut tasks)?;

    announce(&config, &private_url, &edge_url, shop.as_deref());
    warn(&parts).await;
    say!("\nCtrl-C drains and ends.");
    run_until_signal(tasks).await
}

/// What this process adds to every configuration that it reads.
#[derive(Default)]
struct Own {
    data: Option<PathBuf>,
    salt: Secret,
    demo: Option<DemoSockets>,
}

impl Own {
    fn complete(&self, config: &mut Config) {
        if let Some(data) = &self.data {
            config.move_data_to(data.clone());
        }
        if config.collector.salt.is_empty() {
            config.collector.salt = self.salt.clone();
        }
        if let Some(demo) = self.demo {
            demo.add_to(config);
        }
    }
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
