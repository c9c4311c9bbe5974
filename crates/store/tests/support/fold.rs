//! What the loader makes of records: raw rows, cumulative sums of chunks, the ledger, progress.

use std::collections::BTreeMap;

use observation::{Chunk, UnixMillis};
use store::{Batch, ChunkRow, Dimensions, ObservationRow, PartRow, ProgressRow};

use super::traffic::Record;

type Key = (String, UnixMillis, u32, u32, u64, Dimensions);

/// The state of a loader: what it writes is a function of the records it was given.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    chunk_size: u64,
    parts: BTreeMap<Key, PartRow>,
    chunks: BTreeMap<(u32, u32, u64), ChunkRow>,
    progress: BTreeMap<(u32, u32), ProgressRow>,
}

impl Fold {
    pub(crate) fn new(chunk_size: u64) -> Self {
        Self {
            chunk_size,
            parts: BTreeMap::new(),
            chunks: BTreeMap::new(),
            progress: BTreeMap::new(),
        }
    }

    /// The batch that a flush after these records writes.
    pub(crate) fn batch(&mut self, records: impl IntoIterator<Item = Record>) -> Batch {
        let mut batch = Batch::default();
        let mut changed: Vec<Key> = Vec::new();
        let mut counted = Vec::new();
        for record in records {
            let chunk = Chunk::of(record.position.offset, self.chunk_size);
            let rows =
                ObservationRow::from_envelope(record.position, record.append_time, record.envelope);
            counted.push(self.count(&rows, chunk));
            for row in &rows {
                changed.push(self.add(row, chunk));
            }
            let at = &rows[0].position;
            let progress = ProgressRow {
                epoch: at.epoch,
                partition: at.partition,
                next_offset: at.offset + 1,
                event_time: record.append_time,
            };
            self.progress.insert((at.epoch, at.partition), progress);
            batch.observations.extend(rows);
        }
        changed.sort();
        changed.dedup();
        counted.sort_unstable();
        counted.dedup();
        batch.parts = changed.iter().map(|key| self.parts[key].clone()).collect();
        batch.chunks = counted.iter().map(|key| self.chunks[key]).collect();
        batch.progress = self.progress.values().copied().collect();
        batch
    }

    fn count(&mut self, rows: &[ObservationRow], chunk: Chunk) -> (u32, u32, u64) {
        let at = rows[0].position;
        let key = (at.epoch, at.partition, chunk.0);
        let row = self.chunks.entry(key).or_insert(ChunkRow {
            epoch: at.epoch,
            partition: at.partition,
            chunk,
            version: 0,
            records: 0,
            beacons_stored: 0,
            duplicates: 0,
            dead_lettered: 0,
            edge_reports: 0,
            rows: 0,
        });
        row.version = at.offset;
        row.records += 1;
        row.beacons_stored += 1;
        row.rows += rows.len() as u64;
        key
    }

    fn add(&mut self, row: &ObservationRow, chunk: Chunk) -> Key {
        let (app, minute) = (row.origin.app.clone(), row.observation.at.minute());
        let dims = Dimensions::of(&row.origin, &row.observation);
        let at = row.position;
        let key = (app, minute, at.epoch, at.partition, chunk.0, dims);
        let part = self.parts.entry(key.clone()).or_insert_with(|| PartRow {
            app: key.0.clone(),
            minute,
            epoch: at.epoch,
            partition: at.partition,
            chunk,
            dims: key.5.clone(),
            version: 0,
            count: 0,
            latency: Vec::new(),
            preflight_latency: Vec::new(),
        });
        part.version = at.offset;
        part.count += u64::from(row.observation.count);
        PartRow::add_latency(&mut part.latency, &row.observation.latency);
        PartRow::add_latency(
            &mut part.preflight_latency,
            &row.observation.preflight_latency,
        );
        key
    }
}
