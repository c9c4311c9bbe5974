//! What preflights cost: which requests need one, and how often a page load asks the same again.

use observation::UnixMillis;

use super::Reader;
use super::scope::Scope;
use super::sums;
use crate::rollup::Tier;
use crate::wire::{Fields as _, Flat, fields};
use crate::{SliFilter, StoreError};

/// Kinds of requests that are told apart, most requests first.
pub const MAX_PREFLIGHTED: u32 = 2_000;
/// Raw rows of the end of the window are enough to see how often a page load asks the same again.
const REPEATS_OVER_MINUTES: i64 = 60;
/// The columns of [`PreflightedShape`].
const SHAPE: &[&str] = &[
    "service",
    "target_origin",
    "endpoint",
    "method",
    "parameter",
];

fields! {
    /// What a preflight is about, without what it costs nothing to differ in.
    #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct PreflightedShape {
        /// Configured service, or empty.
        pub service: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Request method.
        pub method: String,
        /// Names of the request headers that are not safelisted: lower case, sorted, comma separated.
        pub headers ["parameter"]: String,
    }
}

fields! {
    #[derive(Debug)]
    struct Needing {
        shape: PreflightedShape as Flat,
        total: u64,
        latency_buckets: Vec<u64>,
        latency_counts: Vec<u64>,
    }
}

fields! {
    #[derive(Debug)]
    struct Repeating {
        shape: PreflightedShape as Flat,
        total: u64,
        page_loads: u64,
    }
}

/// Requests of one shape that need a preflight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflighted {
    /// What they have in common.
    pub shape: PreflightedShape,
    /// How many.
    pub requests: u64,
    /// How long measured preflights took.
    pub latency: Vec<(u8, u64)>,
    /// Of the last hour of the window: requests, and distinct page loads that made them; none where no
    /// raw observations are kept.
    pub repeats: Option<(u64, u64)>,
}

impl Reader {
    /// The shapes of requests that need a preflight, most requests first, at most
    /// [`MAX_PREFLIGHTED`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn preflighted(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<Preflighted>, StoreError> {
        let scope = Scope::new(filter, from, to);
        let compactions = self.compactions().await?;
        let shape = PreflightedShape::expressions("").join(", ");
        let sql = format!(
            "SELECT tuple({shape}) AS shape, {total} AS total, \
               sumMap(preflight_buckets, preflight_counts) AS latency, \
               CAST(latency.1, 'Array(UInt64)') AS latency_buckets, latency.2 AS latency_counts \
             FROM {rows} WHERE kind = 'request' AND preflighted GROUP BY {shape} HAVING total > 0 \
             ORDER BY total DESC, {shape} LIMIT {MAX_PREFLIGHTED}",
            total = sums::of(slo::Count::Preflighted),
            rows = scope.rollup_rows(Tier::Days, SHAPE),
        );
        // The columns that are read, in the order of the struct.
        let sql = format!("SELECT shape, total, latency_buckets, latency_counts FROM ({sql})");
        let statement = compactions.bind(scope.bind(self.client.sql(&sql)));
        let needing: Vec<Needing> = self.client.fetch(statement).await?;
        if needing.is_empty() {
            return Ok(Vec::new());
        }
        let repeats = self.repeats(filter, from, to).await?;
        Ok(needing
            .into_iter()
            .map(|row| joined(row, &repeats))
            .collect())
    }

    async fn repeats(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<Repeating>, StoreError> {
        let since = to.plus(-REPEATS_OVER_MINUTES * 60_000).max(from);
        let scope = Scope::new(filter, since, to);
        let shape = PreflightedShape::expressions("").join(", ");
        // A beacon that was written again adds the same requests again, so copies collapse first.
        let sql = format!(
            "SELECT tuple({shape}) AS shape, sum(toUInt64(count)) AS total, \
               uniq(session, page_origin, credentialed) AS page_loads \
             FROM observations FINAL WHERE {condition} AND kind = 'request' AND preflighted \
             GROUP BY {shape} ORDER BY total DESC LIMIT {MAX_PREFLIGHTED}",
            condition = scope.raw_condition(),
        );
        self.client.fetch(scope.bind(self.client.sql(&sql))).await
    }
}

fn joined(row: Needing, repeats: &[Repeating]) -> Preflighted {
    let repeats = repeats.iter().find(|repeat| repeat.shape == row.shape);
    let buckets = row.latency_buckets.into_iter().zip(row.latency_counts);
    let bucket = |(bucket, count)| Some((u8::try_from(bucket).ok()?, count));
    Preflighted {
        shape: row.shape,
        requests: row.total,
        latency: buckets.filter_map(bucket).collect(),
        repeats: repeats.map(|repeat| (repeat.total, repeat.page_loads)),
    }
}
