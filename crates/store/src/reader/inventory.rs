//! The inventory, and the traffic that says what belongs into it.

use observation::{Standing, UnixMillis};

use super::Reader;
use crate::StoreError;
use crate::rows::{CalledRow, InventoryRow, InventoryStep, OriginSeenRow};
use crate::wire::{columns, fields, seconds};

/// Endpoints that are read at once, those of most calls first.
const MAX_CALLED: u32 = 5_000;
/// Pairs of target and page origin that are read at once, last seen first.
const MAX_ORIGINS: u32 = 20_000;
/// Targets of the inventory that are read at once.
const MAX_TARGETS: u32 = 5_000;
/// Steps of its history that are read at once, the latest first.
const MAX_STEPS: u32 = 50_000;

fields! {
    struct Changed {
        url: String,
        at: UnixMillis,
    }
}

impl Reader {
    /// What pages called of configured services in minutes from `from` on, most first; calls that are
    /// disputed have no weight. From the rollups of single chunks: it is asked what there is, and how much
    /// only roughly.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn called_endpoints(&self, from: UnixMillis) -> Result<Vec<CalledRow>, StoreError> {
        const KEY: &str = "app, service, target_origin, endpoint, method";
        let sql = format!(
            "SELECT {KEY}, max(minute) AS last_seen, \
               sumIf(count, standing = '{believed}') AS weight \
             FROM sli_parts \
             WHERE minute >= toDateTime({{from:Int64}}, 'UTC') AND source = 'browser' \
               AND kind = 'request' AND service != '' AND NOT lab \
             GROUP BY {KEY} ORDER BY weight DESC, {KEY} LIMIT {MAX_CALLED}",
            believed = Standing::Undisputed,
        );
        let statement = self.since(&sql, from);
        self.client.fetch(statement).await
    }

    /// When pages of each origin last called each target of a configured service, from `from` on.
    /// Pages of laboratories count: an origin that only tests use is used. What is in two rollups
    /// makes no difference to the last time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn origins_seen(&self, from: UnixMillis) -> Result<Vec<OriginSeenRow>, StoreError> {
        const KEY: &str = "app, service, target_origin, page_origin";
        let tier = |table: &str, time: &str| {
            format!(
                "SELECT {KEY}, {time} AS at FROM {table} \
                 WHERE {time} >= toDateTime({{from:Int64}}, 'UTC') AND source = 'browser' \
                   AND kind = 'request' AND service != ''"
            )
        };
        let sql = format!(
            "SELECT {KEY}, min(at) AS first_seen, max(at) AS last_seen \
             FROM ({} UNION ALL {}) GROUP BY {KEY} ORDER BY last_seen DESC, {KEY} LIMIT {MAX_ORIGINS}",
            tier("sli_parts", "minute"),
            tier("sli_hours", "hour"),
        );
        self.client.fetch(self.since(&sql, from)).await
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
            columns = columns::<InventoryRow>(),
        );
        let statement = self.client.sql(&sql).param("at", at.0);
        self.client.fetch(statement).await
    }

    /// Every step of the inventory up to `to`, in order of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inventory_steps(&self, to: UnixMillis) -> Result<Vec<InventoryStep>, StoreError> {
        let sql = format!(
            "SELECT {columns} FROM (SELECT * FROM inventory FINAL \
               WHERE first_at <= fromUnixTimestamp64Milli({{to:Int64}}, 'UTC') \
               ORDER BY first_at DESC LIMIT {MAX_STEPS}) \
             ORDER BY first_at, service, target_origin, endpoint",
            columns = columns::<InventoryStep>(),
        );
        let statement = self.client.sql(&sql).param("to", to.0);
        self.client.fetch(statement).await
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
        // The first state of a question is not a change.
        let sql = "SELECT url, max(latest) AS at FROM (\
               SELECT url, max(first_at) AS latest FROM header_snapshots FINAL \
               WHERE url IN {urls:Array(String)} \
               GROUP BY url, page_origin, asked, stage HAVING count() > 1) \
             GROUP BY url ORDER BY url";
        let statement = self.client.sql(sql).param("urls", urls);
        let rows: Vec<Changed> = self.client.fetch(statement).await?;
        let changed = |row: Changed| (row.url, row.at);
        Ok(rows.into_iter().map(changed).collect())
    }

    fn since(&self, sql: &str, from: UnixMillis) -> crate::client::Statement {
        let statement = self.client.sql(sql);
        statement.param("from", i64::from(seconds(from)))
    }
}
