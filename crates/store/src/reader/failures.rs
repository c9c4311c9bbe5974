//! Failures by signature: from the rollups, with the number of page loads from raw.

use std::collections::HashMap;

use observation::{Confidence, Kind, Outcome, Stage, UnixMillis};

use super::scope::Scope;
use crate::client::Client;
use crate::compaction::Compactions;
use crate::rollup::FAILED;
use crate::wire::{Fields as _, Flat, Seconds, fields};
use crate::{Failure, StoreError};

/// What makes two failures the same.
fn signature() -> String {
    Signature::expressions("").join(", ")
}

fields! {
    #[derive(Debug, Clone, PartialEq, Eq, Hash)]
    struct Signature {
        kind: Kind,
        service: String,
        target_origin: String,
        endpoint: String,
        method: String,
        outcome: Outcome,
        stage: Option<Stage>,
        cause: String,
        parameter: String,
    }
}

fields! {
    #[derive(Debug)]
    struct FailureRow {
        signature: Signature as Flat,
        confidence: Option<Confidence>,
        total: u64,
        page_origins: Vec<String>,
        browsers: Vec<String>,
        first_seen: UnixMillis as Seconds,
        last_seen: UnixMillis as Seconds,
    }
}

fields! {
    #[derive(Debug)]
    struct Sessions {
        signature: Signature as Flat,
        sessions: u64,
    }
}

pub(super) async fn top(
    client: &Client,
    scope: &Scope<'_>,
    compactions: &Compactions,
    limit: u32,
) -> Result<Vec<Failure>, StoreError> {
    let sql = format!(
        "SELECT tuple({signature}) AS signature, \
           if(max(rows.confidence = 'proven'), 'proven', 'likely') AS confidence, \
           sum(n) AS total, \
           topKWeightedIf({WITNESSES})(toString(page_origin), n, page_origin != '') AS page_origins, \
           topKWeightedIf({WITNESSES})({browser}, n, browser_family != '') AS browsers, \
           min(minute) AS first_seen, max(minute) AS last_seen \
         FROM {rows} AS rows WHERE {FAILED} GROUP BY {signature} \
         ORDER BY outcome = 'blocked' DESC, total DESC, signature LIMIT {limit}",
        signature = signature(),
        browser = crate::Dimension::Browser.expression(),
        rows = scope.failure_rows(),
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
    Ok(rows.into_iter().map(failure).collect())
}

/// Page origins and browsers that are named with a failure.
const WITNESSES: u32 = 8;
/// Signatures whose page loads are counted.
const MAX_SIGNATURES: u32 = 10_000;

async fn sessions(
    client: &Client,
    scope: &Scope<'_>,
) -> Result<HashMap<Signature, u64>, StoreError> {
    // Sets of the hours, and raw rows of the minutes around them. Copies of a row change no set, so nothing
    // needs to collapse.
    let (hours, edges) = scope.hours_and_edges();
    let sql = format!(
        "SELECT tuple({signature}) AS signature, uniqMerge(seen) AS sessions FROM \
           (SELECT {signature}, sessions AS seen FROM failure_sessions WHERE {hours} \
            UNION ALL SELECT {signature}, uniqState(session) AS seen FROM observations \
            WHERE {edges} AND session != 0 AND {FAILED} GROUP BY {signature}) \
         GROUP BY {signature} ORDER BY sessions DESC LIMIT {MAX_SIGNATURES}",
        signature = signature(),
    );
    match client.fetch::<Sessions>(scope.bind(client.sql(&sql))).await {
        Ok(rows) => Ok(rows
            .into_iter()
            .map(|row| (row.signature, row.sessions))
            .collect()),
        // The failures themselves are known; how many page loads they hit is the expensive part.
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

fn failure(row: FailureRow, sessions: u64) -> Failure {
    let signature = row.signature;
    Failure {
        kind: signature.kind,
        service: signature.service,
        target_origin: signature.target_origin,
        endpoint: signature.endpoint,
        method: signature.method,
        outcome: signature.outcome,
        stage: signature.stage,
        cause: signature.cause,
        parameter: signature.parameter,
        confidence: row.confidence,
        count: row.total,
        page_origins: row.page_origins,
        browsers: row.browsers,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        sessions,
    }
}
