//! How the aggregator does, and the latest evaluation as gauges.

use std::sync::atomic::AtomicU64;

use alert::Severity;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

use crate::board::{Board, Condition};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tick {
    condition: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Objective {
    slo: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Firing {
    slo: String,
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Burning {
    slo: String,
    window: String,
}

type FloatGauge = Gauge<f64, AtomicU64>;

/// Metrics of the aggregator. Names of objectives come from the configuration, so they are few.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    ticks: Family<Tick, Counter>,
    pub(crate) evaluation: Histogram,
    pub(crate) compacted: Counter,
    pub(crate) compaction_failures: Counter,
    lag: FloatGauge,
    firing: Family<Firing, Gauge>,
    bad: Family<Objective, FloatGauge>,
    remaining: Family<Objective, FloatGauge>,
    burn: Family<Burning, FloatGauge>,
    window_bad: Family<Burning, Gauge>,
    window_events: Family<Burning, Gauge>,
}

const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The pipeline's own alert stands beside the objectives.
pub(crate) const PIPELINE: &str = "pipeline";
/// And those about what the edge refuses.
pub(crate) const OF_NO_APP: [&str; 2] = [PIPELINE, alert::OF_EDGE];

impl Metrics {
    pub(crate) fn register<'a>(
        metrics: &runtime::Metrics,
        slos: impl Iterator<Item = &'a str>,
    ) -> Self {
        let this = Self {
            ticks: Family::default(),
            evaluation: Histogram::new(SECONDS),
            compacted: Counter::default(),
            compaction_failures: Counter::default(),
            lag: FloatGauge::default(),
            firing: Family::default(),
            bad: Family::default(),
            remaining: Family::default(),
            burn: Family::default(),
            window_bad: Family::default(),
            window_events: Family::default(),
        };
        this.start(slos);
        metrics.register("aggregator", |registry| {
            registry.register("ticks", "Rounds by how they went", this.ticks.clone());
            registry.register_with_unit(
                "evaluation",
                "Time to evaluate all objectives",
                Unit::Seconds,
                this.evaluation.clone(),
            );
            registry.register(
                "compacted_spans",
                "Spans of the log whose rollups were compacted",
                this.compacted.clone(),
            );
            registry.register(
                "compaction_failures",
                "Rounds in which compaction failed; it is tried again",
                this.compaction_failures.clone(),
            );
            registry.register_with_unit(
                "watermark_lag",
                "How far the store is behind the clock",
                Unit::Seconds,
                this.lag.clone(),
            );
            registry.register(
                "alerts_firing",
                "Alerts that fire, by objective and severity",
                this.firing.clone(),
            );
            registry.register(
                "slo_bad_ratio",
                "Share of bad events in the objective's window; NaN without events",
                this.bad.clone(),
            );
            registry.register(
                "slo_budget_remaining_ratio",
                "Share of the error budget that is left, negative when overspent; NaN without events",
                this.remaining.clone(),
            );
            registry.register(
                "slo_burn_rate",
                "Burn rate by window of the objective's rules; NaN without events",
                this.burn.clone(),
            );
            registry.register(
                "slo_window_bad_events",
                "Bad events by window of the objective's rules",
                this.window_bad.clone(),
            );
            registry.register(
                "slo_window_events",
                "Events by window of the objective's rules, the bad ones among them",
                this.window_events.clone(),
            );
        });
        this
    }

    fn start<'a>(&self, slos: impl Iterator<Item = &'a str>) {
        for condition in Condition::ALL {
            let label = Tick {
                condition: condition.as_str(),
            };
            drop(self.ticks.get_or_create(&label));
        }
        for slo in slos.chain(OF_NO_APP) {
            for severity in Severity::ALL {
                drop(self.firing.get_or_create(&Firing {
                    slo: slo.to_owned(),
                    severity: severity.as_str(),
                }));
            }
        }
    }

    /// One round is over.
    pub(crate) fn tick(&self, board: &Board) {
        let label = Tick {
            condition: board.condition.as_str(),
        };
        self.ticks.get_or_create(&label).inc();
        #[expect(clippy::cast_precision_loss, reason = "a lag in milliseconds is small")]
        self.lag.set(board.lag as f64 / 1000.0);
        for status in board.slos.iter().filter(|status| status.group.is_none()) {
            let label = Objective {
                slo: status.name.clone(),
            };
            let bad = status.ratio.share().unwrap_or(f64::NAN);
            self.bad.get_or_create(&label).set(bad);
            let remaining = status.budget.map_or(f64::NAN, |budget| budget.remaining);
            self.remaining.get_or_create(&label).set(remaining);
            for row in status.rules.iter().flat_map(|rule| &rule.judgement.rows) {
                for (window, burn, held) in [
                    (row.row.long, row.long_burn, row.long),
                    (row.row.short, row.short_burn, row.short),
                ] {
                    let label = Burning {
                        slo: status.name.clone(),
                        window: window.to_string(),
                    };
                    self.burn
                        .get_or_create(&label)
                        .set(burn.unwrap_or(f64::NAN));
                    let count = |events: u64| i64::try_from(events).unwrap_or(i64::MAX);
                    self.window_bad.get_or_create(&label).set(count(held.bad));
                    let events = self.window_events.get_or_create(&label);
                    events.set(count(held.total));
                }
            }
        }
    }

    /// How many alerts of an objective fire.
    pub(crate) fn firing(&self, slo: &str, severity: Severity, count: i64) {
        let label = Firing {
            slo: slo.to_owned(),
            severity: severity.as_str(),
        };
        self.firing.get_or_create(&label).set(count);
    }
}
