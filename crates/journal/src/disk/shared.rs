//! What the writer tells readers.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use super::config::DiskConfig;
use super::file::Extent;
use crate::feed::Bell;
use crate::metrics::JournalMetrics;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: DiskConfig,
    pub(crate) metrics: JournalMetrics,
    extents: Mutex<Vec<Extent>>,
    /// The reading thread, if there is a consumer.
    reader: Mutex<Option<std::sync::Arc<Bell>>>,
    pub(crate) has_consumer: AtomicBool,
}

impl Shared {
    pub(crate) fn new(config: DiskConfig, metrics: JournalMetrics, extents: Vec<Extent>) -> Self {
        Self {
            config,
            metrics,
            extents: Mutex::new(extents),
            reader: Mutex::default(),
            has_consumer: AtomicBool::new(false),
        }
    }

    /// Makes durable changes visible and wakes the reader.
    pub(crate) fn publish(&self, new: &[Extent]) {
        {
            let mut extents = self.extents.lock().unwrap_or_else(PoisonError::into_inner);
            if *extents == new {
                return;
            }
            extents.copy_from_slice(new);
        }
        for (partition, extent) in (0..).zip(new) {
            self.metrics
                .positions(partition, Some(extent.next), extent.committed);
        }
        if let Some(bell) = &*self.reader.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.ring();
        }
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
    pub(crate) fn set_reader(&self, bell: Option<std::sync::Arc<Bell>>) {
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
