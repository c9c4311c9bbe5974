//! What the admin server asks of the store, as a seam: tests of pure HTTP answer it by hand.

use std::time::Duration;

use async_trait::async_trait;
use observation::UnixMillis;
use slo::Sums;
use store::{
    AlertRow, Breakdown, ClosingRow, Compared, DeliveryFilter, DeliveryRow, DeployRow,
    DiagnosisRow, DifferenceRow, Dimension, Failure, IncidentRow, InventoryRow, InventoryStep,
    Ledger, PartnerLinkRow, Preflighted, ProgressRow, Reader, RequestShape, SilenceRow,
    SingleFailure, SinglePlace, SinglesOf, SliFilter, SnapshotRow, Store, StoreError,
};

use crate::interval::Interval;

/// The named queries of the admin server, and what it writes.
#[async_trait]
pub trait Queries: Send + Sync {
    /// The sums of an interval.
    async fn sli(&self, filter: &SliFilter, within: Interval) -> Result<Sums, StoreError>;
    /// The sums of every step, in order of time; steps without observations may be left out.
    async fn series(
        &self,
        filter: &SliFilter,
        within: Interval,
        step: Duration,
    ) -> Result<Vec<(UnixMillis, Sums)>, StoreError>;
    /// The values of a dimension with most requests.
    async fn breakdown(
        &self,
        filter: &SliFilter,
        by: Dimension,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<Breakdown>, StoreError>;
    /// The failures of most requests.
    async fn top_failures(
        &self,
        filter: &SliFilter,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<Failure>, StoreError>;
    /// Failing and passing requests by the values of dimensions.
    async fn difference(
        &self,
        filter: &SliFilter,
        within: Interval,
        compared: Compared,
    ) -> Result<Vec<DifferenceRow>, StoreError>;
    /// The shapes of requests that need a preflight, most requests first.
    async fn preflighted(
        &self,
        filter: &SliFilter,
        within: Interval,
    ) -> Result<Vec<Preflighted>, StoreError>;
    /// Single failures after a place, latest first.
    async fn single_failures(
        &self,
        asked: (&SliFilter, &SinglesOf),
        within: Interval,
        after: Option<SinglePlace>,
        limit: u32,
    ) -> Result<Vec<SingleFailure>, StoreError>;
    /// The failure of an app at a place.
    async fn single_failure(
        &self,
        app: &str,
        place: SinglePlace,
    ) -> Result<Option<SingleFailure>, StoreError>;
    /// How a URL answered pages of an origin when it was replayed.
    async fn snapshots(&self, page_origin: &str, url: &str)
    -> Result<Vec<SnapshotRow>, StoreError>;
    /// The shapes of requests, most requests first, at most [`store::MAX_SHAPES`].
    async fn shapes(
        &self,
        filter: &SliFilter,
        within: Interval,
    ) -> Result<Vec<RequestShape>, StoreError>;
    /// Where every beacon went.
    async fn ledger(&self) -> Result<Ledger, StoreError>;
    /// How far each partition has been written.
    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError>;
    /// The latest state of every alert.
    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError>;
    /// The latest state of incidents, those that last first, then the latest.
    async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError>;
    /// One incident.
    async fn incident(&self, id: &str) -> Result<Option<IncidentRow>, StoreError>;
    /// Writes that a person closed an incident.
    async fn save_closing(&self, closing: &ClosingRow) -> Result<(), StoreError>;
    /// The deploys of an app, in order of time.
    async fn deploys(&self, app: &str, within: Interval) -> Result<Vec<DeployRow>, StoreError>;
    /// One deploy of an app.
    async fn deploy(&self, app: &str, id: &str) -> Result<Option<DeployRow>, StoreError>;
    /// The deploys of the same app, service and environment before `deploy` that took effect, latest first.
    async fn deploys_before(&self, deploy: &DeployRow) -> Result<Vec<DeployRow>, StoreError>;
    /// The latest diagnosis of every failure of an app, latest first.
    async fn diagnoses(&self, app: &str, limit: u32) -> Result<Vec<DiagnosisRow>, StoreError>;
    /// The inventory as it was known at `at`.
    async fn inventory(&self, at: UnixMillis) -> Result<Vec<InventoryRow>, StoreError>;
    /// Every step of the inventory up to `to`, in order of time.
    async fn inventory_steps(&self, to: UnixMillis) -> Result<Vec<InventoryStep>, StoreError>;
    /// Silences and maintenance windows, those that are over included, latest first.
    async fn silences(&self) -> Result<Vec<SilenceRow>, StoreError>;
    /// Records a silence; one with a higher version replaces it.
    async fn save_silence(&self, silence: &SilenceRow) -> Result<(), StoreError>;
    /// Links for partners, those that are over included, latest first.
    async fn partner_links(&self) -> Result<Vec<PartnerLinkRow>, StoreError>;
    /// The link for a partner whose secret has this SHA-256.
    async fn partner_link(&self, sha256: &str) -> Result<Option<PartnerLinkRow>, StoreError>;
    /// Records a link for a partner; one with a higher version replaces it.
    async fn save_partner_link(&self, link: &PartnerLinkRow) -> Result<(), StoreError>;
    /// What receivers made of notifications, latest first.
    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError>;
    /// Records a deploy.
    async fn save_deploy(&self, deploy: &DeployRow) -> Result<(), StoreError>;
}

/// The store as it is: queries as the read-only user, changes as the writing one.
#[derive(Debug, Clone)]
pub struct Stored {
    store: Store,
    reader: Reader,
}

impl Stored {
    /// Asks `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let reader = store.reader();
        Self { store, reader }
    }
}

#[async_trait]
impl Queries for Stored {
    async fn sli(&self, filter: &SliFilter, within: Interval) -> Result<Sums, StoreError> {
        self.reader.sli(filter, within.from, within.to).await
    }

    async fn series(
        &self,
        filter: &SliFilter,
        within: Interval,
        step: Duration,
    ) -> Result<Vec<(UnixMillis, Sums)>, StoreError> {
        self.reader
            .series(filter, within.from, within.to, step)
            .await
    }

    async fn breakdown(
        &self,
        filter: &SliFilter,
        by: Dimension,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<Breakdown>, StoreError> {
        self.reader
            .breakdown(filter, by, within.from, within.to, limit)
            .await
    }

    async fn top_failures(
        &self,
        filter: &SliFilter,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<Failure>, StoreError> {
        self.reader
            .top_failures(filter, within.from, within.to, limit)
            .await
    }

    async fn difference(
        &self,
        filter: &SliFilter,
        within: Interval,
        compared: Compared,
    ) -> Result<Vec<DifferenceRow>, StoreError> {
        self.reader
            .difference(filter, within.from, within.to, compared)
            .await
    }

    async fn preflighted(
        &self,
        filter: &SliFilter,
        within: Interval,
    ) -> Result<Vec<Preflighted>, StoreError> {
        self.reader
            .preflighted(filter, within.from, within.to)
            .await
    }

    async fn single_failures(
        &self,
        asked: (&SliFilter, &SinglesOf),
        within: Interval,
        after: Option<SinglePlace>,
        limit: u32,
    ) -> Result<Vec<SingleFailure>, StoreError> {
        self.reader
            .single_failures(asked, within.from, within.to, after, limit)
            .await
    }

    async fn single_failure(
        &self,
        app: &str,
        place: SinglePlace,
    ) -> Result<Option<SingleFailure>, StoreError> {
        self.reader.single_failure(app, place).await
    }

    async fn snapshots(
        &self,
        page_origin: &str,
        url: &str,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        self.reader.snapshots(page_origin, url).await
    }

    async fn shapes(
        &self,
        filter: &SliFilter,
        within: Interval,
    ) -> Result<Vec<RequestShape>, StoreError> {
        self.reader.shapes(filter, within.from, within.to).await
    }

    async fn ledger(&self) -> Result<Ledger, StoreError> {
        self.reader.ledger().await
    }

    async fn progress(&self) -> Result<Vec<ProgressRow>, StoreError> {
        self.store.progress().await
    }

    async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        self.reader.alerts().await
    }

    async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        self.reader.incidents().await
    }

    async fn incident(&self, id: &str) -> Result<Option<IncidentRow>, StoreError> {
        self.reader.incident(id).await
    }

    async fn save_closing(&self, closing: &ClosingRow) -> Result<(), StoreError> {
        self.store.save_closing(closing).await
    }

    async fn deploys(&self, app: &str, within: Interval) -> Result<Vec<DeployRow>, StoreError> {
        self.reader.deploys(app, within.from, within.to).await
    }

    async fn deploy(&self, app: &str, id: &str) -> Result<Option<DeployRow>, StoreError> {
        self.reader.deploy(app, id).await
    }

    async fn deploys_before(&self, deploy: &DeployRow) -> Result<Vec<DeployRow>, StoreError> {
        self.reader.deploys_before(deploy).await
    }

    async fn diagnoses(&self, app: &str, limit: u32) -> Result<Vec<DiagnosisRow>, StoreError> {
        self.reader.diagnoses(Some(app), limit).await
    }

    async fn inventory(&self, at: UnixMillis) -> Result<Vec<InventoryRow>, StoreError> {
        self.reader.inventory(at).await
    }

    async fn inventory_steps(&self, to: UnixMillis) -> Result<Vec<InventoryStep>, StoreError> {
        self.reader.inventory_steps(to).await
    }

    async fn silences(&self) -> Result<Vec<SilenceRow>, StoreError> {
        self.reader.silences().await
    }

    async fn save_silence(&self, silence: &SilenceRow) -> Result<(), StoreError> {
        self.store.save_silence(silence).await
    }

    async fn partner_links(&self) -> Result<Vec<PartnerLinkRow>, StoreError> {
        self.reader.partner_links().await
    }

    async fn partner_link(&self, sha256: &str) -> Result<Option<PartnerLinkRow>, StoreError> {
        self.reader.partner_link(sha256).await
    }

    async fn save_partner_link(&self, link: &PartnerLinkRow) -> Result<(), StoreError> {
        self.store.save_partner_link(link).await
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        within: Interval,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        let window = (within.from, within.to);
        self.reader.deliveries(filter, window, limit).await
    }

    async fn save_deploy(&self, deploy: &DeployRow) -> Result<(), StoreError> {
        self.store.save_deploy(deploy).await
    }
}
