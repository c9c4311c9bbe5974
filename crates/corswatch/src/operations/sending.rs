//! Sends notifications through the receivers of a configuration, and waits for what they answer.

use alert::{Deliveries, Delivery, Dispatcher, Match, Notification, Outbox, RouteConfig};
use runtime::{Clock, Stop};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::exit::Failure;

/// Receivers of a configuration that is used for one sending: nothing is silenced.
pub(super) struct Sending {
    outbox: Outbox,
    deliveries: Deliveries,
    running: JoinSet<()>,
    stop: Stop,
    pub(super) clock: Clock,
}

/// Leads everything to these receivers alone.
pub(super) fn lead_to(config: &mut Config, receivers: Vec<String>) {
    config.alert.routes = vec![RouteConfig {
        matches: Match::default(),
        receivers,
        continues: false,
    }];
}

impl Sending {
    pub(super) fn start(config: &mut Config) -> Result<Self, Failure> {
        // Whoever sends by hand waits for it.
        config.alert.silences.clear();
        config.alert.maintenance.clear();
        let (clock, metrics) = (Clock::system(), runtime::Metrics::default());
        let built = Dispatcher::build(&config.alert, config.owners(), &clock, &metrics);
        let (mut dispatcher, outbox) = built.map_err(|error| Failure::Missing(error.into()))?;
        let deliveries = dispatcher.deliveries();
        let deliveries = deliveries.ok_or_else(|| anyhow::anyhow!("the delivery log is taken"))?;
        let stop = Stop::new();
        let mut running = JoinSet::new();
        running.spawn(dispatcher.run(stop.clone()));
        Ok(Self {
            outbox,
            deliveries,
            running,
            stop,
            clock,
        })
    }

    /// Sends, and returns what each receiver answered. Receivers give up in time, and with them this wait ends.
    pub(super) async fn send(
        &mut self,
        notification: Notification,
    ) -> Result<Vec<Delivery>, Failure> {
        let offered = self.outbox.offer(notification);
        offered.map_err(anyhow::Error::from)?;
        self.outbox.receipt().await;
        Ok(std::iter::from_fn(|| self.deliveries.try_recv().ok()).collect())
    }

    pub(super) async fn end(mut self) {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
    }
}
