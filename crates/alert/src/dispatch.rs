//! All receivers together.

use std::sync::Arc;

use runtime::{Clock, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::lane::{Lane, Patience};
use crate::metrics::Metrics;
use crate::webhook::Webhook;
use crate::{AlertError, Config, Log, Notifier, Outbox, Owners, Router};

/// Carries notifications from the [`Outbox`] to every receiver.
pub struct Dispatcher {
    lanes: Vec<Lane>,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher")
            .field("receivers", &self.lanes.len())
            .finish()
    }
}

impl Dispatcher {
    /// The log and every configured webhook; `owners` are those of the configured services.
    ///
    /// # Errors
    /// [`AlertError`] for a receiver that cannot be set up.
    pub fn build(
        config: &Config,
        owners: Owners,
        clock: &Clock,
        metrics: &runtime::Metrics,
    ) -> Result<(Self, Outbox), AlertError> {
        let router = Arc::new(Router::default());
        let mut receivers: Vec<Arc<dyn Notifier>> = vec![Arc::new(Log)];
        for webhook in &config.webhooks {
            let webhook = Webhook::new(webhook, config, Arc::clone(&router), clock.clone())?;
            receivers.push(Arc::new(webhook));
        }
        let (dispatcher, mut outbox) = Self::with(receivers, config, metrics);
        outbox.owners = owners;
        Ok((dispatcher, outbox))
    }

    /// Exactly these receivers, with the queues and the patience of `config`.
    #[must_use]
    pub fn with(
        receivers: Vec<Arc<dyn Notifier>>,
        config: &Config,
        metrics: &runtime::Metrics,
    ) -> (Self, Outbox) {
        let metrics = Metrics::register(metrics);
        let patience = Patience {
            first_pause: config.first_pause.duration(),
            longest_pause: config.longest_pause.duration(),
            give_up_after: config.give_up_after.duration(),
        };
        let capacity = config.queue.max(1);
        let (inlets, lanes) = receivers
            .into_iter()
            .map(|receiver| {
                let meter = metrics.of(receiver.name());
                Lane::new(receiver, capacity, patience, meter)
            })
            .unzip();
        let (sender, receipts) = mpsc::channel(capacity);
        let outbox = Outbox {
            inlets,
            sender,
            receipts,
            owners: Owners::default(),
        };
        (Self { lanes }, outbox)
    }

    /// Runs until stopped. The attempts under way are finished; what waits is not tried anymore: it
    /// is still owed, and whoever keeps the alerts says it again after the next start.
    pub async fn run(self, stop: Stop) {
        let mut lanes = JoinSet::new();
        for lane in self.lanes {
            lanes.spawn(lane.run(stop.clone()));
        }
        while let Some(ended) = lanes.join_next().await {
            if let Err(panic) = ended {
                std::panic::resume_unwind(panic.into_panic());
            }
        }
    }
}
