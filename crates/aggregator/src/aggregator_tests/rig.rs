//! An aggregator between a store in memory and a pager, whose time and rounds are taken by hand.

use std::sync::Arc;
use std::time::Duration;

use alert::{Dispatcher, Notifier};
use observation::{MILLIS_PER_MINUTE, UnixMillis};
use runtime::{Clock, ManualClock, Stop};
use settings::Span;
use slo::{Sli, Sums, Window};

use super::pager::Pager;
use super::world::{NOON, World};
use crate::{Aggregator, Board, Config, EdgeCounts, LogShape, Parts, SloConfig, objectives};

/// Time and everything outside the aggregator.
pub(super) struct Rig {
    pub(super) world: Arc<World>,
    pub(super) pager: Arc<Pager>,
    pub(super) clock: Clock,
    hand: ManualClock,
    pub(super) slos: Vec<SloConfig>,
    pub(super) flows: Vec<crate::FlowConfig>,
    pub(super) corroboration: alert::Corroboration,
    pub(super) nightly_test: String,
    /// Counts of an edge in the same process.
    pub(super) edge: Option<Arc<dyn EdgeCounts>>,
}

impl Rig {
    /// An objective of 99.9 % on block rate over 30 days, with the default rules.
    pub(super) fn new() -> Self {
        let (clock, hand) = ManualClock::at(UnixMillis(NOON));
        let world = World::default();
        world.facts().complete_to = [NOON; 2];
        Self {
            world: Arc::new(world),
            pager: Arc::default(),
            clock,
            hand,
            slos: vec![SloConfig::of("shop", Sli::BlockRate)],
            flows: Vec::new(),
            edge: None,
            nightly_test: String::new(),
            corroboration: alert::Corroboration {
                sessions: 0,
                networks: 0,
                network_share: 0.5,
                window: Window::hours(1),
            },
        }
    }

    /// Time passes, and the loader keeps up.
    pub(super) async fn pass(&self, millis: i64) {
        self.pass_without_loader(millis).await;
        self.world.is_complete_to(self.clock.now());
    }

    pub(super) async fn pass_without_loader(&self, millis: i64) {
        self.hand.advance(millis);
        tokio::time::advance(Duration::from_millis(millis.unsigned_abs())).await;
    }

    /// `blocked` of `requests` happen now.
    pub(super) fn happen(&self, service: &str, blocked: u64, requests: u64) {
        self.happened(0, service, blocked, requests);
    }

    pub(super) fn happened(&self, minutes_ago: i64, service: &str, blocked: u64, requests: u64) {
        let minute = self.clock.now().minute().0 - minutes_ago * MILLIS_PER_MINUTE;
        let sums = Sums {
            requests,
            blocked,
            ..Sums::default()
        };
        let mut facts = self.world.facts();
        *facts.sums.entry((minute, service.to_owned())).or_default() += &sums;
    }

    /// A day of healthy traffic, 100 requests a minute.
    pub(super) fn healthy_day(&self) {
        for ago in 1..1440 {
            self.happened(ago, "", 0, 100);
        }
    }

    pub(super) fn aggregator(&self) -> Aggregator {
        self.with(runtime::Metrics::default())
    }

    pub(super) fn with(&self, metrics: runtime::Metrics) -> Aggregator {
        let config = Config {
            resolve_after: Span::secs(60),
            ..Config::default()
        };
        let alert = alert::Config {
            external_url: "https://corswatch.test".to_owned(),
            corroboration: self.corroboration,
            give_up_after: Span::secs(1),
            first_pause: Span::secs(2),
            nightly_test: self.nightly_test.clone(),
            webhooks: vec![
                serde_json::from_value(
                    serde_json::json!({"name": "pager", "url": "https://pager.test"}),
                )
                .expect("a receiver, which the pager stands for"),
            ],
            ..alert::Config::default()
        };
        let pager: Arc<dyn Notifier> = Arc::clone(&self.pager) as _;
        Aggregator::new(Parts {
            slos: objectives(
                (&self.slos, &self.flows),
                &["shop".to_owned()],
                &config,
                alert.remind_after,
            ),
            config,
            log: LogShape {
                partitions: 2,
                chunk_size: 10,
                keep_parts: Span::secs(60),
            },
            dispatcher: Dispatcher::with(vec![pager], &alert, &metrics),
            alert: &alert,
            source: Arc::clone(&self.world) as _,
            keep: Arc::clone(&self.world) as _,
            edge: self.edge.clone(),
            board: tokio::sync::watch::Sender::default(),
            clock: self.clock.clone(),
            metrics: &metrics,
        })
    }
}

/// An aggregator whose rounds are taken by hand, and whose notifications arrive immediately.
pub(super) struct Hand {
    pub(super) aggregator: Aggregator,
    stop: Stop,
}

impl Hand {
    pub(super) fn of(mut aggregator: Aggregator) -> Self {
        let stop = Stop::new();
        let dispatcher = aggregator.dispatcher.take().expect("not running");
        aggregator.children.spawn(dispatcher.run(stop.clone()));
        Self { aggregator, stop }
    }

    /// One round, and what it said has arrived.
    pub(super) async fn round(&mut self) -> Arc<Board> {
        let board = self.aggregator.round().await;
        while self.aggregator.registry.is_waiting() {
            let receipt = self.aggregator.outbox.receipt().await;
            self.aggregator.acknowledge(&receipt);
        }
        // What works beside the round comes to its end before time goes on.
        tokio::time::sleep(Duration::from_millis(1)).await;
        board
    }

    /// Rounds until no page waits for a diagnosis anymore.
    pub(super) async fn settle(&mut self, rig: &Rig) {
        self.round().await;
        self.rounds(rig, 3).await;
    }

    /// Rounds a second apart.
    pub(super) async fn rounds(&mut self, rig: &Rig, seconds: i64) {
        for _ in 0..seconds {
            rig.pass(1000).await;
            self.round().await;
        }
    }

    /// Stops as the process does.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        self.aggregator.finish().await;
    }
}
