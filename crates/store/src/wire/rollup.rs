//! Rollups, ledger and progress on the wire.

use clickhouse::Row;
use observation::{Confidence, Stage};
use serde::{Deserialize, Serialize};

use super::native::Block;
use super::seconds;
use crate::rows::{ChunkRow, Dimensions, PartRow, ProgressRow};

/// A block for the table `sli_parts`.
pub(crate) fn parts(rows: &[PartRow]) -> Block {
    let mut block = Block::of(rows.len());
    block.words("app", rows.iter().map(|row| row.app.as_str()));
    block.fixed(
        "minute",
        "DateTime('UTC')",
        rows.iter().map(|row| seconds(row.minute).to_le_bytes()),
    );
    block.fixed(
        "epoch",
        "UInt32",
        rows.iter().map(|row| row.epoch.to_le_bytes()),
    );
    block.fixed(
        "partition",
        "UInt32",
        rows.iter().map(|row| row.partition.to_le_bytes()),
    );
    block.fixed(
        "chunk",
        "UInt64",
        rows.iter().map(|row| row.chunk.0.to_le_bytes()),
    );
    texts(&mut block, rows);
    words(&mut block, rows);
    block.fixed(
        "version",
        "UInt64",
        rows.iter().map(|row| row.version.to_le_bytes()),
    );
    block.fixed(
        "count",
        "UInt64",
        rows.iter().map(|row| row.count.to_le_bytes()),
    );
    block.histograms(
        ["latency.bucket", "latency.count"],
        "UInt64",
        rows.iter().map(|row| row.latency.as_slice()),
        u64::to_le_bytes,
    );
    block.histograms(
        ["preflight_latency.bucket", "preflight_latency.count"],
        "UInt64",
        rows.iter().map(|row| row.preflight_latency.as_slice()),
        u64::to_le_bytes,
    );
    block
}

type Text = fn(&Dimensions) -> &str;

/// The dimensions that are open texts.
fn texts(block: &mut Block, rows: &[PartRow]) {
    let columns: [(&'static str, Text); 10] = [
        ("environment", |dims| &dims.environment),
        ("release", |dims| &dims.release),
        ("page_origin", |dims| &dims.page_origin),
        ("target_origin", |dims| &dims.target_origin),
        ("endpoint", |dims| &dims.endpoint),
        ("service", |dims| &dims.service),
        ("method", |dims| &dims.method),
        ("cause", |dims| &dims.cause),
        ("parameter", |dims| &dims.parameter),
        ("browser_family", |dims| &dims.browser_family),
    ];
    for (name, text) in columns {
        block.words(name, rows.iter().map(|row| text(&row.dims)));
    }
}

/// The dimensions that are closed words, flags and numbers.
fn words(block: &mut Block, rows: &[PartRow]) {
    let dims = || rows.iter().map(|row| &row.dims);
    block.words("source", dims().map(|dims| dims.source.as_str()));
    block.words("kind", dims().map(|dims| dims.kind.as_str()));
    block.flags("credentialed", dims().map(|dims| dims.credentialed));
    block.flags("preflighted", dims().map(|dims| dims.preflighted));
    block.fixed(
        "status",
        "UInt16",
        dims().map(|dims| dims.status.to_le_bytes()),
    );
    block.words("outcome", dims().map(|dims| dims.outcome.as_str()));
    block.words(
        "stage",
        dims().map(|dims| dims.stage.map_or("", Stage::as_str)),
    );
    block.words(
        "confidence",
        dims().map(|dims| dims.confidence.map_or("", Confidence::as_str)),
    );
    block.fixed(
        "browser_major",
        "UInt16",
        dims().map(|dims| dims.browser_major.to_le_bytes()),
    );
    block.words("context", dims().map(|dims| dims.context.as_str()));
    block.flags("lab", dims().map(|dims| dims.lab));
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
