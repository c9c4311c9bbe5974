//! The reading side: named queries, as the read-only user, under limits.

mod alerting;
mod changes;
mod diagnoses;
mod difference;
mod failures;
mod incidents;
mod inventory;
mod partner;
mod preflights;
mod scope;
mod shapes;
mod singles;
mod sums;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use observation::UnixMillis;
use slo::Sums;

use crate::alone::Alone;
use crate::client::{Address, Client};
use crate::compaction::{COMPACTED_OF_ALL, Compacted, Compactions};
use crate::login::Login;
use crate::metrics::StoreMetrics;
use crate::rollup::Tier;
use crate::wire::{self, columns};
use crate::{
    AlertRow, Breakdown, Config, Dimension, EdgeReportRow, Failure, Ledger, MAX_ALERTS, MAX_EDGES,
    ProgressRow, SliFilter, StoreError,
};
pub use alerting::DeliveryFilter;
pub(crate) use alerting::silences;
pub use difference::{COMPARED, Compared, DifferenceRow};
pub(crate) use incidents::incidents;
pub use preflights::{MAX_PREFLIGHTED, Preflighted, PreflightedShape};
use scope::Scope;
pub use shapes::MAX_SHAPES;
pub use singles::{SingleFailure, SinglePlace, SinglesOf};
use sums::SumsRow;

/// Rows of one page of [`Reader::history`]; below the server's limit of rows in a result.
pub const HISTORY_PAGE: usize = 50_000;

/// Answers the named queries. Windows are `[from, to)`, widened to whole minutes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    client: Client,
    alone: Option<Arc<Alone>>,
}

impl Reader {
    /// Whether this user may read.
    pub(crate) async fn try_to_read(&self) -> Result<(), StoreError> {
        let statement = self.client.sql("SELECT count() FROM progress");
        let _: Vec<u64> = self.client.fetch(statement).await?;
        Ok(())
    }

    pub(crate) fn new(address: Address, config: &Config, login: Login<'_>) -> Self {
        let timeout = config.query_timeout.duration();
        // The server gives up a little earlier than we do, so that its reason arrives.
        let server_timeout = timeout.as_secs_f64() * 0.9;
        let is_embedded = matches!(address, Address::Engine(_));
        let client = Client::new(address, config, login, timeout)
            .with_setting("readonly", 2)
            .with_setting("max_execution_time", server_timeout)
            .with_setting("max_rows_to_read", config.query_rows)
            .with_setting("max_memory_usage", config.query_memory.bytes())
            .with_setting("max_result_rows", 100_000)
            // Every column that queries filter by is in the sorting key or the same in all copies
            // of a row, so filtering before the copies collapse changes nothing.
            .with_setting("optimize_move_to_prewhere_if_final", 1)
            // So are those that skip indexes are of: where one says that a copy is not asked for, none is.
            .with_setting("use_skip_indexes_if_final", 1)
            // The time is in the sorting key, so copies lie in one partition.
            .with_setting("do_not_merge_across_partitions_select_final", 1);
        let client = match is_embedded {
            // It need not look for other copies then. Servers before 25.6 refuse settings that they do not know.
            true => client.with_setting("use_skip_indexes_if_final_exact_mode", 0),
            false => client,
        };
        let client = match config.topology {
            crate::Topology::Single => client,
            crate::Topology::Replicated { .. } => {
                client.with_setting("select_sequential_consistency", 1)
            }
        };
        Self {
            client,
            alone: None,
        }
    }

    pub(crate) fn alone(&self, alone: Arc<Alone>) -> Self {
        Self {
            client: self.client.clone(),
            alone: Some(alone),
        }
    }

    pub(crate) fn counted(&self, metrics: &StoreMetrics) -> Self {
        Self {
            client: self.client.clone().counted(metrics),
            alone: self.alone.clone(),
        }
    }

    /// The sums of a window, from the rollups.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sli(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Sums, StoreError> {
        let scope = Scope::new(filter, from, to);
        let rows = self.rollup(&scope, "''", &[], Tier::Days, "").await?;
        Ok(rows.into_iter().next().map(Sums::from).unwrap_or_default())
    }

    /// The sums of a window for each of `apps`, whatever app `filter` names, from the rollups; apps without
    /// observations are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sli_of_apps(
        &self,
        filter: &SliFilter,
        apps: &[String],
        span: (UnixMillis, UnixMillis),
    ) -> Result<BTreeMap<String, Sums>, StoreError> {
        let scope = Scope::of_apps(filter, apps, span);
        let rows = self
            .rollup(&scope, "toString(app)", &[], Tier::Days, "")
            .await?;
        let named = |row: SumsRow| (row.key.clone(), Sums::from(row));
        Ok(rows.into_iter().map(named).collect())
    }

    /// The sums of every step of a window, in order of time. A step is rounded up to whole minutes
    /// and starts at multiples of itself since the epoch; steps without observations are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn series(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
        step: Duration,
    ) -> Result<Vec<(UnixMillis, Sums)>, StoreError> {
        let (step, longest) = stepped(step);
        // A number of our own making, not a value from outside.
        let key = format!("toString(intDiv(toUInt32(minute), {step}) * {step})");
        let scope = Scope::new(filter, from, to);
        let rows = self
            .rollup(&scope, &key, &[], longest, "ORDER BY toUInt32(key)")
            .await?;
        let point = |row: SumsRow| {
            let seconds = row.key.parse().unwrap_or(0);
            (wire::from_seconds(seconds), Sums::from(row))
        };
        Ok(rows.into_iter().map(point).collect())
    }

    /// The sums of every step, and of every value of `by` where that is given: one page of at most
    /// [`HISTORY_PAGE`] rows from `from` on, in order of time. A page that is full may lack a part of its
    /// last step: go on from there. `step` as in [`Reader::series`]; where `by` is none, the value is empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(
        &self,
        filter: &SliFilter,
        by: Option<Dimension>,
        from: UnixMillis,
        to: UnixMillis,
        step: Duration,
    ) -> Result<Vec<(UnixMillis, String, Sums)>, StoreError> {
        let (step, longest) = stepped(step);
        let time = format!("intDiv(toUInt32(minute), {step}) * {step}");
        let value = by.map_or_else(|| "''".to_owned(), Dimension::expression);
        let key = format!("concat(leftPad(toString({time}), 10, '0'), {value})");
        let scope = Scope::new(filter, from, to);
        let tail = format!("ORDER BY key LIMIT {HISTORY_PAGE}");
        let asked = by.map_or(&[][..], Dimension::columns);
        let rows = self.rollup(&scope, &key, asked, longest, &tail).await?;
        let point = |row: SumsRow| {
            let (seconds, value) = row.key.split_at_checked(10).unwrap_or_default();
            let at = wire::from_seconds(seconds.parse().unwrap_or(0));
            (at, value.to_owned(), Sums::from(row))
        };
        Ok(rows.into_iter().map(point).collect())
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
        let scope = Scope::new(filter, from, to);
        let requests = sums::of(slo::Count::Requests);
        let tail = format!("ORDER BY {requests} DESC, key LIMIT {limit}");
        let rows = self
            .rollup(
                &scope,
                &dimension.expression(),
                dimension.columns(),
                Tier::Days,
                &tail,
            )
            .await?;
        let value = |row: SumsRow| Breakdown {
            value: row.key.clone(),
            sums: row.into(),
        };
        Ok(rows.into_iter().map(value).collect())
    }

    /// The failures of most requests, blocks first, at most `limit`: everything that did not end
    /// with a readable response and was not taken back by the page.
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
        let scope = Scope::new(filter, from, to);
        let compactions = self.compactions().await?;
        failures::top(&self.client, &scope, &compactions, limit).await
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
    ) -> Result<Sums, StoreError> {
        let scope = Scope::new(filter, from, to);
        let sql = sums::select("''", &scope.raw_rows(), "");
        let rows: Vec<SumsRow> = self.client.fetch(scope.bind(self.client.sql(&sql))).await?;
        Ok(rows.into_iter().next().map(Sums::from).unwrap_or_default())
    }

    /// Where every beacon went. Progress is read first: the chunks cover at least what it says.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ledger(&self) -> Result<Ledger, StoreError> {
        let progress = progress(&self.client, self.alone.as_deref()).await?;
        let edges = format!(
            "SELECT {} FROM edge_reports FINAL ORDER BY at, process",
            columns::<EdgeReportRow>()
        );
        Ok(Ledger {
            partitions: self.client.fetch(self.client.sql(LEDGER)).await?,
            progress,
            edges: self.client.fetch(self.client.sql(&edges)).await?,
        })
    }

    /// The last reports of edges that have made one since `from`, the latest first, at most
    /// [`MAX_EDGES`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn edge_reports(&self, from: UnixMillis) -> Result<Vec<EdgeReportRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM edge_reports FINAL \
             WHERE at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC') \
             ORDER BY at DESC, process LIMIT {MAX_EDGES}",
            columns::<EdgeReportRow>()
        );
        let statement = self.client.sql(&sql).param("from", from.0);
        self.client.fetch(statement).await
    }

    /// The latest state of every alert, most recently changed first, at most [`MAX_ALERTS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        alerts(&self.client).await
    }

    async fn rollup(
        &self,
        scope: &Scope<'_>,
        key: &str,
        asked: &[&str],
        longest: Tier,
        tail: &str,
    ) -> Result<Vec<SumsRow>, StoreError> {
        let compactions = self.compactions().await?;
        let grouped = match (key, tail) {
            ("''", _) => String::new(),
            (_, tail) => format!("GROUP BY key {tail}"),
        };
        let sql = sums::select(key, &scope.rollup_rows(longest, asked), &grouped);
        let statement = compactions.bind(scope.bind(self.client.sql(&sql)));
        self.client.fetch(statement).await
    }

    /// How far each partition is compacted, read before the sums.
    ///
    /// A query of its own on purpose: within one query the server takes the snapshot of the rollup
    /// tables before it evaluates a scalar subquery, so the answer could speak of rows that the
    /// snapshot does not have. An answer that is a little old is always right, because parts stay.
    async fn compactions(&self) -> Result<Compactions, StoreError> {
        let ask = self.client.fetch(self.client.sql(COMPACTED_OF_ALL));
        let rows: Vec<Compacted> = match &self.alone {
            Some(alone) => alone.compacted.read(ask).await?,
            None => ask.await?,
        };
        Ok(Compactions::new(&rows))
    }
}

/// Seconds of a step in whole minutes, and the longest time whose sums can answer it.
fn stepped(step: Duration) -> (u64, Tier) {
    let step = step.as_secs().div_ceil(60).clamp(1, 60 * 24 * 366) * 60;
    let longest = match step {
        days if days.is_multiple_of(86_400) => Tier::Days,
        hours if hours.is_multiple_of(3600) => Tier::Hours,
        _ => Tier::Minutes,
    };
    (step, longest)
}

pub(crate) async fn alerts(client: &Client) -> Result<Vec<AlertRow>, StoreError> {
    let sql = format!(
        "SELECT {} FROM alerts FINAL ORDER BY updated_at DESC, id LIMIT {MAX_ALERTS}",
        columns::<AlertRow>()
    );
    client.fetch(client.sql(&sql)).await
}

/// The sums of all chunks of a partition.
const LEDGER: &str = "SELECT epoch, partition, max(part.chunk) AS chunk, max(part.version) AS version, \
        sum(part.records) AS records, sum(part.beacons_stored) AS beacons_stored, \
        sum(part.duplicates) AS duplicates, sum(part.dead_lettered) AS dead_lettered, \
        sum(part.edge_reports) AS edge_reports, sum(part.rows) AS rows \
     FROM chunks AS part FINAL GROUP BY epoch, partition ORDER BY epoch, partition";

pub(crate) async fn progress(
    client: &Client,
    alone: Option<&Alone>,
) -> Result<Vec<ProgressRow>, StoreError> {
    let ask = client.fetch(client.sql(PROGRESS));
    match alone {
        Some(alone) => alone.progress(ask).await,
        None => ask.await,
    }
}

/// Progress only grows, so the greatest is the latest.
const PROGRESS: &str = "SELECT epoch, partition, max(made.next_offset) AS next_offset, \
        max(made.event_time) AS event_time \
     FROM progress AS made GROUP BY epoch, partition ORDER BY epoch, partition";
