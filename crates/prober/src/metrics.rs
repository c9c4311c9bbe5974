//! How the prober does.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use store::ReplayOutcome;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Replayed {
    outcome: &'static str,
}

/// Metrics of the prober.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    diagnoses: Family<Replayed, Counter>,
    pub(crate) looks: Counter,
    pub(crate) changes: Counter,
    pub(crate) store_failures: Counter,
    pub(crate) overflowed: Counter,
    pub(crate) waiting: Gauge,
    pub(crate) leads: Gauge,
}

impl Metrics {
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self::default();
        for &outcome in ReplayOutcome::ALL {
            let outcome = outcome.as_str();
            drop(this.diagnoses.get_or_create(&Replayed { outcome }));
        }
        metrics.register("prober", |registry| {
            registry.register(
                "diagnoses",
                "Failures that were replayed, by outcome",
                this.diagnoses.clone(),
            );
            registry.register(
                "looks",
                "Looks at the headers of targets that work",
                this.looks.clone(),
            );
            registry.register(
                "changes",
                "Looks that found other headers than the one before",
                this.changes.clone(),
            );
            registry.register(
                "store_failures",
                "Rounds and replays that the store failed; they are tried again",
                this.store_failures.clone(),
            );
            registry.register(
                "overflowed",
                "Failures that found no place in the queue; they are found again",
                this.overflowed.clone(),
            );
            registry.register(
                "waiting",
                "Failures that wait to be replayed",
                this.waiting.clone(),
            );
            registry.register(
                "leads",
                "1 while this process is the one that replays",
                this.leads.clone(),
            );
        });
        this
    }

    pub(crate) fn diagnosed(&self, outcome: ReplayOutcome) {
        let outcome = outcome.as_str();
        self.diagnoses.get_or_create(&Replayed { outcome }).inc();
    }
}
