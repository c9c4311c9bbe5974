//! The writing side.

use observation::UnixMillis;

use crate::{
    AlertRow, Batch, Config, DeployRow, Lease, ProgressRow, Reader, SeenBeacon, StoreError,
};

/// A connection to ClickHouse. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {}

#[expect(
    clippy::unimplemented,
    clippy::unused_async,
    unused_variables,
    reason = "the signatures come first so that the other stages compile"
)]
impl Store {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    /// [`StoreError::Config`] for settings that cannot be used.
    pub fn connect(config: &Config) -> Result<Self, StoreError> {
        unimplemented!()
    }

    /// Brings the database to the schema of this build, and its retention to the configuration.
    ///
    /// # Errors
    /// [`StoreError::Schema`] where the database is newer or its migrations differ.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Writes a batch: each kind of row acknowledged before the next, progress last. May be
    /// repeated in whole or in part.
    ///
    /// # Errors
    /// [`StoreError`]; see [`StoreError::is_retryable`] and [`StoreError::is_poison`].
    pub async fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The beacons stored from offsets below `below_offset` of a partition whose records the log
    /// took in at or after `append_time_from`; the smallest offset of each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seen(
        &self,
        epoch: u32,
        partition: u32,
        below_offset: u64,
        append_time_from: UnixMillis,
    ) -> Result<Vec<SeenBeacon>, StoreError> {
        unimplemented!()
    }

    /// The latest progress of every partition of every epoch.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        unimplemented!()
    }

    /// Compacts span `span` (its [`crate::CHUNKS_PER_SPAN`] chunks) of a partition. Spans are
    /// compacted in order; the caller makes sure that progress has passed the end of the span.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The first span of every partition that is not compacted yet: `(epoch, partition, span)`;
    /// partitions without any are not listed and start at 0.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compacted(&self) -> Result<Vec<(u32, u32, u64)>, StoreError> {
        unimplemented!()
    }

    /// Writes the state of alerts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_alerts(&self, alerts: &[AlertRow]) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The latest state of every alert.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        unimplemented!()
    }

    /// Writes a deploy.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_deploy(&self, deploy: &DeployRow) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Takes or renews the lease `name` for `holder`; none where someone else has it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn acquire_lease(
        &self,
        name: &str,
        holder: &str,
        ttl: std::time::Duration,
    ) -> Result<Option<Lease>, StoreError> {
        unimplemented!()
    }

    /// The reading side, with the read-only user and limits on every query.
    #[must_use]
    pub fn reader(&self) -> Reader {
        unimplemented!()
    }
}
