//! All receivers together.

use std::sync::Arc;

use runtime::{Clock, Stop};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::delivery::{Deliveries, DeliveryLog};
use crate::delivery_queue::{DeliveryQueue, RetryLimits, Shared};
use crate::metrics::Metrics;
use crate::notified::Notified;
use crate::receiver::Setup;
use crate::route::Routes;
use crate::silence::Silences;
use crate::{AlertError, Config, Log, Notifier, Outbox, Owners};

/// Carries notifications from the [`Outbox`] to every receiver.
pub struct Dispatcher {
    lanes: Vec<DeliveryQueue>,
    silences: Silences,
    deliveries: Option<Deliveries>,
}

/// A receiver and what carries notifications to it.
struct Receiver {
    name: String,
    notifiers: Vec<Arc<dyn Notifier>>,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher")
            .field("receivers", &self.lanes.len())
            .finish()
    }
}

impl Dispatcher {
    /// The log and every configured receiver; `owners` are those of the configured services.
    ///
    /// # Errors
    /// [`AlertError`] for a receiver, a route or a silence that cannot be set up.
    pub fn build(
        config: &Config,
        owners: Owners,
        clock: &Clock,
        metrics: &runtime::Metrics,
    ) -> Result<(Self, Outbox), AlertError> {
        let setup = Setup {
            addresses: config.addresses(),
            external_url: &config.external_url,
            clock,
        };
        let mut receivers = vec![Receiver {
            name: crate::log::NAME.to_owned(),
            notifiers: vec![Arc::new(Log)],
        }];
        for (_, receiver) in config.receivers() {
            receivers.push(Receiver {
                name: receiver.name().to_owned(),
                notifiers: receiver.build(&setup)?,
            });
        }
        let silences = config.configured_silences()?;
        let (mut dispatcher, mut outbox) = Self::of(receivers, config, clock, metrics);
        outbox.owners = owners;
        outbox.routes = Routes::compile(&config.routes).map_err(AlertError::Routes)?;
        outbox.silences = Silences::new(&silences);
        dispatcher.silences = outbox.silences.clone();
        Ok((dispatcher, outbox))
    }

    /// Exactly these receivers, with the queues and the retries of `config`.
    #[must_use]
    pub fn with(
        receivers: Vec<Arc<dyn Notifier>>,
        config: &Config,
        metrics: &runtime::Metrics,
    ) -> (Self, Outbox) {
        let receivers = receivers.into_iter().map(|notifier| Receiver {
            name: notifier.name().to_owned(),
            notifiers: vec![notifier],
        });
        Self::of(receivers.collect(), config, &Clock::system(), metrics)
    }

    fn of(
        receivers: Vec<Receiver>,
        config: &Config,
        clock: &Clock,
        metrics: &runtime::Metrics,
    ) -> (Self, Outbox) {
        let metrics = Metrics::register(metrics);
        let retry = RetryLimits {
            first_pause: config.first_pause.duration(),
            longest_pause: config.longest_pause.duration(),
            give_up_after: config.give_up_after.duration(),
        };
        let capacity = config.queue.max(1);
        let (log, deliveries) = DeliveryLog::new(metrics.unrecorded.clone());
        let (mut inlets, mut lanes) = (Vec::new(), Vec::new());
        for Receiver { name, notifiers } in receivers {
            for notifier in notifiers {
                let shared = Shared {
                    retry,
                    clock: clock.clone(),
                    log: (name != crate::log::NAME).then(|| log.clone()),
                };
                let meter = metrics.of(notifier.name());
                let (inlet, lane) = DeliveryQueue::new(&name, notifier, capacity, shared, meter);
                inlets.push(inlet);
                lanes.push(lane);
            }
        }
        let (sender, receipts) = mpsc::channel(capacity);
        let outbox = Outbox {
            inlets,
            sender,
            receipts,
            owners: Owners::default(),
            routes: Routes::default(),
            silences: Silences::default(),
            clock: clock.clone(),
            log,
            metrics,
            notified: Notified::default(),
        };
        let dispatcher = Self {
            lanes,
            silences: outbox.silences.clone(),
            deliveries: Some(deliveries),
        };
        (dispatcher, outbox)
    }

    /// Goes on where another dispatcher ends: who was told by it that an alert fires hears of its end.
    #[must_use]
    pub fn continuing(
        (dispatcher, mut outbox): (Self, Outbox),
        notified: Notified,
    ) -> (Self, Outbox) {
        outbox.notified = notified;
        (dispatcher, outbox)
    }

    /// The silences that hold, to be kept up to date.
    #[must_use]
    pub fn silences(&self) -> Silences {
        self.silences.clone()
    }

    /// The delivery log, once. If it is not taken, none is kept.
    pub fn deliveries(&mut self) -> Option<Deliveries> {
        self.deliveries.take()
    }

    /// Runs until stopped. The attempts in progress are finished; what waits is not tried anymore: it
    /// is still owed, and whoever keeps the alerts says it again after the next start.
    pub async fn run(self, stop: Stop) {
        drop(self.deliveries);
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
