//! What the loader counts.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::Disposition;

/// The metrics of the loader.
#[derive(Debug, Clone)]
pub struct LoaderMetrics {
    /// Records by their outcome.
    pub(crate) records: Family<DispositionLabel, Counter>,
    /// Observations written to the store.
    pub(crate) rows: Counter,
    /// Batches written to the store.
    pub(crate) batches: Counter,
    /// Seconds that a batch takes to be written.
    pub(crate) write_seconds: Histogram,
    /// Attempts to write that failed and were repeated.
    pub(crate) write_retries: Counter,
    /// Offsets that the log had lost before they were read.
    pub(crate) lost_offsets: Counter,
    /// Beacons whose copies were asked of the store, because memory does not reach so far back.
    pub(crate) asked: Counter,
    /// Ids in the re-send windows.
    pub(crate) window_ids: Gauge,
    /// Partitions that this loader owns.
    pub(crate) partitions: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DispositionLabel {
    disposition: Disposition,
}

impl EncodeLabelValue for Disposition {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(&self.as_str(), encoder)
    }
}

impl LoaderMetrics {
    /// Registers the metrics; every label value stands at 0 from the start.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            records: Family::default(),
            rows: Counter::default(),
            batches: Counter::default(),
            write_seconds: Histogram::new([
                0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
            ]),
            write_retries: Counter::default(),
            lost_offsets: Counter::default(),
            asked: Counter::default(),
            window_ids: Gauge::default(),
            partitions: Gauge::default(),
        };
        for disposition in Disposition::ALL {
            let _ = metrics
                .records
                .get_or_create(&DispositionLabel { disposition });
        }
        let m = &metrics;
        registry.register("records", "Records by their outcome", m.records.clone());
        registry.register("rows", "Observations written to the store", m.rows.clone());
        registry.register("batches", "Batches written to the store", m.batches.clone());
        registry.register_with_unit(
            "write",
            "Time that a batch takes to be written",
            Unit::Seconds,
            m.write_seconds.clone(),
        );
        registry.register(
            "write_retries",
            "Attempts to write that failed and were repeated",
            m.write_retries.clone(),
        );
        registry.register(
            "lost_offsets",
            "Offsets that the log had lost before they were read",
            m.lost_offsets.clone(),
        );
        registry.register(
            "asked",
            "Beacons whose copies were asked of the store",
            m.asked.clone(),
        );
        registry.register(
            "window_ids",
            "Ids in the re-send windows",
            m.window_ids.clone(),
        );
        registry.register(
            "partitions",
            "Partitions this loader owns",
            m.partitions.clone(),
        );
        metrics
    }

    pub(crate) fn record(&self, disposition: Disposition) {
        self.records
            .get_or_create(&DispositionLabel { disposition })
            .inc();
    }
}
