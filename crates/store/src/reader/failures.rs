//! Failures by signature: from the rollups, with the number of page loads from raw.

use std::collections::HashMap;

use clickhouse::Row;
use serde::Deserialize;

use super::scope::{Scope, Tiers};
use crate::client::Client;
use crate::compaction::Compactions;
use crate::{Failure, StoreError, wire};

/// What makes two failures the same.
const SIGNATURE: &str = "kind, service, target_origin, endpoint, method, outcome, stage, cause, \
    parameter";

/// Readable responses are no failures of CORS, and what the page took back is none at all. A
/// preflight is judged by its status.
const FAILED: &str = "(outcome NOT IN ('ok', 'http_error', 'aborted', 'unloaded', 'offline') \
    OR (kind = 'preflight' AND status >= 400))";

#[derive(Debug, Clone, PartialEq, Eq, Hash, Row, Deserialize)]
struct Signature {
    kind: String,
    service: String,
    target_origin: String,
    endpoint: String,
    method: String,
    outcome: String,
    stage: String,
    cause: String,
    parameter: String,
}

#[derive(Debug, Row, Deserialize)]
struct FailureRow {
    signature: Signature,
    proven: u8,
    count: u64,
    page_origins: Vec<String>,
    browsers: Vec<String>,
    first_seen: u32,
    last_seen: u32,
}

#[derive(Debug, Row, Deserialize)]
struct Sessions {
    signature: Signature,
    sessions: u64,
}

pub(super) async fn top(
    client: &Client,
    scope: &Scope<'_>,
    compactions: &Compactions,
    limit: u32,
) -> Result<Vec<Failure>, StoreError> {
    let sql = format!(
        "SELECT {TUPLE} AS signature, max(confidence = 'proven'), sum(n) AS total, \
           topKWeighted({WITNESSES})(toString(page_origin), n), \
           topKWeighted({WITNESSES})({browser}, n), \
           min(minute), max(minute) \
         FROM {rows} WHERE {FAILED} GROUP BY {SIGNATURE} \
         ORDER BY outcome = 'blocked' DESC, total DESC, signature LIMIT {limit}",
        TUPLE = tuple(),
        browser = super::scope::column(crate::Dimension::Browser),
        rows = scope.rollup_rows(Tiers::All),
    );
    let statement = compactions.bind(scope.bind(client.sql(&sql)));
    let rows: Vec<FailureRow> = client.fetch(statement).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sessions = sessions(client, scope).await?;
    let failure = |row: FailureRow| {
        let sessions = sessions.get(&row.signature).copied().unwrap_or(0);
        failure(row, sessions)
    };
    rows.into_iter().map(failure).collect()
}

/// Page origins and browsers that are named with a failure.
const WITNESSES: u32 = 8;
/// Signatures whose page loads are counted.
const MAX_SIGNATURES: u32 = 10_000;

fn tuple() -> String {
    let columns: Vec<_> = SIGNATURE
        .split(", ")
        .map(|column| format!("toString({})", column.trim()))
        .collect();
    format!("({})", columns.join(", "))
}

async fn sessions(
    client: &Client,
    scope: &Scope<'_>,
) -> Result<HashMap<Signature, u64>, StoreError> {
    // Copies of a row change no number of distinct values, so nothing needs to collapse.
    let sql = format!(
        "SELECT {} AS signature, uniq(session) AS sessions FROM observations \
         WHERE {} AND {FAILED} GROUP BY {SIGNATURE} ORDER BY sessions DESC LIMIT {MAX_SIGNATURES}",
        tuple(),
        scope.raw_condition()
    );
    match client.fetch::<Sessions>(scope.bind(client.sql(&sql))).await {
        Ok(rows) => Ok(rows
            .into_iter()
            .map(|row| (row.signature, row.sessions))
            .collect()),
        // The failures themselves are known; how many page loads they hit is the dear part.
        Err(StoreError::Limits { code, .. }) => {
            tracing::warn!(
                code,
                "too many raw rows to count the page loads of failures"
            );
            Ok(HashMap::new())
        }
        Err(error) => Err(error),
    }
}

fn failure(row: FailureRow, sessions: u64) -> Result<Failure, StoreError> {
    let signature = row.signature;
    let unknown = |error: observation::UnknownWord| {
        StoreError::Schema(format!(
            "the database was written by a newer build: {error}"
        ))
    };
    let stage = match signature.stage.as_str() {
        "" => None,
        stage => Some(stage.parse().map_err(unknown)?),
    };
    let confidence = if row.proven == 1 {
        observation::Confidence::Proven
    } else {
        observation::Confidence::Likely
    };
    Ok(Failure {
        kind: signature.kind.parse().map_err(unknown)?,
        service: signature.service,
        target_origin: signature.target_origin,
        endpoint: signature.endpoint,
        method: signature.method,
        outcome: signature.outcome.parse().map_err(unknown)?,
        stage,
        cause: signature.cause,
        parameter: signature.parameter,
        confidence: Some(confidence),
        count: row.count,
        page_origins: row.page_origins,
        browsers: row.browsers,
        first_seen: wire::from_seconds(row.first_seen),
        last_seen: wire::from_seconds(row.last_seen),
        sessions,
    })
}
