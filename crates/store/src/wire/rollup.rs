//! Rollups, ledger and progress on the wire.

use clickhouse::Row;
use serde::{Deserialize, Serialize};

use super::{seconds, unzip};
use crate::rows::{ChunkRow, PartRow, ProgressRow};

#[derive(Debug, Row, Serialize)]
pub(crate) struct Part<'a> {
    app: &'a str,
    minute: u32,
    epoch: u32,
    partition: u32,
    chunk: u64,
    environment: &'a str,
    release: &'a str,
    source: &'static str,
    kind: &'static str,
    page_origin: &'a str,
    target_origin: &'a str,
    endpoint: &'a str,
    service: &'a str,
    method: &'a str,
    credentialed: bool,
    preflighted: bool,
    status: u16,
    outcome: &'static str,
    stage: &'static str,
    cause: &'a str,
    parameter: &'a str,
    confidence: &'static str,
    browser_family: &'a str,
    browser_major: u16,
    context: &'static str,
    lab: bool,
    version: u64,
    count: u64,
    #[serde(rename = "latency.bucket")]
    latency_bucket: Vec<u8>,
    #[serde(rename = "latency.count")]
    latency_count: Vec<u64>,
    #[serde(rename = "preflight_latency.bucket")]
    preflight_latency_bucket: Vec<u8>,
    #[serde(rename = "preflight_latency.count")]
    preflight_latency_count: Vec<u64>,
}

impl<'a> From<&'a PartRow> for Part<'a> {
    fn from(row: &'a PartRow) -> Self {
        let dims = &row.dims;
        let (latency_bucket, latency_count) = unzip(&row.latency);
        let (preflight_latency_bucket, preflight_latency_count) = unzip(&row.preflight_latency);
        Self {
            app: &row.app,
            minute: seconds(row.minute),
            epoch: row.epoch,
            partition: row.partition,
            chunk: row.chunk.0,
            environment: &dims.environment,
            release: &dims.release,
            source: dims.source.as_str(),
            kind: dims.kind.as_str(),
            page_origin: &dims.page_origin,
            target_origin: &dims.target_origin,
            endpoint: &dims.endpoint,
            service: &dims.service,
            method: &dims.method,
            credentialed: dims.credentialed,
            preflighted: dims.preflighted,
            status: dims.status,
            outcome: dims.outcome.as_str(),
            stage: dims.stage.map_or("", observation::Stage::as_str),
            cause: &dims.cause,
            parameter: &dims.parameter,
            confidence: dims.confidence.map_or("", observation::Confidence::as_str),
            browser_family: &dims.browser_family,
            browser_major: dims.browser_major,
            context: dims.context.as_str(),
            lab: dims.lab,
            version: row.version,
            count: row.count,
            latency_bucket,
            latency_count,
            preflight_latency_bucket,
            preflight_latency_count,
        }
    }
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Chunk {
    epoch: u32,
    partition: u32,
    chunk: u64,
    version: u64,
    records: u64,
    beacons_stored: u64,
    duplicates: u64,
    dead_lettered: u64,
    edge_reports: u64,
    rows: u64,
}

impl From<&ChunkRow> for Chunk {
    fn from(row: &ChunkRow) -> Self {
        Self {
            epoch: row.epoch,
            partition: row.partition,
            chunk: row.chunk.0,
            version: row.version,
            records: row.records,
            beacons_stored: row.beacons_stored,
            duplicates: row.duplicates,
            dead_lettered: row.dead_lettered,
            edge_reports: row.edge_reports,
            rows: row.rows,
        }
    }
}

impl From<Chunk> for ChunkRow {
    fn from(row: Chunk) -> Self {
        Self {
            epoch: row.epoch,
            partition: row.partition,
            chunk: observation::Chunk(row.chunk),
            version: row.version,
            records: row.records,
            beacons_stored: row.beacons_stored,
            duplicates: row.duplicates,
            dead_lettered: row.dead_lettered,
            edge_reports: row.edge_reports,
            rows: row.rows,
        }
    }
}

#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Progress {
    epoch: u32,
    partition: u32,
    next_offset: u64,
    event_time: i64,
}

impl From<&ProgressRow> for Progress {
    fn from(row: &ProgressRow) -> Self {
        Self {
            epoch: row.epoch,
            partition: row.partition,
            next_offset: row.next_offset,
            event_time: row.event_time.0,
        }
    }
}

impl From<Progress> for ProgressRow {
    fn from(row: Progress) -> Self {
        Self {
            epoch: row.epoch,
            partition: row.partition,
            next_offset: row.next_offset,
            event_time: observation::UnixMillis(row.event_time),
        }
    }
}
