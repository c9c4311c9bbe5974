//! What the journal counts: `corswatch_journal_*`.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::{AppendError, Full};

/// Why an append was not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Reason {
    QueueFull,
    SizeFull,
    DiskFull,
    Timeout,
    Unavailable,
    TooLarge,
    NoSuchPartition,
    Closed,
}

impl Reason {
    const ALL: [Self; 8] = [
        Self::QueueFull,
        Self::SizeFull,
        Self::DiskFull,
        Self::Timeout,
        Self::Unavailable,
        Self::TooLarge,
        Self::NoSuchPartition,
        Self::Closed,
    ];

    const fn of(error: &AppendError) -> Self {
        match error {
            AppendError::Full { what: Full::Queue } => Self::QueueFull,
            AppendError::Full { what: Full::Size } => Self::SizeFull,
            AppendError::Full { what: Full::Disk } => Self::DiskFull,
            AppendError::Timeout => Self::Timeout,
            AppendError::Unavailable(_) => Self::Unavailable,
            AppendError::TooLarge { .. } => Self::TooLarge,
            AppendError::NoSuchPartition { .. } => Self::NoSuchPartition,
            AppendError::Closed => Self::Closed,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartitionLabel {
    partition: u32,
}

/// The metrics of one journal. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct JournalMetrics {
    appended: Counter,
    appended_bytes: Counter,
    append_errors: Family<ReasonLabel, Counter>,
    append_seconds: Histogram,
    /// Bytes of records that wait to become durable.
    pub(crate) queue_bytes: Gauge,
    /// 1 while appends can be expected to succeed.
    pub(crate) ready: Gauge,
    /// Times that the log was opened again, or the producer rebuilt, after a failure.
    pub(crate) recoveries: Counter,
    log_end: Family<PartitionLabel, Gauge>,
    committed: Family<PartitionLabel, Gauge>,
    lag: Family<PartitionLabel, Gauge>,
    /// Records handed to the consumer.
    pub(crate) consumed: Counter,
    /// Offsets that were skipped because the log no longer had them.
    pub(crate) missing: Counter,
    /// Records on disk that were not what was written.
    pub(crate) damaged: Counter,
    /// Files that were damaged and replaced.
    pub(crate) replaced: Counter,
    /// Bytes that the journal takes on disk.
    pub(crate) disk_used: Gauge,
    /// Bytes that are free on the disk of the journal.
    pub(crate) disk_free: Gauge,
}

impl JournalMetrics {
    pub(crate) fn register(metrics: &runtime::Metrics, partitions: u32) -> Self {
        let new = Self::new(partitions);
        metrics.register("journal", |registry| {
            new.register_appends(registry);
            new.register_rest(registry);
        });
        new
    }

    /// Metrics that no one sees, or that are shown under other names.
    pub(crate) fn detached(partitions: u32) -> Self {
        Self::new(partitions)
    }

    /// The same metrics, but for whether appends succeed.
    pub(crate) fn with_readiness_apart(&self) -> Self {
        Self {
            ready: Gauge::default(),
            ..self.clone()
        }
    }

    fn new(partitions: u32) -> Self {
        let new = Self {
            appended: Counter::default(),
            appended_bytes: Counter::default(),
            append_errors: Family::default(),
            // From a fast disk's fsync to the longest delivery time-out.
            append_seconds: Histogram::new([
                0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
                2.5, 5.0, 10.0, 30.0,
            ]),
            queue_bytes: Gauge::default(),
            ready: Gauge::default(),
            recoveries: Counter::default(),
            log_end: Family::default(),
            committed: Family::default(),
            lag: Family::default(),
            consumed: Counter::default(),
            missing: Counter::default(),
            damaged: Counter::default(),
            replaced: Counter::default(),
            disk_used: Gauge::default(),
            disk_free: Gauge::default(),
        };
        for reason in Reason::ALL {
            let _ = new.append_errors.get_or_create(&ReasonLabel { reason });
        }
        for partition in 0..partitions {
            for family in [&new.log_end, &new.committed, &new.lag] {
                let _ = family.get_or_create(&PartitionLabel { partition });
            }
        }
        new
    }

    fn register_appends(&self, registry: &mut Registry) {
        registry.register(
            "appended_records",
            "Records made durable",
            self.appended.clone(),
        );
        registry.register_with_unit(
            "appended",
            "Payload bytes made durable",
            Unit::Bytes,
            self.appended_bytes.clone(),
        );
        registry.register(
            "append_errors",
            "Records not acknowledged, by reason",
            self.append_errors.clone(),
        );
        registry.register_with_unit(
            "append",
            "Time from append to acknowledgement",
            Unit::Seconds,
            self.append_seconds.clone(),
        );
        registry.register_with_unit(
            "queue",
            "Records that wait to become durable",
            Unit::Bytes,
            self.queue_bytes.clone(),
        );
        registry.register(
            "ready",
            "1 while appends can be expected to succeed",
            self.ready.clone(),
        );
        registry.register(
            "recoveries",
            "Times that the log was opened again, or the producer rebuilt, after a failure",
            self.recoveries.clone(),
        );
    }

    fn register_rest(&self, registry: &mut Registry) {
        registry.register(
            "log_end_offset",
            "Offset that the next record will have, as last seen",
            self.log_end.clone(),
        );
        registry.register(
            "committed_offset",
            "Offset below which everything is dealt with",
            self.committed.clone(),
        );
        registry.register(
            "consumer_lag_records",
            "Records between the committed offset and the log's end, as last seen",
            self.lag.clone(),
        );
        registry.register(
            "consumed_records",
            "Records handed to the consumer",
            self.consumed.clone(),
        );
        registry.register(
            "missing_offsets",
            "Offsets skipped because the log no longer had them",
            self.missing.clone(),
        );
        registry.register(
            "damaged_records",
            "Records on disk that were not what was written; they become dead letters",
            self.damaged.clone(),
        );
        registry.register_with_unit(
            "disk_used",
            "What the journal takes on disk",
            Unit::Bytes,
            self.disk_used.clone(),
        );
        registry.register_with_unit(
            "disk_free",
            "What is free on the disk of the journal",
            Unit::Bytes,
            self.disk_free.clone(),
        );
    }

    /// Counts the outcome of an append.
    pub(crate) fn appended<T>(
        &self,
        bytes: usize,
        took: Duration,
        outcome: &Result<T, AppendError>,
    ) {
        match outcome {
            Ok(_) => {
                self.appended.inc();
                self.appended_bytes.inc_by(bytes as u64);
                self.append_seconds.observe(took.as_secs_f64());
            }
            Err(error) => {
                let reason = Reason::of(error);
                self.append_errors
                    .get_or_create(&ReasonLabel { reason })
                    .inc();
            }
        }
    }

    /// Remembers what is known of a partition's end and cursor.
    pub(crate) fn positions(&self, partition: u32, end: Option<u64>, committed: Option<u64>) {
        let label = PartitionLabel { partition };
        let end_gauge = self.log_end.get_or_create_owned(&label);
        let committed_gauge = self.committed.get_or_create_owned(&label);
        if let Some(end) = end {
            end_gauge.set(signed(end));
        }
        if let Some(committed) = committed {
            committed_gauge.set(signed(committed));
        }
        let lag = (end_gauge.get() - committed_gauge.get()).max(0);
        self.lag.get_or_create(&label).set(lag);
    }
}

fn signed(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}
