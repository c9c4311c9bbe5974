//! The reading side: named queries, as the read-only user, under limits.

use std::time::Duration;

use observation::UnixMillis;

use crate::{
    AlertRow, Breakdown, Corroboration, DeployRow, Dimension, Failure, Ledger, SliFilter, SliSums,
    StoreError,
};

/// Answers the named queries. Windows are `[from, to)` and widened to whole minutes. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Reader {}

#[expect(
    clippy::unimplemented,
    clippy::unused_async,
    unused_variables,
    reason = "the signatures come first so that the other stages compile"
)]
impl Reader {
    /// The sums of a window, from the rollups.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sli(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<SliSums, StoreError> {
        unimplemented!()
    }

    /// The sums of every step of a window (a step is rounded up to whole minutes; steps without
    /// observations are left out), in order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn series(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
        step: Duration,
    ) -> Result<Vec<(UnixMillis, SliSums)>, StoreError> {
        unimplemented!()
    }

    /// The values of a dimension with most requests, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn breakdown(
        &self,
        filter: &SliFilter,
        dimension: Dimension,
        from: UnixMillis,
        to: UnixMillis,
        limit: u32,
    ) -> Result<Vec<Breakdown>, StoreError> {
        unimplemented!()
    }

    /// The failures of most requests, at most `limit`: blocks, networks, unknown, and headers that
    /// could not be read; readable HTTP errors are not among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn top_failures(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
        limit: u32,
    ) -> Result<Vec<Failure>, StoreError> {
        unimplemented!()
    }

    /// How many page loads and networks saw blocks, from raw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn distinct_sessions_and_networks(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Corroboration, StoreError> {
        unimplemented!()
    }

    /// The sums of a window, recounted from raw: what [`Reader::sli`] is audited against.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recount_raw(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<SliSums, StoreError> {
        unimplemented!()
    }

    /// Where every beacon went.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ledger(&self) -> Result<Ledger, StoreError> {
        unimplemented!()
    }

    /// The latest state of every alert.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        unimplemented!()
    }

    /// The deploys of an app in a window, in order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deploys(
        &self,
        app: &str,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<DeployRow>, StoreError> {
        unimplemented!()
    }
}
