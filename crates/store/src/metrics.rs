//! What the store counts.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use runtime::Metrics;

use crate::StoreError;
use crate::error::Call;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabel {
    call: CallName,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FailureLabel {
    call: CallName,
    reason: Reason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CallName(Call);

impl EncodeLabelValue for CallName {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.0.as_str(), encoder)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Reason(&'static str);

impl EncodeLabelValue for Reason {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.0, encoder)
    }
}

/// Counters and durations of calls to ClickHouse. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct StoreMetrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    seconds: Family<CallLabel, Histogram>,
    failures: Family<FailureLabel, Counter>,
    rows: Counter,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        let inner = Inner {
            seconds: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.001, 2.0, 16))
            }),
            failures: Family::default(),
            rows: Counter::default(),
        };
        for call in Call::ALL {
            let call = CallName(call);
            // A metric that is created here starts at 0 instead of when it first happens.
            drop(inner.seconds.get_or_create(&CallLabel { call }));
            for reason in StoreError::REASONS {
                let reason = Reason(reason);
                drop(inner.failures.get_or_create(&FailureLabel { call, reason }));
            }
        }
        Self(Arc::new(inner))
    }
}

impl StoreMetrics {
    pub(crate) fn register(&self, metrics: &Metrics) {
        metrics.register("store", |registry| {
            registry.register(
                "call_seconds",
                "Duration of calls to ClickHouse that were answered",
                self.0.seconds.clone(),
            );
            registry.register(
                "call_failures",
                "Calls to ClickHouse that failed",
                self.0.failures.clone(),
            );
            registry.register(
                "rows_inserted",
                "Rows that ClickHouse acknowledged, in all tables",
                self.0.rows.clone(),
            );
        });
    }

    pub(crate) fn answered(&self, call: Call, took: Duration) {
        let call = CallName(call);
        let seconds = self.0.seconds.get_or_create(&CallLabel { call });
        seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn inserted(&self, rows: u64) {
        self.0.rows.inc_by(rows);
    }

    pub(crate) fn failed(&self, call: Call, error: &StoreError) {
        let label = FailureLabel {
            call: CallName(call),
            reason: Reason(error.reason()),
        };
        self.0.failures.get_or_create(&label).inc();
    }
}
