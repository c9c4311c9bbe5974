//! What the writer tells readers.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use observation::UnixMillis;

use super::config::DiskConfig;
use super::extent::{Extent, Held};
use super::file::LogFile;
use super::purpose::Purpose;
use super::row::Stored;
use crate::handoff::ThreadWaker;
use crate::metrics::JournalMetrics;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: DiskConfig,
    pub(crate) purpose: Purpose,
    pub(crate) metrics: JournalMetrics,
    extents: Mutex<Vec<Extent>>,
    /// What each partition of a spool holds.
    held: Mutex<Vec<Held>>,
    /// Append time of the oldest record of a spool, as of the last look; `NONE` without any.
    oldest: AtomicI64,
    /// How often the file was opened again.
    incarnation: AtomicU64,
    /// The reading thread, if there is a consumer.
    reader: Mutex<Option<std::sync::Arc<ThreadWaker>>>,
    pub(crate) has_consumer: AtomicBool,
}

const NONE: i64 = i64::MIN;

impl Shared {
    pub(crate) fn new(
        config: DiskConfig,
        purpose: Purpose,
        metrics: JournalMetrics,
        file: &LogFile,
    ) -> Self {
        Self {
            config,
            purpose,
            metrics,
            extents: Mutex::new(file.extents.clone()),
            held: Mutex::new(file.held.clone()),
            oldest: AtomicI64::new(NONE),
            incarnation: AtomicU64::new(0),
            reader: Mutex::default(),
            has_consumer: AtomicBool::new(false),
        }
    }

    /// Makes durable changes visible and wakes the reader.
    pub(crate) fn publish(&self, file: &LogFile) {
        if self.purpose == Purpose::Spool {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            held.copy_from_slice(&file.held);
        }
        {
            let mut extents = self.extents.lock().unwrap_or_else(PoisonError::into_inner);
            if *extents == file.extents {
                return;
            }
            extents.copy_from_slice(&file.extents);
        }
        for (partition, extent) in (0..).zip(&file.extents) {
            self.metrics
                .positions(partition, Some(extent.next), extent.committed);
        }
        if let Some(bell) = &*self.reader.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.ring();
        }
    }

    /// Counts and tells of a record that is not what was written.
    pub(crate) fn note(&self, stored: &Stored) {
        if stored.is_sound {
            return;
        }
        self.metrics.damaged.inc();
        tracing::error!(
            partition = stored.record.partition,
            offset = stored.record.offset,
            dir = %self.config.dir.display(),
            "a record on disk is damaged: it is passed on empty and becomes a dead letter"
        );
    }

    /// What a partition of a spool holds.
    pub(crate) fn held(&self, partition: u32) -> Held {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(partition as usize).copied().unwrap_or_default()
    }

    /// What a spool holds in all partitions, and since when the oldest.
    pub(crate) fn held_in_all(&self) -> (Held, Option<UnixMillis>) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = held.iter().fold(Held::default(), |sum, one| Held {
            records: sum.records + one.records,
            bytes: sum.bytes + one.bytes,
        });
        let oldest = self.oldest.load(Ordering::Relaxed);
        let known = sum.records > 0 && oldest != NONE;
        (sum, known.then_some(UnixMillis(oldest)))
    }

    /// Which incarnation of the file is in use: a reader of an earlier one reads what was set aside.
    pub(crate) fn incarnation(&self) -> u64 {
        self.incarnation.load(Ordering::Acquire)
    }

    /// The file was opened again.
    pub(crate) fn renewed(&self) {
        self.incarnation.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn set_oldest(&self, oldest: Option<UnixMillis>) {
        let oldest = oldest.map_or(NONE, |oldest| oldest.0);
        self.oldest.store(oldest, Ordering::Relaxed);
    }

    /// Everything durable.
    pub(crate) fn extents(&self) -> Vec<Extent> {
        self.extents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Everything durable of one partition.
    pub(crate) fn extent(&self, partition: u32) -> Option<Extent> {
        let extents = self.extents.lock().unwrap_or_else(PoisonError::into_inner);
        extents.get(partition as usize).copied()
    }

    /// Rings `bell` when there is something new.
    pub(crate) fn set_reader(&self, bell: Option<std::sync::Arc<ThreadWaker>>) {
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = bell;
    }

    /// Takes the one place for a consumer.
    pub(crate) fn try_consume(&self) -> bool {
        !self.has_consumer.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn release_consumer(&self) {
        self.set_reader(None);
        self.has_consumer.store(false, Ordering::Release);
    }
}
