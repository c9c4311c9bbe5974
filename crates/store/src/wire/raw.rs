//! Raw rows on the wire.

use clickhouse::Row;
use serde::Serialize;

use super::{seconds, unzip};
use crate::rows::ObservationRow;

#[derive(Debug, Row, Serialize)]
pub(crate) struct Observation<'a> {
    app: &'a str,
    minute: u32,
    beacon_id: [u8; 12],
    idx: u16,
    epoch: u32,
    partition: u32,
    offset: u64,
    append_time: i64,
    received_at: i64,
    environment: &'a str,
    release: &'a str,
    source: &'static str,
    page_origin: &'a str,
    context: &'static str,
    session: u64,
    network: u32,
    browser_family: &'a str,
    browser_major: u16,
    lab: bool,
    kind: &'static str,
    at: i64,
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
    evidence: &'a str,
    count: u32,
    #[serde(rename = "latency.bucket")]
    latency_bucket: Vec<u8>,
    #[serde(rename = "latency.count")]
    latency_count: Vec<u32>,
    #[serde(rename = "preflight_latency.bucket")]
    preflight_latency_bucket: Vec<u8>,
    #[serde(rename = "preflight_latency.count")]
    preflight_latency_count: Vec<u32>,
}

impl<'a> From<&'a ObservationRow> for Observation<'a> {
    fn from(row: &'a ObservationRow) -> Self {
        let (origin, seen) = (&*row.origin, &row.observation);
        let failure = seen.failure.as_ref();
        let (latency_bucket, latency_count) = unzip(seen.latency.pairs());
        let (preflight_latency_bucket, preflight_latency_count) =
            unzip(seen.preflight_latency.pairs());
        Self {
            app: &origin.app,
            minute: seconds(seen.at.minute()),
            beacon_id: row.beacon.0,
            idx: row.idx,
            epoch: row.position.epoch,
            partition: row.position.partition,
            offset: row.position.offset,
            append_time: row.append_time.0,
            received_at: row.received_at.0,
            environment: &origin.environment,
            release: &origin.release,
            source: origin.source.as_str(),
            page_origin: &origin.page_origin,
            context: origin.context.as_str(),
            session: origin.session.0,
            network: origin.network,
            browser_family: &origin.browser.family,
            browser_major: origin.browser.major,
            lab: origin.lab,
            kind: seen.kind.as_str(),
            at: seen.at.0,
            target_origin: &seen.target_origin,
            endpoint: &seen.endpoint,
            service: &seen.service,
            method: &seen.method,
            credentialed: seen.credentialed,
            preflighted: seen.preflighted,
            status: seen.status,
            outcome: seen.outcome.as_str(),
            stage: failure.map_or("", |failure| failure.stage.as_str()),
            cause: failure.map_or("", |failure| &failure.cause),
            parameter: failure.map_or("", |failure| &failure.parameter),
            confidence: failure.map_or("", |failure| failure.confidence.as_str()),
            evidence: failure.map_or("", |failure| &failure.evidence),
            count: seen.count,
            latency_bucket,
            latency_count,
            preflight_latency_bucket,
            preflight_latency_count,
        }
    }
}
