//! What incidents are found by and counted from.

use observation::UnixMillis;

use super::Reader;
use super::scope::Scope;
use super::sums::meets;
use crate::client::Client;
use crate::query::Networks;
use crate::rollup::Tier;
use crate::wire::columns;
use crate::{
    Affected, BlockedSlice, ClosingRow, Counts, FlowAffected, IncidentRow, MAX_INCIDENTS,
    SliFilter, StoreError, Witnessed,
};

/// Slices that are answered for at most, those that most page loads saw.
const MAX_SLICES: u32 = 500;
/// A slice is blocked where so many of a hundred requests are.
const BLOCKED_PERCENT: u32 = 90;
/// The windows in which a slice may be found blocked, in minutes: the shorter are full sooner, in the longer
/// a slice of few requests has enough.
const BLOCKED_WITHIN: [i64; 3] = [5, 15, 60];
const MINUTE: i64 = observation::MILLIS_PER_MINUTE;
/// What tells slices apart, apart from what is told about every grain.
const WHO_ASKS_WHOM: &[&str] = &[
    "page_origin",
    "target_origin",
    "endpoint",
    "service",
    "method",
    "release",
];
const SLICE: &str = "page_origin, target_origin, endpoint, method, release";

impl Reader {
    /// The slices with blocks and how many page loads and networks saw them, most page loads first; as
    /// well for each endpoint and each server as a whole. From raw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn witnesses(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<Witnessed>, StoreError> {
        let scope = Scope::new(filter, from, to);
        // Copies of a row change no number of distinct values, so nothing needs to collapse. The edge
        // hashes networks with another value each day: those of two days are not added, so that none is two.
        let sql = format!(
            "SELECT toString(page_origin) AS page_origin, toString(target_origin) AS target_origin, \
               toString(endpoint) AS endpoint, toString(method) AS method, toString(release) AS release, \
               uniqExactMerge(seen) AS sessions, max(n) AS networks, argMax(of, n) AS all_networks FROM \
             (SELECT {SLICE}, uniqExactStateIf(session, session != 0 AND outcome = 'blocked') AS seen, \
                uniqExactIf(network, network != 0 AND outcome = 'blocked') AS n, \
                uniqExactIf(network, network != 0) AS of \
              FROM observations WHERE {condition} AND kind = 'request' \
              GROUP BY GROUPING SETS (({SLICE}, toDate(received_at)), \
                (target_origin, endpoint, toDate(received_at)), (target_origin, toDate(received_at)))) \
             GROUP BY {SLICE} HAVING sessions > 0 ORDER BY sessions DESC, {SLICE} LIMIT {MAX_SLICES}",
            condition = scope.raw_condition()
        );
        self.client.fetch(scope.bind(self.client.sql(&sql))).await
    }

    /// How many client networks made requests of `filter` in `[from, to)`, among those that are known. From raw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn networks(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<u64, StoreError> {
        let scope = Scope::new(filter, from, to);
        // By day of arrival, as witnesses are.
        let sql = format!(
            "SELECT max(n) AS networks FROM (SELECT uniqExactIf(network, network != 0) AS n FROM observations \
             WHERE {condition} AND kind = 'request' GROUP BY toDate(received_at))",
            condition = scope.raw_condition()
        );
        let rows: Vec<Networks> = self.client.fetch(scope.bind(self.client.sql(&sql))).await?;
        Ok(rows.first().map_or(0, |row| row.networks))
    }

    /// What users of `filter` notice of failures at `endpoints` in `[from, to)`, and in the last `recent`
    /// milliseconds of it, where `counts` says which are failures and of what. All endpoints where none is named. From raw.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn affected(
        &self,
        filter: &SliFilter,
        (endpoints, counts): (&[String], Counts),
        (from, to): (UnixMillis, UnixMillis),
        recent: i64,
    ) -> Result<Affected, StoreError> {
        let scope = Scope::new(filter, from, to);
        let named = if endpoints.is_empty() {
            "1"
        } else {
            "has({endpoints:Array(String)}, toString(endpoint))"
        };
        let since = |name: &str| format!("minute >= toDateTime({{{name}:Int64}}, 'UTC')");
        // Networks by day of arrival, as witnesses are.
        let (late, earlier) = (since("recent"), since("before"));
        let (failed, counted) = (meets(counts.failed), meets(counts.all));
        let sql = format!(
            "SELECT uniqExactMerge(hurt) AS sessions, uniqExactMerge(seen) AS all_sessions, max(of_day) AS networks, \
               sum(bad) AS failed, sum(n) AS requests, sum(late) AS recent, sum(late_bad) AS recent_failed, \
               sum(earlier_bad) AS before_failed, minIf(first, toUnixTimestamp64Milli(first) > 0) AS first_failed FROM \
             (SELECT uniqExactStateIf(session, session != 0 AND {failed}) AS hurt, \
                uniqExactStateIf(session, session != 0) AS seen, \
                uniqExactIf(network, network != 0 AND {failed}) AS of_day, \
                sumIf(toUInt64(count), {failed}) AS bad, sum(toUInt64(count)) AS n, \
                sumIf(toUInt64(count), {late}) AS late, \
                sumIf(toUInt64(count), {late} AND {failed}) AS late_bad, \
                sumIf(toUInt64(count), NOT {late} AND {earlier} AND {failed}) AS earlier_bad, \
                minIf(at, {failed}) AS first \
              FROM observations FINAL WHERE {condition} AND {named} AND {counted} \
              GROUP BY toDate(received_at))",
            condition = scope.raw_condition()
        );
        let statement = scope.bind(self.client.sql(&sql));
        let statement = statement
            .param("endpoints", endpoints.to_vec())
            .param("recent", to.plus(-recent).minute().seconds())
            .param("before", to.plus(-2 * recent).minute().seconds());
        let rows: Vec<Affected> = self.client.fetch(statement).await?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// What a flow, which `filter` names, notices of failures at `endpoints` of `target_origin`; of all servers
    /// where that is empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn flow_affected(
        &self,
        filter: &SliFilter,
        (target_origin, endpoints, counts): (&str, &[String], Counts),
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<FlowAffected, StoreError> {
        let scope = Scope::new(filter, from, to);
        let sql = format!(
            "SELECT uniqExactIf(session, session != 0 AND {failed} \
               AND ({{failing_target:String}} = '' OR target_origin = {{failing_target:String}}) \
               AND has({{failing:Array(String)}}, toString(endpoint))) AS sessions, \
               uniqExactIf(session, session != 0) AS all_sessions \
             FROM observations FINAL WHERE {condition} AND {counted}",
            failed = meets(counts.failed),
            counted = meets(counts.all),
            condition = scope.raw_condition()
        );
        let statement = scope.bind(self.client.sql(&sql));
        let statement = statement
            .param("failing_target", target_origin)
            .param("failing", endpoints.to_vec());
        let rows: Vec<FlowAffected> = self.client.fetch(statement).await?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// The slices that passed since `passed_since` and are blocked in the last minutes before `to`: nine of
    /// ten requests, in at least `sessions` page loads. Candidates come from the rollups, whatever their
    /// number; page loads are counted for those alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn blocked_slices(
        &self,
        filter: &SliFilter,
        sessions: u64,
        passed_since: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError> {
        let longest = BLOCKED_WITHIN[BLOCKED_WITHIN.len() - 1];
        let scope = Scope::new(filter, to.plus(-longest * MINUTE), to);
        let compactions = self.compactions().await?;
        let statement = self.client.sql(&candidates(&scope, to));
        let statement = compactions
            .bind(scope.bind(statement))
            .param("sessions", sessions);
        let found: Vec<BlockedSlice> = self.client.fetch(statement).await?;
        if found.is_empty() {
            return Ok(found);
        }
        let before = Scope::new(filter, passed_since, to);
        let passed = format!(
            "SELECT toString(page_origin) AS page_origin, toString(target_origin) AS target_origin, \
               toString(endpoint) AS endpoint, toString(method) AS method, '' AS release, \
               toUInt64(0) AS sessions, toUInt64(0) AS networks, toUInt64(0) AS all_networks \
             FROM {rows} WHERE kind = 'request' AND outcome IN ('ok', 'http_error') \
               AND has({{endpoints:Array(String)}}, toString(endpoint)) \
             GROUP BY page_origin, target_origin, endpoint, method ORDER BY sum(n) DESC LIMIT 10000",
            rows = before.rollup_rows(Tier::Days, WHO_ASKS_WHOM),
        );
        let mut endpoints: Vec<_> = found.iter().map(|slice| slice.endpoint.clone()).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        let statement = compactions.bind(before.bind(self.client.sql(&passed)));
        let passed: Vec<Witnessed> = self
            .client
            .fetch(statement.param("endpoints", endpoints))
            .await?;
        let witnesses = self
            .witnesses(filter, to.plus(-longest * MINUTE), to)
            .await?;
        Ok(confirmed(found, &passed, &witnesses, sessions))
    }

    /// The slices of which some requests have been blocked in at least `hours` of the hours before `to`, one in
    /// a hundred or more of all, whatever their release: what fails quietly. As many hours again are looked at.
    /// Page loads are those that saw a block, of the endpoint's page origin and method.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lingering_slices(
        &self,
        filter: &SliFilter,
        (hours, sessions): (u64, u64),
        to: UnixMillis,
    ) -> Result<Vec<BlockedSlice>, StoreError> {
        let span = i64::try_from(hours.min(48)).unwrap_or(48) * 2 * 60 * MINUTE;
        let scope = Scope::new(filter, to.plus(-span), to);
        let compactions = self.compactions().await?;
        let sql = lingering(&scope);
        let statement = compactions.bind(scope.bind(self.client.sql(&sql)));
        let statement = statement
            .param("hours", hours)
            .param("sessions", sessions)
            .param("lately", to.plus(-60 * MINUTE).minute().seconds());
        let found: Vec<BlockedSlice> = self.client.fetch(statement).await?;
        if found.is_empty() {
            return Ok(found);
        }
        let witnesses = self.witnesses(filter, to.plus(-span), to).await?;
        let confirm = |mut slice: BlockedSlice| {
            let seen = witnesses.iter().filter(|row| is_of(row, &slice));
            slice.sessions = seen.map(|row| row.sessions).sum();
            (slice.sessions >= sessions).then_some(slice)
        };
        Ok(found.into_iter().filter_map(confirm).collect())
    }

    /// What people said about incidents since `from`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn closings(&self, from: UnixMillis) -> Result<Vec<ClosingRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM incident_closings FINAL \
             WHERE at >= fromUnixTimestamp64Milli({{from:Int64}}, 'UTC') ORDER BY at, incident \
             LIMIT {MAX_INCIDENTS}",
            columns::<ClosingRow>()
        );
        self.client
            .fetch(self.client.sql(&sql).param("from", from.0))
            .await
    }

    /// One incident.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn incident(&self, id: &str) -> Result<Option<IncidentRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM incidents FINAL WHERE id = {{id:String}} LIMIT 1",
            columns::<IncidentRow>()
        );
        let rows: Vec<IncidentRow> = self
            .client
            .fetch(self.client.sql(&sql).param("id", id))
            .await?;
        Ok(rows.into_iter().next())
    }

    /// The latest state of every incident, those that last first, then the latest, at most
    /// [`MAX_INCIDENTS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn incidents(&self) -> Result<Vec<IncidentRow>, StoreError> {
        incidents(&self.client).await
    }
}

pub(crate) async fn incidents(client: &Client) -> Result<Vec<IncidentRow>, StoreError> {
    let sql = format!(
        "SELECT {} FROM incidents FINAL ORDER BY state = 'open' DESC, opened_at DESC, id LIMIT {MAX_INCIDENTS}",
        columns::<IncidentRow>()
    );
    client.fetch(client.sql(&sql)).await
}

/// Slices of which nearly all requests are blocked in one of the windows.
fn candidates(scope: &Scope<'_>, to: UnixMillis) -> String {
    // Numbers of our own making, not values from outside.
    let within = |minutes: i64| {
        let from = to.plus(-minutes * MINUTE).minute().seconds();
        format!("minute >= toDateTime({from}, 'UTC')")
    };
    let counted = "outcome NOT IN ('aborted', 'unloaded', 'offline')";
    let enough = |minutes: i64| {
        format!(
            "sumIf(n, {counted} AND {}) >= {{sessions:UInt64}}",
            within(minutes)
        )
    };
    let blocked = |minutes: i64| {
        let within = within(minutes);
        format!(
            "sumIf(n, outcome = 'blocked' AND {within}) >= {{sessions:UInt64}} AND \
             sumIf(n, outcome = 'blocked' AND {within}) * 100 \
               >= sumIf(n, {counted} AND {within}) * {BLOCKED_PERCENT}"
        )
    };
    // The shortest window that holds enough decides: a longer one still remembers what is over.
    let [short, middle, long] = BLOCKED_WITHIN;
    let condition = format!(
        "multiIf({}, {}, {}, {}, {})",
        enough(short),
        blocked(short),
        enough(middle),
        blocked(middle),
        blocked(long)
    );
    format!(
        "SELECT toString(page_origin) AS page_origin, toString(target_origin) AS target_origin, \
           toString(endpoint) AS endpoint, toString(any(rows.service)) AS service, \
           toString(method) AS method, toString(release) AS release, \
           sumIf(n, {counted}) AS requests, sumIf(n, outcome = 'blocked') AS blocked, \
           toUInt64(0) AS sessions, toUInt64(0) AS networks, toUInt64(0) AS all_networks, \
           minIf(minute, outcome = 'blocked') AS first_seen, maxIf(minute, outcome = 'blocked') AS last_seen \
         FROM {rows} AS rows WHERE kind = 'request' \
         GROUP BY {SLICE} HAVING {condition} ORDER BY blocked DESC, {SLICE} LIMIT {MAX_SLICES}",
        rows = scope.rollup_rows(Tier::Minutes, WHO_ASKS_WHOM),
    )
}

/// Slices with blocks in many hours, and lately.
fn lingering(scope: &Scope<'_>) -> String {
    format!(
        "SELECT toString(page_origin) AS page_origin, toString(target_origin) AS target_origin, \
           toString(endpoint) AS endpoint, toString(any(rows.service)) AS service, \
           toString(method) AS method, '' AS release, \
           sumIf(n, outcome NOT IN ('aborted', 'unloaded', 'offline')) AS requests, \
           sumIf(n, outcome = 'blocked') AS blocked, \
           toUInt64(0) AS sessions, toUInt64(0) AS networks, toUInt64(0) AS all_networks, \
           minIf(minute, outcome = 'blocked') AS first_seen, maxIf(minute, outcome = 'blocked') AS last_seen \
         FROM {rows} AS rows WHERE kind = 'request' \
         GROUP BY page_origin, target_origin, endpoint, method \
         HAVING uniqExactIf(toStartOfHour(minute), outcome = 'blocked') >= {{hours:UInt64}} \
           AND blocked >= {{sessions:UInt64}} AND blocked * 100 >= requests \
           AND last_seen >= toDateTime({{lately:Int64}}, 'UTC') \
         ORDER BY blocked DESC, page_origin, target_origin, endpoint, method LIMIT {MAX_SLICES}",
        rows = scope.rollup_rows(Tier::Minutes, WHO_ASKS_WHOM),
    )
}

/// Whether the witnesses are of the slice, whatever its release.
fn is_of(row: &Witnessed, slice: &BlockedSlice) -> bool {
    row.page_origin == slice.page_origin
        && row.target_origin == slice.target_origin
        && row.endpoint == slice.endpoint
        && row.method == slice.method
}

/// Of the candidates those that passed before, whatever their release, and that enough page loads saw.
fn confirmed(
    found: Vec<BlockedSlice>,
    passed: &[Witnessed],
    witnesses: &[Witnessed],
    sessions: u64,
) -> Vec<BlockedSlice> {
    let confirm = |mut slice: BlockedSlice| {
        passed.iter().find(|row| is_of(row, &slice))?;
        let seen = witnesses
            .iter()
            .find(|row| is_of(row, &slice) && row.release == slice.release)?;
        slice.sessions = seen.sessions;
        slice.networks = seen.networks;
        slice.all_networks = seen.all_networks;
        (slice.sessions >= sessions).then_some(slice)
    };
    found.into_iter().filter_map(confirm).collect()
}
