//! What the aggregator asks of the store, as seams that tests can fill.

use std::collections::BTreeMap;

use async_trait::async_trait;
use observation::{EdgeReport, UnixMillis};
use slo::Sums;
use store::{
    Affected, AlertRow, BlockedSlice, Breakdown, ChangeRow, ClosingRow, Compacted, Counts,
    DeployRow, DiagnosisRow, Dimension, Failure, FlowAffected, IncidentRow, Leases, ProgressRow,
    Reader, SliFilter, SnapshotRow, Store, StoreError, Witnessed,
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

    /// The sums of `[from, to)`, whole minutes, for each of `apps`, whatever app `filter` names; apps without
    /// observations are left out.
    async fn sums_of_apps(
        &self,
        filter: &SliFilter,
        apps: &[String],
        span: (UnixMillis, UnixMillis),
    ) -> Result<BTreeMap<String, Sums>, StoreError>;

    /// Which slices had blocks in `[from, to)`, and how many page loads and networks saw them.
    async fn witnesses(
        &self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnessed>, StoreError>;

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

/// Reads what incidents are told with.
#[async_trait]
pub trait Evidence: Source {
    /// How many networks made requests in `[from, to)`, among those that are known.
    async fn networks(
        &self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
    ) -> Result<u64, StoreError>;

    /// What users notice of failures at `endpoints` in `[from, to)`, and in the last `recent` milliseconds.
    async fn affected(
        &self,
        filter: &SliFilter,
        counted: (&[String], Counts),
        span: (UnixMillis, UnixMillis),
        recent: i64,
    ) -> Result<Affected, StoreError>;

    /// What the flow that `filter` names notices of failures at `endpoints` of a server in `[from, to)`.
    async fn flow_affected(
        &self,
        filter: &SliFilter,
        failing: (&str, &[String], Counts),
        span: (UnixMillis, UnixMillis),
    ) -> Result<FlowAffected, StoreError>;

    /// Slices that passed since `passed_since` and are blocked now, as at least `sessions` page loads saw.
    async fn blocked_slices(
        &self,
        filter: &SliFilter,
        sessions: u64,
        passed_since: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError>;

    /// Slices with blocks in at least `hours` of the last hours, as at least `sessions` page loads saw.
    async fn lingering_slices(
        &self,
        filter: &SliFilter,
        limits: (u64, u64),
        to: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError>;

    /// The values of a dimension with most requests in `[from, to)`.
    async fn breakdown(
        &self,
        filter: &SliFilter,
        by: Dimension,
        span: (UnixMillis, UnixMillis),
        limit: u32,
    ) -> Result<Vec<Breakdown>, StoreError>;

    /// The deploys of an app in `[from, to)`, in order of time.
    async fn deploys(
        &self,
        app: &str,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<DeployRow>, StoreError>;

    /// How a target answered each question before `to`, the latest states of each.
    async fn header_states(
        &self,
        target_origin: &str,
        to: UnixMillis,
    ) -> Result<Vec<SnapshotRow>, StoreError>;

    /// What changed in the headers of a target, as it was first seen in `[from, to)`, in order of time.
    async fn header_changes(
        &self,
        target_origin: &str,
        span: (UnixMillis, UnixMillis),
    ) -> Result<Vec<ChangeRow>, StoreError>;
}

/// Keeps what the aggregator has to know after a restart.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// The latest progress of every partition of every epoch.
    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError>;

    /// The last report of every edge that has made one since `from`.
    async fn edge_reports(&self, from: UnixMillis) -> Result<Vec<EdgeReport>, StoreError>;

    /// How far every partition is compacted; partitions without any are left out.
    async fn compacted(&self) -> Result<Vec<Compacted>, StoreError>;

    /// Compacts one span of a partition.
    async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError>;

    /// Compacts one chunk of a span that cannot be compacted yet.
    async fn compact_chunk(&self, epoch: u32, partition: u32, chunk: u64)
    -> Result<(), StoreError>;

    /// Removes partial rollups of minutes before `before` that are compacted; says whether there
    /// were any.
    async fn prune(&self, before: UnixMillis) -> Result<bool, StoreError>;

    /// The latest state of every alert.
    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError>;

    /// Writes the state of alerts.
    async fn save_alerts(&self, alerts: &[AlertRow]) -> Result<(), StoreError>;

    /// The latest state of incidents, those that last first.
    async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError>;

    /// Writes the state of incidents.
    async fn save_incidents(&self, incidents: &[IncidentRow]) -> Result<(), StoreError>;

    /// What people said about incidents since `from`.
    async fn closings(&self, from: UnixMillis) -> Result<Vec<ClosingRow>, StoreError>;

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

    async fn sums_of_apps(
        &self,
        filter: &SliFilter,
        apps: &[String],
        span: (UnixMillis, UnixMillis),
    ) -> Result<BTreeMap<String, Sums>, StoreError> {
        self.reader.sli_of_apps(filter, apps, span).await
    }

    async fn witnesses(
        &self,
        filter: &SliFilter,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<Witnessed>, StoreError> {
        self.reader.witnesses(filter, from, to).await
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
impl Evidence for Engine {
    async fn networks(
        &self,
        filter: &SliFilter,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<u64, StoreError> {
        self.reader.networks(filter, from, to).await
    }

    async fn affected(
        &self,
        filter: &SliFilter,
        counted: (&[String], Counts),
        span: (UnixMillis, UnixMillis),
        recent: i64,
    ) -> Result<Affected, StoreError> {
        self.reader.affected(filter, counted, span, recent).await
    }

    async fn flow_affected(
        &self,
        filter: &SliFilter,
        failing: (&str, &[String], Counts),
        span: (UnixMillis, UnixMillis),
    ) -> Result<FlowAffected, StoreError> {
        self.reader.flow_affected(filter, failing, span).await
    }

    async fn blocked_slices(
        &self,
        filter: &SliFilter,
        sessions: u64,
        passed_since: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError> {
        self.reader
            .blocked_slices(filter, sessions, passed_since, to)
            .await
    }

    async fn lingering_slices(
        &self,
        filter: &SliFilter,
        limits: (u64, u64),
        to: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError> {
        self.reader.lingering_slices(filter, limits, to).await
    }

    async fn breakdown(
        &self,
        filter: &SliFilter,
        by: Dimension,
        (from, to): (UnixMillis, UnixMillis),
        limit: u32,
    ) -> Result<Vec<Breakdown>, StoreError> {
        self.reader.breakdown(filter, by, from, to, limit).await
    }

    async fn deploys(
        &self,
        app: &str,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<DeployRow>, StoreError> {
        self.reader.deploys(app, from, to).await
    }

    async fn header_changes(
        &self,
        target_origin: &str,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<ChangeRow>, StoreError> {
        self.reader.header_changes(target_origin, from, to).await
    }

    async fn header_states(
        &self,
        target_origin: &str,
        to: UnixMillis,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        self.reader.header_states(target_origin, to).await
    }
}

#[async_trait]
impl AlertStore for Engine {
    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        self.store.progress().await
    }

    async fn edge_reports(&self, from: UnixMillis) -> Result<Vec<EdgeReport>, StoreError> {
        let rows = self.reader.edge_reports(from).await?;
        Ok(rows.into_iter().map(EdgeReport::from).collect())
    }

    async fn compacted(&self) -> Result<Vec<Compacted>, StoreError> {
        self.store.compacted().await
    }

    async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError> {
        self.store.compact(epoch, partition, span).await
    }

    async fn compact_chunk(
        &self,
        epoch: u32,
        partition: u32,
        chunk: u64,
    ) -> Result<(), StoreError> {
        self.store.compact_chunk(epoch, partition, chunk).await
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

    async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        self.store.incidents().await
    }

    async fn save_incidents(&self, incidents: &[IncidentRow]) -> Result<(), StoreError> {
        self.store.save_incidents(incidents).await
    }

    async fn closings(&self, from: UnixMillis) -> Result<Vec<ClosingRow>, StoreError> {
        self.reader.closings(from).await
    }

    fn leases(&self) -> &dyn Leases {
        &self.store
    }
}
