//! What the spool counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use super::breaker::Mode;
use crate::metrics::JournalMetrics;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartitionLabel {
    partition: u32,
}

/// The metrics of one spool. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct SpoolMetrics {
    /// Records that the spool holds.
    pub(crate) records: Gauge,
    /// Payload bytes that it holds.
    pub(crate) bytes: Gauge,
    /// How long its oldest record has waited.
    pub(crate) oldest_seconds: Gauge,
    /// Records that went into it.
    pub(crate) spooled: Counter,
    /// Records that went from it to Kafka.
    pub(crate) drained: Counter,
    /// Attempts to drain that Kafka refused or did not answer.
    pub(crate) drain_failures: Counter,
    /// Records that Kafka acknowledged after they had been spooled.
    pub(crate) late: Counter,
    breaker: Family<PartitionLabel, Gauge>,
    trips: Family<PartitionLabel, Counter>,
}

impl SpoolMetrics {
    /// `file` are the metrics of the spool's file, which are shown under the spool's name.
    pub(crate) fn register(
        metrics: &runtime::Metrics,
        partitions: u32,
        file: &JournalMetrics,
    ) -> Self {
        let new = Self {
            records: Gauge::default(),
            bytes: Gauge::default(),
            oldest_seconds: Gauge::default(),
            spooled: Counter::default(),
            drained: Counter::default(),
            drain_failures: Counter::default(),
            late: Counter::default(),
            breaker: Family::default(),
            trips: Family::default(),
        };
        for partition in 0..partitions {
            let label = PartitionLabel { partition };
            let _ = new.breaker.get_or_create(&label);
            let _ = new.trips.get_or_create(&label);
        }
        new.register_flow(metrics);
        new.register_file(metrics, file);
        new
    }

    fn register_flow(&self, metrics: &runtime::Metrics) {
        metrics.register("spool", |registry| {
            registry.register("records", "Records in the spool", self.records.clone());
            registry.register_with_unit(
                "held",
                "Payload bytes in the spool",
                Unit::Bytes,
                self.bytes.clone(),
            );
            registry.register_with_unit(
                "oldest",
                "How long the oldest record in the spool has waited",
                Unit::Seconds,
                self.oldest_seconds.clone(),
            );
            registry.register(
                "spooled_records",
                "Records that went into the spool",
                self.spooled.clone(),
            );
            registry.register(
                "drained_records",
                "Records that went from the spool to Kafka",
                self.drained.clone(),
            );
            registry.register(
                "drain_failures",
                "Attempts to drain that Kafka refused or did not answer in time",
                self.drain_failures.clone(),
            );
            registry.register(
                "late_successes",
                "Records that Kafka acknowledged after they had been spooled",
                self.late.clone(),
            );
            registry.register(
                "breaker",
                "Where records of a partition go: 0 to Kafka, 1 about to go to Kafka again, 2 to \
                 the spool",
                self.breaker.clone(),
            );
            registry.register(
                "breaker_trips",
                "Times that records of a partition began to go to the spool",
                self.trips.clone(),
            );
        });
    }

    fn register_file(&self, metrics: &runtime::Metrics, file: &JournalMetrics) {
        metrics.register("spool", |registry| {
            registry.register(
                "damaged_records",
                "Records in the spool that were not what was written; they become dead letters",
                file.damaged.clone(),
            );
            registry.register(
                "damaged_files",
                "Times that the spool's file was damaged and set aside",
                file.replaced.clone(),
            );
            registry.register(
                "recoveries",
                "Times that the spool's file was opened again after a failure",
                file.recoveries.clone(),
            );
            registry.register_with_unit(
                "disk_used",
                "What the spool takes on disk",
                Unit::Bytes,
                file.disk_used.clone(),
            );
            registry.register_with_unit(
                "disk_free",
                "What is free on the disk of the spool",
                Unit::Bytes,
                file.disk_free.clone(),
            );
        });
    }

    /// Shows where the breaker of a partition stands.
    pub(crate) fn breaker(&self, partition: u32, mode: Mode) {
        let label = PartitionLabel { partition };
        self.breaker.get_or_create(&label).set(mode.as_number());
    }

    /// Counts that the breaker of a partition opened.
    pub(crate) fn tripped(&self, partition: u32) {
        self.trips
            .get_or_create(&PartitionLabel { partition })
            .inc();
    }
}
