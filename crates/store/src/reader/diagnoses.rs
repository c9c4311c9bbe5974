//! Diagnoses and what they are made from.

use observation::{Standing, UnixMillis};

use super::Reader;
use crate::StoreError;
use crate::rows::{DiagnosisRow, SignatureRow, SnapshotRow};
use crate::wire::{columns, seconds};

/// Signatures that are read at once, and of them those of one app at one server.
const MAX_SIGNATURES: u32 = 2_000;
const MAX_OF_SERVER: u32 = 500;

/// What makes two failures the same for a replay. The rollups of single chunks are enough: it is
/// asked which there are, not how many.
const SIGNATURE: &str = "app, kind, page_origin, target_origin, endpoint, service, method, \
    parameter, credentialed, preflighted, outcome, stage";

/// What a replay can say something about: blocks, failures of unknown reason, headers that could
/// not be read.
const FAILED: &str = "((kind = 'request' AND outcome IN ('blocked', 'unknown')) \
    OR (kind = 'header_read' AND outcome NOT IN ('ok', 'http_error')))";

impl Reader {
    /// The signatures of failures that browsers saw in minutes from `from` on, last seen first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn failing_signatures(
        &self,
        from: UnixMillis,
    ) -> Result<Vec<SignatureRow>, StoreError> {
        self.signatures(FAILED, "max(minute) DESC", from, MAX_SIGNATURES)
            .await
    }

    /// What browsers asked of configured services with success in minutes from `from` on, most
    /// first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn passing_signatures(
        &self,
        from: UnixMillis,
        limit: u32,
    ) -> Result<Vec<SignatureRow>, StoreError> {
        let passed = "kind = 'request' AND outcome = 'ok' AND service != ''";
        let most = format!("sumIf(count, standing = '{}') DESC", Standing::Undisputed);
        self.signatures(passed, &most, from, limit).await
    }

    async fn signatures(
        &self,
        condition: &str,
        order: &str,
        from: UnixMillis,
        limit: u32,
    ) -> Result<Vec<SignatureRow>, StoreError> {
        let sql = format!(
            // What other networks contradict is asked for last: anybody can report failures.
            "SELECT app, kind, page_origin, target_origin, endpoint, service, method, \
               parameter AS headers, credentialed, preflighted, outcome AS reported_outcome, \
               stage AS reported_stage, toDateTime64(min(minute), 3, 'UTC') AS first_seen, \
               toDateTime64(max(minute), 3, 'UTC') AS last_seen \
             FROM sli_parts \
             WHERE minute >= toDateTime({{from:Int64}}, 'UTC') AND source = 'browser' \
               AND NOT lab AND {condition} \
             GROUP BY {SIGNATURE} ORDER BY max(standing = '{believed}') DESC, {order}, {SIGNATURE} \
               LIMIT {MAX_OF_SERVER} BY app, target_origin LIMIT {limit}",
            believed = Standing::Undisputed,
        );
        let statement = self
            .client
            .sql(&sql)
            .param("from", i64::from(seconds(from)));
        self.client.fetch(statement).await
    }

    /// The latest diagnosis of every signature of `app`, or of all apps, latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn diagnoses(
        &self,
        app: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DiagnosisRow>, StoreError> {
        let condition = app.map_or("1", |_| "app = {app:String}");
        let sql = format!(
            "SELECT {columns} FROM (SELECT * FROM diagnoses FINAL WHERE {condition} \
               ORDER BY at DESC LIMIT 1 BY app, id) \
             ORDER BY at DESC, id LIMIT {limit}",
            columns = columns::<DiagnosisRow>(),
        );
        let mut statement = self.client.sql(&sql);
        if let Some(app) = app {
            statement = statement.param("app", app);
        }
        self.client.fetch(statement).await
    }

    /// How `url` answered pages of `page_origin`: the latest two states of every kind of question,
    /// latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn snapshots(
        &self,
        page_origin: &str,
        url: &str,
    ) -> Result<Vec<SnapshotRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM header_snapshots FINAL \
             WHERE url = {{url:String}} AND page_origin = {{page_origin:String}} \
             ORDER BY first_at DESC, asked, stage LIMIT 2 BY asked, stage LIMIT 1000",
            columns::<SnapshotRow>()
        );
        let statement = self
            .client
            .sql(&sql)
            .param("url", url)
            .param("page_origin", page_origin);
        self.client.fetch(statement).await
    }
}
