//! Recounts raw rows and compares them with the rollups and with the ledger.
//!
//! Sums are compared by app, minute and span, with a checksum over dimensions and histograms that is
//! linear in the counts: rows that were merged differently give the same checksum, a count under
//! another dimension does not.

use observation::UnixMillis;

use crate::compaction::{COMPACTED, Compacted, Compactions};
use crate::rows::dimensions::names;
use crate::wire::{self, Flat, Seconds, fields};
use crate::{CHUNKS_PER_SPAN, Store, StoreError};

fields! {
    /// Sums of raw rows and of rollups that should be the same and are not.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Difference {
        /// Configured application.
        pub app: String,
        /// The minute.
        pub minute: UnixMillis as Seconds,
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
}

fields! {
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

fields! {
    #[derive(Debug)]
    struct Compared {
        difference: Difference as Flat,
        same: bool,
    }
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
        let rows: Vec<Compacted> = self.client.fetch(self.client.sql(COMPACTED)).await?;
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
        let ledger_differences = self.client.fetch(bind(CHUNKS.to_owned())).await?;
        let differs = |row: &&Compared| !row.same;
        Ok(Audit {
            compared: compared.len() as u64,
            requests: compared.iter().map(|row| row.difference.raw).sum(),
            differences: compared
                .iter()
                .filter(differs)
                .map(|row| row.difference.clone())
                .collect(),
            ledger_differences,
        })
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
        "sumWithOverflow(sipHash64({}) * (toUInt64(count) + {} + {}))",
        names(),
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
        "SELECT tuple(app, minute, epoch, partition, span, sum(raw), sum(rollup)) AS difference, \
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
const CHUNKS: &str = "SELECT epoch, partition, chunk, sum(found.raw) AS raw, sum(found.ledger) AS ledger \
     FROM ( \
        SELECT epoch, partition, intDiv(offset, {chunk_size:UInt64}) AS chunk, \
            count() AS raw, 0 AS ledger \
        FROM observations FINAL GROUP BY epoch, partition, chunk \
        HAVING countIf(minute >= toDateTime({from:UInt32}, 'UTC') \
            AND minute < toDateTime({to:UInt32}, 'UTC')) > 0 \
        UNION ALL \
        SELECT epoch, partition, chunk, 0, rows FROM chunks FINAL) AS found \
     GROUP BY epoch, partition, chunk \
     HAVING raw > 0 AND raw != ledger \
     ORDER BY epoch, partition, chunk";
