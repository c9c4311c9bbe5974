//! What failing requests have in common that others do not have.

use observation::UnixMillis;
use slo::Count;

use super::Reader;
use super::scope::Scope;
use super::sums;
use crate::rollup::Tier;
use crate::wire::fields;
use crate::{Dimension, SliFilter, StoreError};

/// The dimensions that are compared. What says how a request failed is left out: it differs by
/// definition.
pub const COMPARED: &[Dimension] = &[
    Dimension::Service,
    Dimension::PageOrigin,
    Dimension::TargetOrigin,
    Dimension::Endpoint,
    Dimension::Method,
    Dimension::Parameter,
    Dimension::Release,
    Dimension::Environment,
    Dimension::Browser,
    Dimension::BrowserFamily,
    Dimension::Context,
];

/// Those that tell who asks; the others tell who is asked.
const BY_CLIENT: &[Dimension] = &[
    Dimension::PageOrigin,
    Dimension::Release,
    Dimension::Browser,
    Dimension::BrowserFamily,
    Dimension::Context,
];

/// Most values of a dimension that are compared: those of most failures, and those of most requests
/// without any.
const MAX_VALUES: u32 = 100;

/// What is compared: `bad` among `total`, as an SLI has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// What failed.
    pub bad: Count,
    /// Of what.
    pub total: Count,
}

fields! {
    /// One value of one dimension; empty dimension and value stand for all.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DifferenceRow {
        /// The word of the dimension.
        pub dimension: String,
        /// The value.
        pub value: String,
        /// How many failed.
        pub bad: u64,
        /// Of how many.
        pub total: u64,
    }
}

impl Reader {
    /// Failing and passing requests by the values of every compared dimension, and one row for all:
    /// of each dimension those of most failures, and those of most requests that have none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn difference(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
        compared: Compared,
    ) -> Result<Vec<DifferenceRow>, StoreError> {
        let scope = Scope::new(filter, from, to);
        let compactions = self.compactions().await?;
        // Values are compared for each dimension by itself, so what is asked and who asks are counted apart:
        // all their combinations would be many times as many rows.
        let (clients, targets): (Vec<_>, Vec<_>) = COMPARED
            .iter()
            .copied()
            .partition(|dimension| BY_CLIENT.contains(dimension));
        let sql = format!(
            "SELECT dimension, value, bad, total FROM ({} UNION ALL {}) \
             ORDER BY dimension, bad > 0 DESC, bad DESC, total DESC, value \
             LIMIT {MAX_VALUES} BY dimension, bad > 0",
            values(&scope, &targets, &["('', '')"], compared),
            values(&scope, &clients, &[], compared),
        );
        let statement = compactions.bind(scope.bind(self.client.sql(&sql)));
        self.client.fetch(statement).await
    }
}

/// The values of `dimensions` with their sums, and those of the `constants`.
fn values(
    scope: &Scope<'_>,
    dimensions: &[Dimension],
    constants: &[&str],
    compared: Compared,
) -> String {
    let each = |form: &dyn Fn(Dimension) -> String| -> Vec<String> {
        dimensions.iter().copied().map(form).collect()
    };
    let columns = each(&|one| format!("{} AS d_{one}", one.expression()));
    let keys = each(&|one| format!("d_{one}"));
    let pairs = each(&|one| format!("('{one}', d_{one})"));
    let constants = constants.iter().copied().map(str::to_owned);
    let pairs: Vec<_> = constants.chain(pairs).collect();
    let asked: Vec<_> = dimensions
        .iter()
        .flat_map(|dimension| dimension.columns().iter().copied())
        .collect();
    // Times are summed away first: what is left to be turned into pairs are the sets of dimensions,
    // however long the window is.
    format!(
        "SELECT pair.1 AS dimension, pair.2 AS value, sum(failed) AS bad, sum(counted) AS total FROM \
           (SELECT {columns}, {bad} AS failed, {total} AS counted FROM {rows} GROUP BY {keys}) \
         ARRAY JOIN [{pairs}] AS pair \
         GROUP BY dimension, value HAVING total > 0 OR dimension = ''",
        columns = columns.join(", "),
        keys = keys.join(", "),
        pairs = pairs.join(", "),
        bad = sums::of(compared.bad),
        total = sums::of(compared.total),
        rows = scope.rollup_rows(Tier::Days, &asked),
    )
}
