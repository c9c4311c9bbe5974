//! What the aggregator asks of the store, as seams that tests can fill.

use std::collections::BTreeMap;

use async_trait::async_trait;
use observation::UnixMillis;
use slo::Sums;
use store::{
    AlertRow, Compacted, Corroboration, DiagnosisRow, Dimension, Failure, Leases, ProgressRow,
    Reader, SliFilter, Store, StoreError,
};

use crate::GroupBy;

/// Diagnoses that are looked through for the one of a failure.
const MAX_DIAGNOSES: u32 = 500;

/// Sums by the value of the group; the empty text where there are no groups.
pub type Grouped = BTreeMap<String, Sums>;

/// Reads observations.
#[async_trait]
pub trait Source: Send + Sync {
    /// The sums of `[from, to)`, whole minutes, in at most `limit` groups, those of most requests.
    async fn sums(
        &self,
        filter: &SliFilter,
        group_by: GroupBy,
        limit: u32,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Grouped, StoreError>;

    /// How many page loads and networks saw blocks in `[from, to)`.
    async fn witnesses(
        &self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Corroboration, StoreError>;

    /// What replaying the failures of an app showed, latest first.
    async fn diagnoses(&self, app: &str) -> Result<Vec<DiagnosisRow>, StoreError>;

    /// The failures of most requests in `[from, to)`.
    async fn failures(
        &self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
        limit: u32,
    ) -> Result<Vec<Failure>, StoreError>;
}

/// Keeps what the aggregator has to know after a restart.
#[async_trait]
pub trait Keep: Send + Sync {
    /// The latest progress of every partition of every epoch.
    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError>;

    /// How far every partition is compacted; partitions without any are left out.
    async fn compacted(&self) -> Result<Vec<Compacted>, StoreError>;

    /// Compacts one span of a partition.
    async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError>;

    /// Removes partial rollups of minutes before `before` that are compacted; says whether there
    /// were any.
    async fn prune(&self, before: UnixMillis) -> Result<bool, StoreError>;

    /// The latest state of every alert.
    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError>;

    /// Writes the state of alerts.
    async fn save_alerts(&self, alerts: &[AlertRow]) -> Result<(), StoreError>;

    /// Where the leader's lease is.
    fn leases(&self) -> &dyn Leases;
}

/// ClickHouse.
#[derive(Debug, Clone)]
pub struct Engine {
    store: Store,
    reader: Reader,
}

impl Engine {
    /// Reads and writes through `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let reader = store.reader();
        Self { store, reader }
    }

    pub(crate) const fn reader(&self) -> &Reader {
        &self.reader
    }
}

#[async_trait]
impl Source for Engine {
    async fn sums(
        &self,
        filter: &SliFilter,
        group_by: GroupBy,
        limit: u32,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Grouped, StoreError> {
        let dimension = match group_by {
            GroupBy::None => {
                let sums = self.reader.sli(filter, from, to).await?;
                return Ok(Grouped::from([(String::new(), sums)]));
            }
            GroupBy::Service => Dimension::Service,
            GroupBy::Endpoint => Dimension::Endpoint,
        };
        let groups = self
            .reader
            .breakdown(filter, dimension, from, to, limit)
            .await?;
        Ok(groups
            .into_iter()
            .map(|group| (group.value, group.sums))
            .collect())
    }

    async fn witnesses(
        &self,
        filter: &SliFilter,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Corroboration, StoreError> {
        self.reader
            .distinct_sessions_and_networks(filter, from, to)
            .await
    }

    async fn diagnoses(&self, app: &str) -> Result<Vec<DiagnosisRow>, StoreError> {
        self.reader.diagnoses(Some(app), MAX_DIAGNOSES).await
    }

    async fn failures(
        &self,
        filter: &SliFilter,
        (from, to): (UnixMillis, UnixMillis),
        limit: u32,
    ) -> Result<Vec<Failure>, StoreError> {
        self.reader.top_failures(filter, from, to, limit).await
    }
}

#[async_trait]
impl Keep for Engine {
    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        self.store.progress().await
    }

    async fn compacted(&self) -> Result<Vec<Compacted>, StoreError> {
        self.store.compacted().await
    }

    async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError> {
        self.store.compact(epoch, partition, span).await
    }

    async fn prune(&self, before: UnixMillis) -> Result<bool, StoreError> {
        self.store.prune(before).await
    }

    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        self.store.alerts().await
    }

    async fn save_alerts(&self, alerts: &[AlertRow]) -> Result<(), StoreError> {
        self.store.save_alerts(alerts).await
    }

    fn leases(&self) -> &dyn Leases {
        &self.store
    }
}
