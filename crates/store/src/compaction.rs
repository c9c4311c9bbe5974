//! Compaction of closed spans into rollups by minute, hour and day.
//!
//! A span is a fixed run of chunks of one partition. Once progress has passed its end its parts can
//! no longer change, so its sums are a function of the log: compacting it twice, or by two
//! aggregators at once, writes the same rows. The `compacted` row comes last; until then reads
//! take the parts.

use clickhouse::Row;
use observation::UnixMillis;
use serde::Deserialize;

use crate::client::Statement;
use crate::rollup::{self, OPEN, ROLLUPS};
use crate::wire::fields;
use crate::{CHUNKS_PER_SPAN, Store, StoreError, migration};

fields! {
    /// The spans of a partition.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Compacted in "compacted" {
        /// Incarnation of the log.
        pub epoch: u32,
        /// Partition.
        pub partition: u32,
        /// Spans below this are compacted.
        pub spans: u64,
        /// Chunks below this are compacted, in such a span or by themselves.
        pub chunks: u64,
    }
}

/// How far each partition is compacted.
pub(crate) const COMPACTED: &str = "SELECT epoch, partition, max(done.spans) AS spans, \
        max(done.chunks) AS chunks \
     FROM compacted AS done GROUP BY epoch, partition ORDER BY epoch, partition";

/// The same with every partition that records were read from, so that those of which nothing is compacted are among
/// them.
pub(crate) const COMPACTED_OF_ALL: &str = "SELECT epoch, partition, max(done.spans) AS spans, \
        max(done.chunks) AS chunks \
     FROM (SELECT epoch, partition, toUInt64(spans) AS spans, toUInt64(chunks) AS chunks FROM compacted \
        UNION ALL SELECT epoch, partition, toUInt64(0), toUInt64(0) FROM progress WHERE next_offset > 0) AS done \
     GROUP BY epoch, partition ORDER BY epoch, partition";

/// The spans that are compacted, by partition, as parameters of a statement.
#[derive(Debug)]
pub(crate) struct Compactions {
    keys: Vec<u64>,
    spans: Vec<u64>,
    chunks: Vec<u64>,
    /// The first chunk of any partition whose span is not compacted.
    least_open: u64,
    /// The first chunk of any partition that is not compacted by itself either.
    least_part: u64,
}

impl Compacted {
    /// The first chunk that is compacted neither with its span nor by itself.
    #[must_use]
    pub fn next_chunk(&self) -> u64 {
        self.chunks.max(self.spans * CHUNKS_PER_SPAN)
    }
}

impl Compactions {
    /// Of rows for every partition: what is below the least of them is passed over by the index of chunks, which
    /// knows nothing of partitions.
    pub(crate) fn new(rows: &[Compacted]) -> Self {
        let least = |chunk: fn(&Compacted) -> u64| rows.iter().map(chunk).min().unwrap_or(0);
        let key = |row: &Compacted| (u64::from(row.epoch) << 32) | u64::from(row.partition);
        // `transform` wants at least one pair; this partition does not exist.
        let mut compactions = Self {
            keys: vec![u64::MAX],
            spans: vec![0],
            chunks: vec![0],
            least_open: least(|row| row.spans * CHUNKS_PER_SPAN),
            least_part: least(Compacted::next_chunk),
        };
        for row in rows {
            compactions.keys.push(key(row));
            compactions.spans.push(row.spans);
            compactions.chunks.push(row.next_chunk());
        }
        compactions
    }

    pub(crate) fn bind(&self, statement: Statement) -> Statement {
        statement
            .param("keys", self.keys.clone())
            .param("spans", self.spans.clone())
            .param("chunks", self.chunks.clone())
            .param("least_open", self.least_open)
            .param("least_part", self.least_part)
    }

    /// The first span of a row's partition that is not compacted.
    pub(crate) const fn first_open_span() -> &'static str {
        "transform(bitOr(bitShiftLeft(toUInt64(epoch), 32), toUInt64(partition)), \
         {keys:Array(UInt64)}, {spans:Array(UInt64)}, toUInt64(0))"
    }

    /// The first chunk of a row's partition that is not compacted by itself either.
    const fn first_part_chunk() -> &'static str {
        "transform(bitOr(bitShiftLeft(toUInt64(epoch), 32), toUInt64(partition)), \
         {keys:Array(UInt64)}, {chunks:Array(UInt64)}, toUInt64(0))"
    }

    /// The first chunk of a row's partition whose span is not compacted.
    pub(crate) fn first_open_chunk() -> String {
        format!("{CHUNKS_PER_SPAN} * {}", Self::first_open_span())
    }

    /// Whether a row is of a span that is not compacted.
    pub(crate) fn is_open() -> String {
        let open = Self::first_open_chunk();
        format!("chunk >= {{least_open:UInt64}} AND chunk >= {open}")
    }

    /// Whether a row is of a chunk that is not compacted, neither with its span nor by itself.
    pub(crate) fn is_part() -> String {
        let part = Self::first_part_chunk();
        format!("chunk >= {{least_part:UInt64}} AND chunk >= {part}")
    }

    /// Whether a row is of a chunk that is compacted by itself alone.
    pub(crate) fn is_chunk() -> String {
        format!(
            "{} AND chunk < {}",
            Self::is_open(),
            Self::first_part_chunk()
        )
    }
}

#[derive(Debug, Row, Deserialize)]
struct Minutes {
    first: u32,
    last: u32,
}

impl Store {
    /// How far each partition is compacted; partitions without any are not listed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compacted(&self) -> Result<Vec<Compacted>, StoreError> {
        self.client.fetch(self.client.sql(COMPACTED)).await
    }

    /// Compacts span `span` (its [`CHUNKS_PER_SPAN`] chunks) of a partition. A span that is
    /// compacted already is left as it is. The caller makes sure that progress has passed the end
    /// of the span.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] where an earlier span is not compacted yet.
    pub async fn compact(&self, epoch: u32, partition: u32, span: u64) -> Result<(), StoreError> {
        let done = self.done(epoch, partition).await?.spans;
        if span < done {
            return Ok(());
        }
        if span > done {
            return Err(StoreError::Rejected {
                code: 0,
                source: format!("span {span} cannot be compacted before span {done}").into(),
            });
        }
        self.write_span(epoch, partition, span).await?;
        self.finish_span(epoch, partition, span).await
    }

    /// Removes parts of minutes before `before` whose span is compacted, which no one reads any
    /// more; says whether there were any. Parts that are not compacted stay, however old: they are
    /// the only record of their sums. The server does the work in the background.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn prune(&self, before: UnixMillis) -> Result<bool, StoreError> {
        let rows: Vec<Compacted> = self.client.fetch(self.client.sql(COMPACTED)).await?;
        let compactions = Compactions::new(&rows);
        let condition = format!(
            "minute < toDateTime({{before:Int64}}, 'UTC') AND chunk < {}",
            Compactions::first_open_chunk()
        );
        let bind = |sql: String| {
            let statement = self.client.sql(&sql);
            compactions.bind(statement.param("before", before.minute().seconds().max(0)))
        };
        let found = bind(format!("SELECT count() FROM sli_parts WHERE {condition}"));
        let found: Vec<u64> = self.client.fetch(found).await?;
        if found.first().is_none_or(|count| *count == 0) {
            return Ok(false);
        }
        let on_cluster = migration::on_cluster(&self.config.topology);
        let delete = format!("ALTER TABLE sli_parts{on_cluster} DELETE WHERE {condition}");
        self.client.run(bind(delete)).await?;
        // Sums of chunks are superseded with their span; the last one may be read still by who has not heard.
        let superseded = format!(
            "chunk + {CHUNKS_PER_SPAN} < {}",
            Compactions::first_open_chunk()
        );
        for (table, ..) in OPEN {
            let delete = format!("ALTER TABLE {table}{on_cluster} DELETE WHERE {superseded}");
            self.client
                .run(compactions.bind(self.client.sql(&delete)))
                .await?;
        }
        Ok(true)
    }

    /// The first half of a compaction: the sums, which no one reads yet.
    pub(crate) async fn write_span(
        &self,
        epoch: u32,
        partition: u32,
        span: u64,
    ) -> Result<(), StoreError> {
        let chunks = [span, span + 1].map(|span| span * CHUNKS_PER_SPAN);
        let bind = |sql: &str| {
            let statement = self.client.sql(sql);
            statement
                .param("epoch", epoch)
                .param("partition", partition)
                .param("first_chunk", chunks[0])
                .param("end_chunk", chunks[1])
        };
        // The sorting key starts with the time, so the span's times make the sums cheap to find.
        let minutes: Vec<Minutes> = self.client.fetch(bind(MINUTES_OF_SPAN)).await?;
        let Some(minutes) = minutes.first().filter(|minutes| minutes.last > 0) else {
            return Ok(());
        };
        for rollup in ROLLUPS {
            let statement = bind(&rollup.sums_of_span())
                .param("span", span)
                .param("first_minute", minutes.first)
                .param("last_minute", minutes.last)
                .param("version", CHUNKS_PER_SPAN);
            self.client.run(statement).await?;
        }
        Ok(())
    }

    /// The second half: from here on reads take the sums.
    pub(crate) async fn finish_span(
        &self,
        epoch: u32,
        partition: u32,
        span: u64,
    ) -> Result<(), StoreError> {
        let spans = span + 1;
        self.insert(&[Compacted {
            epoch,
            partition,
            spans,
            chunks: spans * CHUNKS_PER_SPAN,
        }])
        .await
    }

    /// Compacts one chunk of a span that cannot be compacted yet, so that questions need not read its parts. A
    /// chunk that is compacted already is left as it is. The caller makes sure that progress has passed its end.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] where an earlier chunk is not compacted yet.
    pub async fn compact_chunk(
        &self,
        epoch: u32,
        partition: u32,
        chunk: u64,
    ) -> Result<(), StoreError> {
        let next = self.done(epoch, partition).await?.next_chunk();
        if chunk < next {
            return Ok(());
        }
        if chunk > next {
            return Err(StoreError::Rejected {
                code: 0,
                source: format!("chunk {chunk} cannot be compacted before chunk {next}").into(),
            });
        }
        self.write_chunk(epoch, partition, chunk).await?;
        let row = Compacted {
            epoch,
            partition,
            spans: 0,
            chunks: chunk + 1,
        };
        self.insert(&[row]).await
    }

    /// Compacts a chunk again whose parts were written again in whole, as [`Store::compact_again`] does a span.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compact_chunk_again(
        &self,
        epoch: u32,
        partition: u32,
        chunk: u64,
    ) -> Result<(), StoreError> {
        for open in OPEN {
            let sql = rollup::zero_stale_of_chunk(open);
            let statement = self
                .client
                .sql(&sql)
                .param("epoch", epoch)
                .param("partition", partition)
                .param("chunk", chunk)
                .param("first_chunk", chunk)
                .param("end_chunk", chunk + 1)
                .param("version", 1_u64);
            self.client.run(statement).await?;
        }
        self.write_chunk(epoch, partition, chunk).await
    }

    async fn write_chunk(&self, epoch: u32, partition: u32, chunk: u64) -> Result<(), StoreError> {
        let bind = |sql: &str| {
            let statement = self.client.sql(sql);
            statement
                .param("epoch", epoch)
                .param("partition", partition)
                .param("first_chunk", chunk)
                .param("end_chunk", chunk + 1)
        };
        let minutes: Vec<Minutes> = self.client.fetch(bind(MINUTES_OF_SPAN)).await?;
        let Some(minutes) = minutes.first().filter(|minutes| minutes.last > 0) else {
            return Ok(());
        };
        for open in OPEN {
            let statement = bind(&rollup::sums_of_chunk(open))
                .param("chunk", chunk)
                .param("first_minute", minutes.first)
                .param("last_minute", minutes.last)
                .param("version", 1_u64);
            self.client.run(statement).await?;
        }
        Ok(())
    }

    /// Compacts a span again whose parts were written again in whole: sums that have no part any
    /// more become zero, the others are replaced.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn compact_again(
        &self,
        epoch: u32,
        partition: u32,
        span: u64,
    ) -> Result<(), StoreError> {
        for rollup in ROLLUPS {
            let statement = self
                .client
                .sql(&rollup.zero_stale())
                .param("epoch", epoch)
                .param("partition", partition)
                .param("span", span)
                .param("first_chunk", span * CHUNKS_PER_SPAN)
                .param("end_chunk", (span + 1) * CHUNKS_PER_SPAN)
                .param("version", CHUNKS_PER_SPAN);
            self.client.run(statement).await?;
        }
        self.write_span(epoch, partition, span).await
    }

    async fn done(&self, epoch: u32, partition: u32) -> Result<Compacted, StoreError> {
        let rows = self.compacted().await?;
        let known = rows
            .into_iter()
            .find(|row| (row.epoch, row.partition) == (epoch, partition));
        Ok(known.unwrap_or(Compacted {
            epoch,
            partition,
            spans: 0,
            chunks: 0,
        }))
    }
}

const MINUTES_OF_SPAN: &str = "SELECT min(minute) AS first, max(minute) AS last FROM sli_parts \
     WHERE epoch = {epoch:UInt32} AND partition = {partition:UInt32} \
       AND chunk >= {first_chunk:UInt64} AND chunk < {end_chunk:UInt64}";

#[cfg(test)]
#[path = "compaction_tests.rs"]
mod tests;
