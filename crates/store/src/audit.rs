//! Recounts raw rows and compares them with the rollups and with the ledger.
//!
//! Sums are compared by app, minute and span, with a checksum over dimensions and histograms that is
//! linear in the counts: rows that were merged differently give the same checksum, a count under
//! another dimension does not.

use clickhouse::Row;
use observation::UnixMillis;
use serde::Deserialize;

use crate::compaction::{COMPACTED, CompactedRow, Compactions, DIMENSIONS};
use crate::{CHUNKS_PER_SPAN, Store, StoreError, wire};

/// Sums of raw rows and of rollups that should be the same and are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Configured application.
    pub app: String,
    /// The minute.
    pub minute: UnixMillis,
    /// Incarnation of the log.
    pub epoch: u32,
    /// Partition.
    pub partition: u32,
    /// Run of chunks from which the rows come.
    pub span: u64,
    /// Requests by raw rows.
    pub raw: u64,
    /// Requests by rollups; where it equals `raw`, they stand under other dimensions or durations.
    pub rollup: u64,
}

/// A chunk whose raw rows are not as many as its ledger says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerDifference {
    /// Incarnation of the log.
    pub epoch: u32,
    /// Partition.
    pub partition: u32,
    /// The chunk.
    pub chunk: u64,
    /// Raw rows.
    pub raw: u64,
    /// Rows by the ledger.
    pub ledger: u64,
}

/// What a recount found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Groups (app, minute, span) that were compared.
    pub compared: u64,
    /// Requests by raw rows.
    pub requests: u64,
    /// Those that differ.
    pub differences: Vec<Difference>,
    /// Chunks that differ from their ledger.
    pub ledger_differences: Vec<LedgerDifference>,
}

impl Audit {
    /// Whether raw rows, rollups and ledger agree.
    #[must_use]
    pub const fn agrees(&self) -> bool {
        self.differences.is_empty() && self.ledger_differences.is_empty()
    }
}

#[derive(Debug, Row, Deserialize)]
struct Compared {
    app: String,
    minute: u32,
    epoch: u32,
    partition: u32,
    span: u64,
    raw: u64,
    rollup: u64,
    same: u8,
}

#[derive(Debug, Row, Deserialize)]
struct Chunk {
    epoch: u32,
    partition: u32,
    chunk: u64,
    raw: u64,
    ledger: u64,
}

impl Store {
    /// Recounts the minutes from `from` to before `to`. Rows that the loader writes meanwhile show
    /// as differences: ask for minutes that are over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit(
        &self,
        chunk_size: u64,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Audit, StoreError> {
        let rows: Vec<CompactedRow> = self.client.fetch(self.client.sql(COMPACTED)).await?;
        let compactions = Compactions::new(&rows);
        let bind = |sql: String| {
            let statement = self.client.sql(&sql);
            compactions
                .bind(statement)
                .param("from", wire::seconds(from))
                .param("to", wire::seconds(to))
                .param("chunk_size", chunk_size)
        };
        let compared: Vec<Compared> = self.client.fetch(bind(compare())).await?;
        let chunks: Vec<Chunk> = self.client.fetch(bind(CHUNKS.to_owned())).await?;
        let mut audit = Audit {
            compared: compared.len() as u64,
            requests: compared.iter().map(|row| row.raw).sum(),
            ..Audit::default()
        };
        for row in compared.into_iter().filter(|row| row.same == 0) {
            audit.differences.push(Difference {
                app: row.app,
                minute: wire::from_seconds(row.minute),
                epoch: row.epoch,
                partition: row.partition,
                span: row.span,
                raw: row.raw,
                rollup: row.rollup,
            });
        }
        let ledger = chunks.into_iter().map(|row| LedgerDifference {
            epoch: row.epoch,
            partition: row.partition,
            chunk: row.chunk,
            raw: row.raw,
            ledger: row.ledger,
        });
        audit.ledger_differences.extend(ledger);
        Ok(audit)
    }
}

/// One checksum over what a row counts and under what.
fn checksum() -> String {
    let histogram = |name: &str, salt: u8| {
        format!(
            "arrayReduce('sumWithOverflow', arrayMap((bucket, n) -> \
                toUInt64(n) * sipHash64({salt}, bucket), `{name}.bucket`, `{name}.count`))"
        )
    };
    format!(
        "sumWithOverflow(sipHash64({DIMENSIONS}) * (toUInt64(count) + {} + {}))",
        histogram("latency", 1),
        histogram("preflight_latency", 2),
    )
}

/// Raw rows, parts of open spans and minutes of compacted ones, side by side.
fn compare() -> String {
    let checksum = checksum();
    let range =
        "minute >= toDateTime({from:UInt32}, 'UTC') AND minute < toDateTime({to:UInt32}, 'UTC')";
    let (open_chunk, open_span) = (
        Compactions::first_open_chunk(),
        Compactions::first_open_span(),
    );
    format!(
        "SELECT app, minute, epoch, partition, span, sum(raw), sum(rollup), \
            sum(raw) = sum(rollup) AND sumWithOverflow(raw_sum) = sumWithOverflow(rollup_sum) AS same \
         FROM ( \
            SELECT app, minute, epoch, partition, \
                intDiv(offset, {{chunk_size:UInt64}} * {CHUNKS_PER_SPAN}) AS span, \
                sum(count) AS raw, 0 AS rollup, {checksum} AS raw_sum, 0 AS rollup_sum \
            FROM observations FINAL WHERE {range} GROUP BY app, minute, epoch, partition, span \
            UNION ALL \
            SELECT app, minute, epoch, partition, intDiv(chunk, {CHUNKS_PER_SPAN}) AS span, \
                0, sum(count), 0, {checksum} \
            FROM sli_parts FINAL WHERE {range} AND chunk >= {open_chunk} \
            GROUP BY app, minute, epoch, partition, span \
            UNION ALL \
            SELECT app, minute, epoch, partition, span, 0, sum(count), 0, {checksum} \
            FROM sli_minutes FINAL WHERE {range} AND span < {open_span} \
            GROUP BY app, minute, epoch, partition, span) \
         GROUP BY app, minute, epoch, partition, span \
         HAVING sum(raw) > 0 OR sum(rollup) > 0 \
         ORDER BY epoch, partition, span, minute, app"
    )
}

/// Chunks with rows in the range whose rows, at any minute, are not as many as the ledger says.
const CHUNKS: &str = "SELECT epoch, partition, chunk, sum(raw) AS raw_rows, sum(ledger) \
     FROM ( \
        SELECT epoch, partition, intDiv(offset, {chunk_size:UInt64}) AS chunk, \
            count() AS raw, 0 AS ledger \
        FROM observations FINAL GROUP BY epoch, partition, chunk \
        HAVING countIf(minute >= toDateTime({from:UInt32}, 'UTC') \
            AND minute < toDateTime({to:UInt32}, 'UTC')) > 0 \
        UNION ALL \
        SELECT epoch, partition, chunk, 0, rows FROM chunks FINAL) \
     GROUP BY epoch, partition, chunk \
     HAVING raw_rows > 0 AND raw_rows != sum(ledger) \
     ORDER BY epoch, partition, chunk";
