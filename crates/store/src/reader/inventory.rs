//! The inventory, and the traffic that says what belongs into it.

use clickhouse::Row;
use observation::UnixMillis;
use serde::Deserialize;

use super::Reader;
use crate::StoreError;
use crate::rows::{CalledRow, InventoryRow, InventoryStep, OriginSeenRow};
use crate::wire::{self, seconds};

/// Endpoints that are read at once, those of most calls first.
const MAX_CALLED: u32 = 5_000;
/// Pairs of target and page origin that are read at once, last seen first.
const MAX_ORIGINS: u32 = 20_000;
/// Targets of the inventory that are read at once.
const MAX_TARGETS: u32 = 5_000;
/// Steps of its history that are read at once, the latest first.
const MAX_STEPS: u32 = 50_000;

#[derive(Debug, Row, Deserialize)]
struct Called {
    app: String,
    service: String,
    target_origin: String,
    endpoint: String,
    method: String,
    last_seen: u32,
    weight: u64,
}

#[derive(Debug, Row, Deserialize)]
struct Seen {
    service: String,
    target_origin: String,
    page_origin: String,
    first_seen: u32,
    last_seen: u32,
}

#[derive(Debug, Row, Deserialize)]
struct Step {
    service: String,
    target_origin: String,
    endpoint: String,
    apps: Vec<String>,
    first_at: i64,
    state: String,
    stance: String,
    vary: String,
}

#[derive(Debug, Row, Deserialize)]
struct Changed {
    url: String,
    at: i64,
}

impl Reader {
    /// What pages called of configured services in minutes from `from` on, most first. From the
    /// rollups of single chunks: it is asked what there is, and how much only roughly.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn called_endpoints(&self, from: UnixMillis) -> Result<Vec<CalledRow>, StoreError> {
        const KEY: &str = "app, service, target_origin, endpoint, method";
        let sql = format!(
            "SELECT {KEY}, max(minute), sum(count) AS weight \
             FROM sli_parts \
             WHERE minute >= toDateTime({{from:Int64}}, 'UTC') AND source = 'browser' \
               AND kind = 'request' AND service != '' AND NOT lab \
             GROUP BY {KEY} ORDER BY weight DESC, {KEY} LIMIT {MAX_CALLED}"
        );
        let statement = self.since(&sql, from);
        let rows: Vec<Called> = self.client.fetch(statement).await?;
        let called = |row: Called| CalledRow {
            app: row.app,
            service: row.service,
            target_origin: row.target_origin,
            endpoint: row.endpoint,
            method: row.method,
            last_seen: wire::from_seconds(row.last_seen),
            weight: row.weight,
        };
        Ok(rows.into_iter().map(called).collect())
    }

    /// When pages of each origin last called each target of a configured service, from `from` on.
    /// Pages of laboratories count: an origin that only tests use is used. What is in two rollups
    /// makes no difference to the last time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn origins_seen(&self, from: UnixMillis) -> Result<Vec<OriginSeenRow>, StoreError> {
        let tier = |table: &str, time: &str| {
            format!(
                "SELECT service, target_origin, page_origin, {time} AS at FROM {table} \
                 WHERE {time} >= toDateTime({{from:Int64}}, 'UTC') AND source = 'browser' \
                   AND kind = 'request' AND service != ''"
            )
        };
        let sql = format!(
            "SELECT toString(service) AS s, toString(target_origin) AS t, \
               toString(page_origin) AS p, min(at), max(at) AS last \
             FROM ({} UNION ALL {}) GROUP BY s, t, p ORDER BY last DESC, s, t, p LIMIT {MAX_ORIGINS}",
            tier("sli_parts", "minute"),
            tier("sli_hours", "hour"),
        );
        let rows: Vec<Seen> = self.client.fetch(self.since(&sql, from)).await?;
        let seen = |row: Seen| OriginSeenRow {
            service: row.service,
            target_origin: row.target_origin,
            page_origin: row.page_origin,
            first_seen: wire::from_seconds(row.first_seen),
            last_seen: wire::from_seconds(row.last_seen),
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    /// The inventory as it was known at `at`, without what had retired, by service and target.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inventory(&self, at: UnixMillis) -> Result<Vec<InventoryRow>, StoreError> {
        let sql = format!(
            "SELECT {columns} FROM (SELECT * FROM inventory FINAL \
               WHERE first_at <= fromUnixTimestamp64Milli({{at:Int64}}, 'UTC') \
               ORDER BY first_at DESC LIMIT 1 BY service, target_origin, endpoint) \
             WHERE state != 'retired' ORDER BY service, target_origin, endpoint \
             LIMIT {MAX_TARGETS}",
            columns = wire::INVENTORY,
        );
        let statement = self.client.sql(&sql).param("at", at.0);
        let rows: Vec<wire::Inventory> = self.client.fetch(statement).await?;
        rows.into_iter().map(InventoryRow::try_from).collect()
    }

    /// Every step of the inventory up to `to`, in order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inventory_steps(&self, to: UnixMillis) -> Result<Vec<InventoryStep>, StoreError> {
        let sql = format!(
            "SELECT service, target_origin, endpoint, apps, first_at, state, stance, vary \
             FROM (SELECT * FROM inventory FINAL \
               WHERE first_at <= fromUnixTimestamp64Milli({{to:Int64}}, 'UTC') \
               ORDER BY first_at DESC LIMIT {MAX_STEPS}) \
             ORDER BY first_at, service, target_origin, endpoint"
        );
        let statement = self.client.sql(&sql).param("to", to.0);
        let rows: Vec<Step> = self.client.fetch(statement).await?;
        rows.into_iter().map(step).collect()
    }

    /// Of `urls`, those whose CORS headers have changed, with the time at which that was seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn changed_urls(
        &self,
        urls: Vec<String>,
    ) -> Result<Vec<(String, UnixMillis)>, StoreError> {
        if urls.is_empty() {
            return Ok(Vec::new());
        }
        // The first state of a question is no change.
        let sql = "SELECT url, max(latest) FROM (\
               SELECT url, max(first_at) AS latest FROM header_snapshots FINAL \
               WHERE url IN {urls:Array(String)} \
               GROUP BY url, page_origin, asked, stage HAVING count() > 1) \
             GROUP BY url ORDER BY url";
        let statement = self.client.sql(sql).param("urls", urls);
        let rows: Vec<Changed> = self.client.fetch(statement).await?;
        let changed = |row: Changed| (row.url, UnixMillis(row.at));
        Ok(rows.into_iter().map(changed).collect())
    }

    fn since(&self, sql: &str, from: UnixMillis) -> crate::client::Statement {
        let statement = self.client.sql(sql);
        statement.param("from", i64::from(seconds(from)))
    }
}

fn step(row: Step) -> Result<InventoryStep, StoreError> {
    Ok(InventoryStep {
        service: row.service,
        target_origin: row.target_origin,
        endpoint: row.endpoint,
        apps: row.apps,
        first_at: UnixMillis(row.first_at),
        state: wire::word(&row.state)?,
        stance: wire::stance(&row.stance)?,
        vary: wire::word(&row.vary)?,
    })
}
