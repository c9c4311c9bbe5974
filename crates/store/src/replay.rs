//! What the loader asks before it goes on: copies of beacons, the last one it stored, and what is
//! known of a chunk whose records the log has lost.

use clickhouse::{RowOwned, RowRead};
use data_encoding::HEXLOWER;
use observation::{BeaconId, Chunk, UnixMillis};

use crate::wire::{Fields, Stored, columns, fields};
use crate::{ChunkBase, ChunkRow, PartRow, SeenBeacon, Store, StoreError};

/// Ids in one question: they travel in the URL, which servers bound.
const IDS_AT_ONCE: usize = 1000;

fields! {
    struct OffsetsBefore {
        partition: u32,
        next_offset: u64,
    }
}

impl Store {
    /// The beacons stored from offsets below `below_offset` of a partition whose records the log
    /// took in at or after `append_time_from`; the smallest offset of each.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn seen(
        &self,
        epoch: u32,
        partition: u32,
        below_offset: u64,
        append_time_from: UnixMillis,
    ) -> Result<Vec<SeenBeacon>, StoreError> {
        let statement = self
            .client
            .sql(
                "SELECT beacon_id, min(seen.offset) AS offset, \
                   argMin(seen.append_time, seen.offset) AS append_time \
                 FROM observations AS seen \
                 WHERE epoch = {epoch:UInt32} AND partition = {partition:UInt32} \
                   AND seen.offset < {below:UInt64} \
                   AND seen.append_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                 GROUP BY beacon_id ORDER BY offset",
            )
            .param("epoch", epoch)
            .param("partition", partition)
            .param("below", below_offset)
            .param("since", append_time_from.0);
        self.client.fetch(statement).await
    }

    /// Where the beacons `ids` are stored from records that the log took in at or after
    /// `append_time_from`: offsets below `below_offset` of a partition, or anything of former
    /// epochs, whose offsets are given as 0.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn copies(
        &self,
        epoch: u32,
        partition: u32,
        below_offset: u64,
        append_time_from: UnixMillis,
        ids: &[BeaconId],
    ) -> Result<Vec<SeenBeacon>, StoreError> {
        let mut copies = Vec::new();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let ids = ids
                .iter()
                .map(|id| HEXLOWER.encode(&id.0))
                .collect::<Vec<_>>();
            let statement = self
                .client
                .sql(
                    "SELECT beacon_id, if(epoch = {epoch:UInt32}, seen.offset, 0) AS offset, append_time \
                     FROM observations AS seen \
                     WHERE append_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                       AND (epoch < {epoch:UInt32} OR (epoch = {epoch:UInt32} \
                         AND partition = {partition:UInt32} AND seen.offset < {below:UInt64})) \
                       AND beacon_id IN (SELECT toFixedString(unhex(id), 12) \
                         FROM (SELECT arrayJoin({ids:Array(String)}) AS id)) \
                     GROUP BY beacon_id, offset, append_time",
                )
                .param("epoch", epoch)
                .param("partition", partition)
                .param("below", below_offset)
                .param("since", append_time_from.0)
                .param("ids", ids);
            copies.extend(self.client.fetch::<SeenBeacon>(statement).await?);
        }
        Ok(copies)
    }

    /// The beacon stored from the greatest offset below `below_offset` of a partition, among those
    /// that the log took in at or after `append_time_from`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_beacon(
        &self,
        epoch: u32,
        partition: u32,
        below_offset: u64,
        append_time_from: UnixMillis,
    ) -> Result<Option<SeenBeacon>, StoreError> {
        let statement = self
            .client
            .sql(
                "SELECT beacon_id, offset, append_time FROM observations \
                 WHERE epoch = {epoch:UInt32} AND partition = {partition:UInt32} \
                   AND offset < {below:UInt64} \
                   AND append_time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') \
                 ORDER BY offset DESC LIMIT 1",
            )
            .param("epoch", epoch)
            .param("partition", partition)
            .param("below", below_offset)
            .param("since", append_time_from.0);
        let rows: Vec<SeenBeacon> = self.client.fetch(statement).await?;
        Ok(rows.into_iter().next())
    }

    /// The offset behind the last beacon that the log took in before `append_time`, of every
    /// partition of an epoch that has one: (partition, offset).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offsets_before(
        &self,
        epoch: u32,
        append_time: UnixMillis,
    ) -> Result<Vec<(u32, u64)>, StoreError> {
        let statement = self
            .client
            .sql(
                "SELECT partition, max(offset) + 1 AS next_offset FROM observations \
                 WHERE epoch = {epoch:UInt32} \
                   AND append_time < fromUnixTimestamp64Milli({before:Int64}, 'UTC') \
                 GROUP BY partition",
            )
            .param("epoch", epoch)
            .param("before", append_time.0);
        let rows: Vec<OffsetsBefore> = self.client.fetch(statement).await?;
        let pair = |row: OffsetsBefore| (row.partition, row.next_offset);
        Ok(rows.into_iter().map(pair).collect())
    }

    /// What is stored of a chunk: its ledger and its sums, each at its own version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn chunk_base(
        &self,
        epoch: u32,
        partition: u32,
        chunk: Chunk,
    ) -> Result<ChunkBase, StoreError> {
        let (parts, ledger) = tokio::try_join!(
            self.of_chunk::<PartRow>(epoch, partition, chunk),
            self.of_chunk::<ChunkRow>(epoch, partition, chunk),
        )?;
        Ok(ChunkBase {
            ledger: ledger.into_iter().next(),
            parts,
        })
    }

    async fn of_chunk<T>(
        &self,
        epoch: u32,
        partition: u32,
        chunk: Chunk,
    ) -> Result<Vec<T>, StoreError>
    where
        T: Stored + Fields + RowOwned + RowRead,
    {
        let sql = format!(
            "SELECT {} FROM {} FINAL WHERE epoch = {{epoch:UInt32}} \
               AND partition = {{partition:UInt32}} AND chunk = {{chunk:UInt64}}",
            columns::<T>(),
            T::TABLE,
        );
        let statement = self.client.sql(&sql);
        let statement = statement
            .param("epoch", epoch)
            .param("partition", partition)
            .param("chunk", chunk.0);
        self.client.fetch(statement).await
    }
}
