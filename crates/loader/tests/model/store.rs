//! A store with the semantics of its tables: rows of one key collapse, the higher version wins (of
//! equal ones the later), progress and compaction only grow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use observation::{BeaconId, Chunk, UnixMillis};
use store::{Batch, ChunkBase, ChunkRow, PartRow, ProgressRow, SeenBeacon};

use super::log::Log;

/// Chunks that are compacted together.
const CHUNKS_PER_SPAN: u64 = 2;

/// Minute, chunk (or span), endpoint.
type Key = (i64, u64, String);
/// Count, and the sum of the histogram.
type Sum = (u64, u64);

/// What the store holds, as its tables collapse it.
#[derive(Default)]
pub(crate) struct ModelStore {
    raw: HashMap<(i64, BeaconId, u16), (u64, UnixMillis, u32)>,
    parts: BTreeMap<Key, PartRow>,
    minutes: BTreeMap<Key, Sum>,
    /// Spans below are read from `minutes`.
    compacted: u64,
    chunks: BTreeMap<u64, ChunkRow>,
    dead_letters: BTreeSet<u64>,
    progress: Option<ProgressRow>,
}

/// The sums of a span that an aggregator has read and not yet written.
pub(crate) struct Compaction {
    span: u64,
    sums: BTreeMap<Key, Sum>,
}

impl ModelStore {
    pub(crate) fn stored(&self) -> u64 {
        self.progress.map_or(0, |progress| progress.next_offset)
    }

    /// [`store::Store::seen`].
    pub(crate) fn seen(&self, below: u64, since: UnixMillis) -> Vec<SeenBeacon> {
        let rows = self
            .raw
            .iter()
            .filter(|(_, (offset, at, _))| *offset < below && *at >= since);
        rows.map(|((_, beacon, _), &(offset, append_time, _))| SeenBeacon {
            beacon: *beacon,
            offset,
            append_time,
        })
        .collect()
    }

    /// [`store::Store::chunk_base`].
    pub(crate) fn base(&self, chunk: Chunk) -> ChunkBase {
        let parts = self.parts.values().filter(|part| part.chunk == chunk);
        ChunkBase {
            ledger: self.chunks.get(&chunk.0).copied(),
            parts: parts.cloned().collect(),
        }
    }

    pub(crate) fn write(&mut self, batch: Batch) {
        for row in batch.observations {
            let key = (row.observation.at.minute().0, row.beacon, row.idx);
            let value = (row.position.offset, row.append_time, row.observation.count);
            let before = self.raw.insert(key, value);
            assert!(
                before.is_none_or(|before| before == value),
                "replays write the same row"
            );
        }
        for part in batch.parts {
            let key = (part.minute.0, part.chunk.0, part.dims.endpoint.clone());
            let held = self.parts.get(&key);
            if held.is_none_or(|held| held.version <= part.version) {
                self.parts.insert(key, part);
            }
        }
        for chunk in batch.chunks {
            let held = self.chunks.get(&chunk.chunk.0);
            if held.is_none_or(|held| held.version <= chunk.version) {
                self.chunks.insert(chunk.chunk.0, chunk);
            }
        }
        self.dead_letters
            .extend(batch.dead_letters.iter().map(|letter| letter.offset));
        for progress in batch.progress {
            if self.stored() <= progress.next_offset {
                self.progress = Some(progress);
            }
        }
    }

    /// What an aggregator reads of the next span that is closed.
    pub(crate) fn read_span(&self, chunk_size: u64) -> Option<Compaction> {
        let span = self.compacted;
        if self.stored() < (span + 1) * CHUNKS_PER_SPAN * chunk_size {
            return None;
        }
        let mut sums = BTreeMap::new();
        for ((minute, chunk, endpoint), part) in &self.parts {
            if chunk / CHUNKS_PER_SPAN == span {
                add(
                    sums.entry((*minute, span, endpoint.clone())).or_default(),
                    part,
                );
            }
        }
        Some(Compaction { span, sums })
    }

    /// The first half of what it writes.
    pub(crate) fn write_span(&mut self, compaction: &Compaction) {
        self.minutes.extend(compaction.sums.clone());
    }

    /// The second half.
    pub(crate) fn finish_span(&mut self, compaction: &Compaction) {
        self.compacted = self.compacted.max(compaction.span + 1);
    }

    /// [`store::Store::prune`].
    pub(crate) fn prune(&mut self) {
        let open = self.compacted * CHUNKS_PER_SPAN;
        self.parts.retain(|(_, chunk, _), _| *chunk >= open);
    }

    pub(crate) fn double_a_part(&mut self) {
        if let Some(part) = self.parts.values_mut().next() {
            part.count *= 2;
        }
    }

    fn sums(&self) -> BTreeMap<(i64, String), Sum> {
        let mut found: BTreeMap<(i64, String), Sum> = BTreeMap::new();
        for ((minute, chunk, endpoint), part) in &self.parts {
            if chunk / CHUNKS_PER_SPAN >= self.compacted {
                add(found.entry((*minute, endpoint.clone())).or_default(), part);
            }
        }
        for ((minute, span, endpoint), sum) in &self.minutes {
            if *span < self.compacted {
                let found = found.entry((*minute, endpoint.clone())).or_default();
                *found = (found.0 + sum.0, found.1 + sum.1);
            }
        }
        found
    }

    pub(crate) fn check(&self, log: &Log) -> Result<(), String> {
        let mut expected: BTreeMap<(i64, String), Sum> = BTreeMap::new();
        let mut rows = 0;
        for envelope in &log.truth {
            for observation in &envelope.observations {
                rows += 1;
                let key = (observation.at.minute().0, observation.endpoint.clone());
                let sum = expected.entry(key).or_default();
                sum.0 += u64::from(observation.count);
                sum.1 += 1;
            }
        }
        equal("rollups", &self.sums(), &expected)?;
        equal("raw rows", &self.raw.len(), &rows)?;
        let count = |of: fn(&ChunkRow) -> u64| self.chunks.values().map(of).sum::<u64>();
        equal("records", &count(|c| c.records), &log.len())?;
        let beacons = log.truth.len() as u64;
        equal("stored beacons", &count(|c| c.beacons_stored), &beacons)?;
        equal("stored rows", &count(|c| c.rows), &(rows as u64))?;
        let dead = count(|c| c.dead_lettered);
        equal("dead letters", &dead, &(self.dead_letters.len() as u64))?;
        let sum = count(|c| c.beacons_stored + c.duplicates + c.dead_lettered + c.edge_reports);
        equal("ledger", &sum, &log.len())
    }
}

fn add(sum: &mut Sum, part: &PartRow) {
    sum.0 += part.count;
    sum.1 += part.latency.iter().map(|pair| pair.1).sum::<u64>();
}

fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: found {found:?}, expected {expected:?}"))
}
