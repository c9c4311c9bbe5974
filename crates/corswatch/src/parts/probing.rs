//! The prober, and the inventory that asks with its client.

use std::time::Duration;

use browse::{Client, Names};
use inventory::Inventory;
use prober::{Parts, Prober};
use runtime::Tasks;
use store::Store;

use super::Context;
use crate::config::Config;

const DRAIN: Duration = Duration::from_secs(12);

/// Spawns the prober and the inventory: they ask the origins of the configured services and nothing
/// else.
pub(crate) fn probing(config: &Config, ground: &Context, store: Store, tasks: &mut Tasks) {
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
        metrics: &ground.metrics,
    });
    let prober = Prober::new(Parts {
        config: config.prober.clone(),
        client,
        store,
        clock: ground.clock.clone(),
        metrics: &ground.metrics,
    });
    tasks.spawn("prober", DRAIN, |stop| async move {
        prober.run(stop).await;
        Ok(())
    });
    if let Some(inventory) = inventory {
        tasks.spawn("inventory", DRAIN, |stop| async move {
            inventory.run(stop).await;
            Ok(())
        });
    }
}
