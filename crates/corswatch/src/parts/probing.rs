//! The prober, and the inventory that asks with its client.

use std::time::Duration;

use async_trait::async_trait;
use browse::{Client, Names};
use inventory::Inventory;
use prober::{Parts, Prober};
use runtime::Tasks;
use store::Store;

use super::Context;
use crate::config::Config;
use crate::exit::Failure;
use crate::reload::{self, Generation, Handover, Rebuild, Reload, Replace, Successor};

const DRAIN: Duration = Duration::from_secs(12);

/// Spawns the prober and the inventory: they ask the origins of the configured services and nothing
/// else.
pub(crate) fn probing(
    config: &Config,
    ground: &Context,
    store: &Store,
    (tasks, reload): (&mut Tasks, &mut Reload),
) {
    let (ground, store) = (ground.clone(), store.clone());
    let first = generation(config, &ground, &store);
    let successor = reload::spawn(tasks, ("prober", DRAIN), Handover::Successive, first);
    reload.add(Probing {
        ground,
        store,
        successor,
    });
}

/// Whom it may ask, and how often.
struct Probing {
    ground: Context,
    store: Store,
    successor: Successor,
}

#[async_trait]
impl Rebuild for Probing {
    async fn build(&self, config: &Config) -> Result<Replace, Failure> {
        let next = generation(config, &self.ground, &self.store);
        reload::replacing(&self.successor, next).await
    }
}

fn generation(config: &Config, ground: &Context, store: &Store) -> Generation {
    let metrics = ground.metrics.unpublished();
    let policy = config.prober.policy(&config.services);
    let client = Client::new(policy, Names::default(), config.prober.limits());
    let inventory = Inventory::new(inventory::Parts {
        config: config.inventory.clone(),
        known_paths: config.prober.known_paths(),
        apps: &config.apps,
        services: &config.services,
        client: client.clone(),
        store: store.clone(),
        clock: ground.clock.clone(),
        metrics: &metrics,
    });
    let prober = Prober::new(Parts {
        config: config.prober.clone(),
        client,
        store: store.clone(),
        clock: ground.clock.clone(),
        metrics: &metrics,
    });
    Generation {
        start: Box::new(move |stop| {
            Box::pin(async move {
                let auditing = async {
                    if let Some(inventory) = inventory {
                        inventory.run(stop.clone()).await;
                    }
                };
                tokio::join!(prober.run(stop.clone()), auditing);
                Ok(())
            })
        }),
        metrics,
    }
}
