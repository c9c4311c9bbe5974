//! Partial sums, read back.

use clickhouse::Row;
use serde::Deserialize;

use super::from_seconds;
use crate::StoreError;
use crate::rows::{Dimensions, PartRow};

/// The sums of one chunk, in the order of [`StoredPart`].
pub(crate) const STORED_PARTS: &str = "SELECT app, minute, epoch, partition, chunk, environment, \
        release, source, kind, page_origin, target_origin, endpoint, service, method, \
        credentialed, preflighted, status, outcome, stage, cause, parameter, confidence, \
        browser_family, browser_major, context, lab, version, count, \
        `latency.bucket`, `latency.count`, `preflight_latency.bucket`, `preflight_latency.count` \
     FROM sli_parts FINAL \
     WHERE epoch = {epoch:UInt32} AND partition = {partition:UInt32} AND chunk = {chunk:UInt64}";

#[derive(Debug, Row, Deserialize)]
pub(crate) struct StoredPart {
    app: String,
    minute: u32,
    epoch: u32,
    partition: u32,
    chunk: u64,
    environment: String,
    release: String,
    source: String,
    kind: String,
    page_origin: String,
    target_origin: String,
    endpoint: String,
    service: String,
    method: String,
    credentialed: bool,
    preflighted: bool,
    status: u16,
    outcome: String,
    stage: String,
    cause: String,
    parameter: String,
    confidence: String,
    browser_family: String,
    browser_major: u16,
    context: String,
    lab: bool,
    version: u64,
    count: u64,
    latency_bucket: Vec<u8>,
    latency_count: Vec<u64>,
    preflight_latency_bucket: Vec<u8>,
    preflight_latency_count: Vec<u64>,
}

impl TryFrom<StoredPart> for PartRow {
    type Error = StoreError;

    fn try_from(row: StoredPart) -> Result<Self, StoreError> {
        let pairs = |buckets: Vec<u8>, counts: Vec<u64>| buckets.into_iter().zip(counts).collect();
        Ok(Self {
            minute: from_seconds(row.minute),
            epoch: row.epoch,
            partition: row.partition,
            chunk: observation::Chunk(row.chunk),
            dims: Dimensions {
                environment: row.environment,
                release: row.release,
                source: word(&row.source)?,
                kind: word(&row.kind)?,
                page_origin: row.page_origin,
                target_origin: row.target_origin,
                endpoint: row.endpoint,
                service: row.service,
                method: row.method,
                credentialed: row.credentialed,
                preflighted: row.preflighted,
                status: row.status,
                outcome: word(&row.outcome)?,
                stage: optional(&row.stage)?,
                cause: row.cause,
                parameter: row.parameter,
                confidence: optional(&row.confidence)?,
                browser_family: row.browser_family,
                browser_major: row.browser_major,
                context: word(&row.context)?,
                lab: row.lab,
            },
            app: row.app,
            version: row.version,
            count: row.count,
            latency: pairs(row.latency_bucket, row.latency_count),
            preflight_latency: pairs(row.preflight_latency_bucket, row.preflight_latency_count),
        })
    }
}

fn word<T: std::str::FromStr>(word: &str) -> Result<T, StoreError> {
    word.parse().map_err(|_| {
        StoreError::Schema(format!(
            "the store holds `{word}`, which this build does not know: run a newer build"
        ))
    })
}

fn optional<T: std::str::FromStr>(text: &str) -> Result<Option<T>, StoreError> {
    match text {
        "" => Ok(None),
        text => word(text).map(Some),
    }
}
