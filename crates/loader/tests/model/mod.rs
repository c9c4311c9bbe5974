//! A model of the log and of the store, with the store's semantics: rows of one key collapse, the
//! higher version wins, progress only grows.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use journal::Consumed;
use loader::{Partition, Pending, Settings};
use observation::{
    BeaconId, Browser, Context, EdgeReport, Entry, Envelope, Kind, Latency, Observation, Origin,
    Outcome, SessionId, Source, UnixMillis,
};
use store::{Batch, ChunkRow, PartRow, ProgressRow, SeenBeacon};

/// The settings of the simulation: small chunks, so that schedules cross many borders.
pub(crate) const SETTINGS: Settings = Settings {
    epoch: 1,
    chunk_size: 4,
    resend_window: 60_000,
};
const PARTITION: u32 = 0;

/// xorshift64*: enough for schedules, and the same everywhere.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("fits")
    }
}

/// A log with re-sent beacons, edge reports and records that nobody can read.
pub(crate) struct Log(Vec<Consumed>);

impl Log {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mut records: Vec<Consumed> = Vec::new();
        let mut at = 1_700_000_000_000;
        for offset in 0..rng.below(40) {
            // All copies of a beacon lie within the re-send window.
            at += i64::try_from(rng.below(1000)).expect("fits");
            let mut record = match rng.below(10) {
                0..=2 if !records.is_empty() => records[rng.index(records.len())].clone(),
                3 => record(b"not an entry".to_vec()),
                4 => record(Entry::EdgeReport(EdgeReport::default()).encode()),
                _ => record(Entry::Beacon(envelope(rng, at)).encode()),
            };
            record.offset = offset;
            record.append_time = UnixMillis(at);
            records.push(record);
        }
        Self(records)
    }

    /// What must be counted: the first copy of every beacon.
    fn first_copies(&self) -> Vec<Envelope> {
        let mut seen = BTreeSet::new();
        let entries = self
            .0
            .iter()
            .filter_map(|record| Entry::decode(&record.payload).ok());
        let envelopes = entries.filter_map(|entry| match entry {
            Entry::Beacon(envelope) => Some(envelope),
            Entry::EdgeReport(_) => None,
        });
        envelopes
            .filter(|envelope| seen.insert(envelope.beacon))
            .collect()
    }
}

fn record(payload: Vec<u8>) -> Consumed {
    Consumed {
        partition: PARTITION,
        offset: 0,
        append_time: UnixMillis(0),
        key: [0; 12],
        payload: Bytes::from(payload),
    }
}

fn envelope(rng: &mut Rng, at: i64) -> Envelope {
    let mut beacon = [0; 12];
    beacon[..8].copy_from_slice(&rng.below(u64::MAX).to_be_bytes());
    let observations = (0..rng.below(3) + 1)
        .map(|_| observation(rng, at))
        .collect();
    Envelope {
        beacon: BeaconId(beacon),
        received_at: UnixMillis(at),
        origin: Origin {
            app: "shop".into(),
            environment: String::new(),
            release: String::new(),
            source: Source::Browser,
            page_origin: "https://shop.test".into(),
            context: Context::Page,
            session: SessionId(1),
            network: 1,
            browser: Browser::default(),
            lab: false,
        },
        observations,
    }
}

fn observation(rng: &mut Rng, at: i64) -> Observation {
    let late = i64::try_from(rng.below(120_000)).expect("fits");
    Observation {
        kind: Kind::Request,
        at: UnixMillis(at - late),
        target_origin: "https://api.test".into(),
        endpoint: ["/a", "/b"][rng.index(2)].into(),
        service: String::new(),
        method: "GET".into(),
        credentialed: false,
        preflighted: false,
        status: 200,
        outcome: Outcome::Ok,
        failure: None,
        count: u32::try_from(rng.below(5) + 1).expect("fits"),
        latency: Latency::from_pairs([(u8::try_from(rng.below(100)).expect("fits"), 1)]),
        preflight_latency: Latency::default(),
    }
}

type PartKey = (i64, u64, String);

/// What the store holds, as its tables collapse it.
#[derive(Default)]
pub(crate) struct ModelStore {
    raw: HashMap<(i64, BeaconId, u16), (u64, UnixMillis, u32)>,
    parts: BTreeMap<PartKey, PartRow>,
    chunks: BTreeMap<u64, ChunkRow>,
    dead_letters: BTreeSet<u64>,
    progress: Option<ProgressRow>,
}

impl ModelStore {
    fn seen(&self, below: u64) -> Vec<SeenBeacon> {
        let rows = self
            .raw
            .iter()
            .filter(|(_, (offset, _, _))| *offset < below);
        rows.map(|((_, beacon, _), &(offset, append_time, _))| SeenBeacon {
            beacon: *beacon,
            offset,
            append_time,
        })
        .collect()
    }

    fn write(&mut self, batch: Batch) {
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
            if self
                .parts
                .get(&key)
                .is_none_or(|held| held.version <= part.version)
            {
                self.parts.insert(key, part);
            }
        }
        for chunk in batch.chunks {
            if self
                .chunks
                .get(&chunk.chunk.0)
                .is_none_or(|held| held.version <= chunk.version)
            {
                self.chunks.insert(chunk.chunk.0, chunk);
            }
        }
        self.dead_letters
            .extend(batch.dead_letters.iter().map(|letter| letter.offset));
        for progress in batch.progress {
            let is_ahead = self
                .progress
                .is_none_or(|held| held.next_offset <= progress.next_offset);
            if is_ahead {
                self.progress = Some(progress);
            }
        }
    }

    pub(crate) fn double_a_part(&mut self) {
        if let Some(part) = self.parts.values_mut().next() {
            part.count *= 2;
        }
    }

    pub(crate) fn check(&self, log: &Log) -> Result<(), String> {
        let mut expected: BTreeMap<(i64, String), (u64, u64)> = BTreeMap::new();
        let (mut rows, mut beacons) = (0, 0);
        for envelope in log.first_copies() {
            beacons += 1;
            for observation in &envelope.observations {
                rows += 1;
                let key = (observation.at.minute().0, observation.endpoint.clone());
                let sum = expected.entry(key).or_default();
                sum.0 += u64::from(observation.count);
                sum.1 += 1;
            }
        }
        let mut found: BTreeMap<(i64, String), (u64, u64)> = BTreeMap::new();
        for ((minute, _, endpoint), part) in &self.parts {
            let sum = found.entry((*minute, endpoint.clone())).or_default();
            sum.0 += part.count;
            sum.1 += part.latency.iter().map(|pair| pair.1).sum::<u64>();
        }
        equal("rollups", &found, &expected)?;
        equal("raw rows", &self.raw.len(), &rows)?;
        let count = |of: fn(&ChunkRow) -> u64| self.chunks.values().map(of).sum::<u64>();
        equal("records", &count(|c| c.records), &(log.0.len() as u64))?;
        equal("stored beacons", &count(|c| c.beacons_stored), &beacons)?;
        equal("stored rows", &count(|c| c.rows), &(rows as u64))?;
        let dead = count(|c| c.dead_lettered);
        equal("dead letters", &dead, &(self.dead_letters.len() as u64))?;
        let sum = count(|c| c.beacons_stored + c.duplicates + c.dead_lettered + c.edge_reports);
        equal("ledger", &sum, &(log.0.len() as u64))
    }
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

/// A loader between crashes: it holds a machine and the writes it has prepared.
pub(crate) struct Worker {
    machine: Partition,
    pending: Pending,
    writes: VecDeque<Batch>,
    next: usize,
}

impl Worker {
    pub(crate) fn start(log: &Log, store: &ModelStore) -> Self {
        let stored = store.progress.map_or(0, |progress| progress.next_offset);
        let start = Partition::restart_at(SETTINGS, stored);
        let mut machine = Partition::new(SETTINGS, PARTITION, start);
        machine.restore(store.seen(start));
        let next = log.0.partition_point(|record| record.offset < start);
        Self {
            machine,
            pending: Pending::default(),
            writes: VecDeque::new(),
            next,
        }
    }

    pub(crate) fn consume(&mut self, log: &Log, records: u64) {
        for _ in 0..records {
            let Some(record) = log.0.get(self.next) else {
                break;
            };
            self.machine.consume(record.clone(), &mut self.pending);
            self.next += 1;
        }
    }

    /// Prepares the inserts of a flush: each is atomic, a crash may fall between any two.
    pub(crate) fn flush(&mut self) {
        self.machine.flush(&mut self.pending);
        let batch = std::mem::take(&mut self.pending).batch;
        let one = Batch::default;
        self.writes.push_back(Batch {
            observations: batch.observations,
            ..one()
        });
        self.writes.push_back(Batch {
            parts: batch.parts,
            ..one()
        });
        self.writes.push_back(Batch {
            chunks: batch.chunks,
            ..one()
        });
        self.writes.push_back(Batch {
            dead_letters: batch.dead_letters,
            ..one()
        });
        self.writes.push_back(Batch {
            progress: batch.progress,
            ..one()
        });
    }

    /// Carries out the oldest prepared insert; whether there was one.
    pub(crate) fn write_one(&mut self, store: &mut ModelStore) -> bool {
        let Some(batch) = self.writes.pop_front() else {
            return false;
        };
        store.write(batch);
        true
    }
}
