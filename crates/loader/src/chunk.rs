//! The sums of the chunk that is open.

use hashbrown::{Equivalent, HashMap};
use observation::{Chunk, Envelope, UnixMillis};
use store::{ChunkBase, ChunkRow, Dimensions, PartRow};

use crate::Disposition;

/// Cumulative sums of one chunk of one partition, from its first offset on.
#[derive(Debug)]
pub(crate) struct OpenChunk {
    epoch: u32,
    partition: u32,
    chunk: Chunk,
    sums: HashMap<Key, Sum>,
    counted: Counted,
    /// Records below this offset are in `counted` already.
    counted_below: u64,
}

/// The outcome of the records of a chunk; every record is in exactly one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    stored: u64,
    duplicates: u64,
    dead_lettered: u64,
    edge_reports: u64,
    /// Observations of the stored beacons.
    rows: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    app: String,
    minute: UnixMillis,
    dims: Dimensions,
}

/// A [`Key`] to look up, without a copy of its texts.
#[derive(Debug, Hash)]
struct KeyRef<'a> {
    app: &'a str,
    minute: UnixMillis,
    dims: Dimensions<&'a str>,
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.minute == key.minute && self.app == key.app && self.dims == key.dims.as_ref()
    }
}

impl From<&KeyRef<'_>> for Key {
    fn from(key: &KeyRef<'_>) -> Self {
        let dims = key.dims.map(|text| (*text).to_owned());
        Self {
            app: key.app.to_owned(),
            minute: key.minute,
            dims,
        }
    }
}

#[derive(Debug, Default)]
struct Sum {
    count: u64,
    latency: Vec<(u8, u64)>,
    preflight_latency: Vec<(u8, u64)>,
    /// Records below this offset are in the sum already.
    covered_below: u64,
    is_changed: bool,
}

impl OpenChunk {
    pub(crate) fn new(epoch: u32, partition: u32, chunk: Chunk) -> Self {
        Self {
            epoch,
            partition,
            chunk,
            sums: HashMap::new(),
            counted: Counted::default(),
            counted_below: 0,
        }
    }

    /// Goes on from what the store holds of the chunk, where the log has lost the chunk's start.
    ///
    /// A stored sum of version `v` is the sum of all records up to `v`, whoever wrote it, so each
    /// sum goes on behind its own version: a flush that was cut short leaves different ones.
    pub(crate) fn resume(epoch: u32, partition: u32, chunk: Chunk, base: ChunkBase) -> Self {
        let mut resumed = Self::new(epoch, partition, chunk);
        if let Some(ledger) = base.ledger {
            resumed.counted_below = ledger.version + 1;
            resumed.counted = Counted {
                stored: ledger.beacons_stored,
                duplicates: ledger.duplicates,
                dead_lettered: ledger.dead_lettered,
                edge_reports: ledger.edge_reports,
                rows: ledger.rows,
            };
        }
        for part in base.parts {
            let key = Key {
                app: part.app,
                minute: part.minute,
                dims: part.dims,
            };
            let sum = Sum {
                count: part.count,
                latency: part.latency,
                preflight_latency: part.preflight_latency,
                covered_below: part.version + 1,
                is_changed: false,
            };
            resumed.sums.insert(key, sum);
        }
        resumed
    }

    /// Whether no record was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.counted == Counted::default()
    }

    /// Counts the outcome of the record at `offset`; `rows` of it are stored.
    pub(crate) const fn count(&mut self, offset: u64, disposition: Disposition, rows: u64) {
        if offset < self.counted_below {
            return;
        }
        let counted = &mut self.counted;
        match disposition {
            Disposition::Stored => counted.stored += 1,
            Disposition::Duplicate => counted.duplicates += 1,
            Disposition::DeadLettered => counted.dead_lettered += 1,
            Disposition::EdgeReport => counted.edge_reports += 1,
        }
        counted.rows += rows;
    }

    pub(crate) const fn chunk(&self) -> Chunk {
        self.chunk
    }

    /// Adds the observations of the beacon at `offset`.
    pub(crate) fn add(&mut self, offset: u64, envelope: &Envelope) {
        for observation in &envelope.observations {
            let key = KeyRef {
                app: &envelope.origin.app,
                minute: observation.at.minute(),
                dims: Dimensions::borrowed(&envelope.origin, observation),
            };
            let sum = self.sums.entry_ref(&key).or_default();
            if offset < sum.covered_below {
                continue;
            }
            sum.count += u64::from(observation.count);
            PartRow::add_latency(&mut sum.latency, &observation.latency);
            PartRow::add_latency(&mut sum.preflight_latency, &observation.preflight_latency);
            sum.is_changed = true;
        }
    }

    /// The sums that changed since the last call, as they stand after `last_offset`.
    pub(crate) fn changed(&mut self, last_offset: u64) -> Vec<PartRow> {
        let (epoch, partition, chunk) = (self.epoch, self.partition, self.chunk);
        let changed = self.sums.iter_mut().filter(|(_, sum)| sum.is_changed);
        changed
            .map(|(key, sum)| {
                sum.is_changed = false;
                PartRow {
                    app: key.app.clone(),
                    minute: key.minute,
                    epoch,
                    partition,
                    chunk,
                    dims: key.dims.clone(),
                    version: last_offset,
                    count: sum.count,
                    latency: sum.latency.clone(),
                    preflight_latency: sum.preflight_latency.clone(),
                }
            })
            .collect()
    }

    /// The ledger of this chunk as it stands after `last_offset`.
    pub(crate) fn ledger(&self, last_offset: u64) -> ChunkRow {
        let Counted {
            stored,
            duplicates,
            dead_lettered,
            edge_reports,
            rows,
        } = self.counted;
        ChunkRow {
            epoch: self.epoch,
            partition: self.partition,
            chunk: self.chunk,
            version: last_offset,
            records: stored + duplicates + dead_lettered + edge_reports,
            beacons_stored: stored,
            duplicates,
            dead_lettered,
            edge_reports,
            rows,
        }
    }
}
