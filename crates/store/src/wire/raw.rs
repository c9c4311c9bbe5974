//! Raw rows on the wire.

use observation::Failure;

use super::native::Block;
use super::seconds;
use crate::rows::ObservationRow;

/// A block for the table `observations`.
pub(crate) fn observations(rows: &[ObservationRow]) -> Block {
    let mut block = Block::of(rows.len());
    identity(&mut block, rows);
    origin(&mut block, rows);
    shape(&mut block, rows);
    failure(&mut block, rows);
    measures(&mut block, rows);
    block
}

const MILLIS: &str = "DateTime64(3, 'UTC')";

fn identity(block: &mut Block, rows: &[ObservationRow]) {
    block.words("app", rows.iter().map(|row| row.origin.app.as_str()));
    block.fixed(
        "minute",
        "DateTime('UTC')",
        rows.iter()
            .map(|row| seconds(row.observation.at.minute()).to_le_bytes()),
    );
    block.fixed(
        "beacon_id",
        "FixedString(12)",
        rows.iter().map(|row| row.beacon.0),
    );
    block.fixed(
        "idx",
        "UInt16",
        rows.iter().map(|row| row.idx.to_le_bytes()),
    );
    block.fixed(
        "epoch",
        "UInt32",
        rows.iter().map(|row| row.position.epoch.to_le_bytes()),
    );
    block.fixed(
        "partition",
        "UInt32",
        rows.iter().map(|row| row.position.partition.to_le_bytes()),
    );
    block.fixed(
        "offset",
        "UInt64",
        rows.iter().map(|row| row.position.offset.to_le_bytes()),
    );
    block.fixed(
        "append_time",
        MILLIS,
        rows.iter().map(|row| row.append_time.0.to_le_bytes()),
    );
    block.fixed(
        "received_at",
        MILLIS,
        rows.iter().map(|row| row.received_at.0.to_le_bytes()),
    );
}

fn origin(block: &mut Block, rows: &[ObservationRow]) {
    let origins = || rows.iter().map(|row| &*row.origin);
    block.words(
        "environment",
        origins().map(|origin| origin.environment.as_str()),
    );
    block.words("release", origins().map(|origin| origin.release.as_str()));
    block.words("source", origins().map(|origin| origin.source.as_str()));
    block.words(
        "page_origin",
        origins().map(|origin| origin.page_origin.as_str()),
    );
    block.words("context", origins().map(|origin| origin.context.as_str()));
    block.fixed(
        "session",
        "UInt64",
        origins().map(|origin| origin.session.0.to_le_bytes()),
    );
    block.fixed(
        "network",
        "UInt32",
        origins().map(|origin| origin.network.to_le_bytes()),
    );
    block.words(
        "browser_family",
        origins().map(|origin| origin.browser.family.as_str()),
    );
    block.fixed(
        "browser_major",
        "UInt16",
        origins().map(|origin| origin.browser.major.to_le_bytes()),
    );
    block.flags("lab", origins().map(|origin| origin.lab));
}

fn shape(block: &mut Block, rows: &[ObservationRow]) {
    let seen = || rows.iter().map(|row| &row.observation);
    block.words("kind", seen().map(|seen| seen.kind.as_str()));
    block.fixed("at", MILLIS, seen().map(|seen| seen.at.0.to_le_bytes()));
    block.words(
        "target_origin",
        seen().map(|seen| seen.target_origin.as_str()),
    );
    block.words("endpoint", seen().map(|seen| seen.endpoint.as_str()));
    block.words("service", seen().map(|seen| seen.service.as_str()));
    block.words("method", seen().map(|seen| seen.method.as_str()));
    block.flags("credentialed", seen().map(|seen| seen.credentialed));
    block.flags("preflighted", seen().map(|seen| seen.preflighted));
    block.fixed(
        "status",
        "UInt16",
        seen().map(|seen| seen.status.to_le_bytes()),
    );
    block.words("outcome", seen().map(|seen| seen.outcome.as_str()));
    block.words("parameter", seen().map(|seen| seen.parameter.as_str()));
}

fn failure(block: &mut Block, rows: &[ObservationRow]) {
    fn of<'a>(
        rows: &'a [ObservationRow],
        field: fn(&'a Failure) -> &'a str,
    ) -> impl Iterator<Item = &'a str> {
        rows.iter()
            .map(move |row| row.observation.failure.as_ref().map_or("", field))
    }
    block.words("stage", of(rows, |failure| failure.stage.as_str()));
    block.words("cause", of(rows, |failure| &failure.cause));
    block.words(
        "confidence",
        of(rows, |failure| failure.confidence.as_str()),
    );
    block.words("evidence", of(rows, |failure| &failure.evidence));
}

fn measures(block: &mut Block, rows: &[ObservationRow]) {
    let seen = || rows.iter().map(|row| &row.observation);
    block.fixed(
        "count",
        "UInt32",
        seen().map(|seen| seen.count.to_le_bytes()),
    );
    block.histograms(
        ["latency.bucket", "latency.count"],
        "UInt32",
        seen().map(|seen| seen.latency.pairs()),
        u32::to_le_bytes,
    );
    block.histograms(
        ["preflight_latency.bucket", "preflight_latency.count"],
        "UInt32",
        seen().map(|seen| seen.preflight_latency.pairs()),
        u32::to_le_bytes,
    );
}
