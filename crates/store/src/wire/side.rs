//! Dead letters, edge reports, alerts and deploys on the wire.

use clickhouse::Row;
use observation::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::rows::{AlertRow, DeadLetterRow, DeployRow, EdgeReportRow};

#[derive(Debug, Row, Serialize)]
pub(crate) struct DeadLetter<'a> {
    epoch: u32,
    partition: u32,
    offset: u64,
    append_time: i64,
    reason: &'a str,
    detail: &'a str,
    #[serde(serialize_with = "bytes")]
    payload: &'a [u8],
}

fn bytes<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

impl<'a> From<&'a DeadLetterRow> for DeadLetter<'a> {
    fn from(row: &'a DeadLetterRow) -> Self {
        Self {
            epoch: row.epoch,
            partition: row.partition,
            offset: row.offset,
            append_time: row.append_time.0,
            reason: &row.reason,
            detail: &row.detail,
            payload: &row.payload,
        }
    }
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct EdgeReport {
    process: [u8; 12],
    at: i64,
    received: u64,
    appended: u64,
    shed: u64,
    spooled: u64,
    #[serde(rename = "refused.reason")]
    refused_reason: Vec<String>,
    #[serde(rename = "refused.count")]
    refused_count: Vec<u64>,
}

impl From<&EdgeReportRow> for EdgeReport {
    fn from(row: &EdgeReportRow) -> Self {
        let (refused_reason, refused_count) = row.refused.iter().cloned().unzip();
        Self {
            process: row.process,
            at: row.at.0,
            received: row.received,
            appended: row.appended,
            shed: row.shed,
            spooled: row.spooled,
            refused_reason,
            refused_count,
        }
    }
}

impl From<EdgeReport> for EdgeReportRow {
    fn from(row: EdgeReport) -> Self {
        Self {
            process: row.process,
            at: UnixMillis(row.at),
            received: row.received,
            appended: row.appended,
            shed: row.shed,
            spooled: row.spooled,
            refused: row
                .refused_reason
                .into_iter()
                .zip(row.refused_count)
                .collect(),
        }
    }
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Alert {
    id: String,
    version: u64,
    app: String,
    slo: String,
    rule: String,
    group: String,
    severity: String,
    state: String,
    started_at: i64,
    updated_at: i64,
    resolved_at: Option<i64>,
    body: String,
}

impl From<&AlertRow> for Alert {
    fn from(row: &AlertRow) -> Self {
        Self {
            id: row.id.clone(),
            version: row.version,
            app: row.app.clone(),
            slo: row.slo.clone(),
            rule: row.rule.clone(),
            group: row.group.clone(),
            severity: row.severity.clone(),
            state: row.state.clone(),
            started_at: row.started_at.0,
            updated_at: row.updated_at.0,
            resolved_at: row.resolved_at.map(|at| at.0),
            body: row.body.clone(),
        }
    }
}

impl From<Alert> for AlertRow {
    fn from(row: Alert) -> Self {
        Self {
            id: row.id,
            version: row.version,
            app: row.app,
            slo: row.slo,
            rule: row.rule,
            group: row.group,
            severity: row.severity,
            state: row.state,
            started_at: UnixMillis(row.started_at),
            updated_at: UnixMillis(row.updated_at),
            resolved_at: row.resolved_at.map(UnixMillis),
            body: row.body,
        }
    }
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Deploy {
    id: String,
    at: i64,
    app: String,
    service: String,
    kind: String,
    reverts: String,
    touches_cors: bool,
    author: String,
    note: String,
    created_at: i64,
    recorded_by: String,
}

impl From<&DeployRow> for Deploy {
    fn from(row: &DeployRow) -> Self {
        Self {
            id: row.id.clone(),
            at: row.at.0,
            app: row.app.clone(),
            service: row.service.clone(),
            kind: row.kind.clone(),
            reverts: row.reverts.clone(),
            touches_cors: row.touches_cors,
            author: row.author.clone(),
            note: row.note.clone(),
            created_at: row.created_at.0,
            recorded_by: row.recorded_by.clone(),
        }
    }
}

impl From<Deploy> for DeployRow {
    fn from(row: Deploy) -> Self {
        Self {
            id: row.id,
            at: UnixMillis(row.at),
            app: row.app,
            service: row.service,
            kind: row.kind,
            reverts: row.reverts,
            touches_cors: row.touches_cors,
            author: row.author,
            note: row.note,
            created_at: UnixMillis(row.created_at),
            recorded_by: row.recorded_by,
        }
    }
}
