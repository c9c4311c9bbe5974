//! A random log: beacons sent again, some after hours in a spool, edge reports, records that no one
//! can read; and retention, which takes what is stored.

use std::collections::BTreeSet;

use bytes::Bytes;
use journal::Consumed;
use observation::{
    BeaconId, Browser, Context, EdgeReport, Entry, Envelope, Kind, Latency, Observation, Origin,
    Outcome, Page, SessionId, Source, Standing, UnixMillis,
};

use super::{PARTITION, Rng};

const SECOND: i64 = 1000;
/// The edge refuses older copies.
const RETRY_HORIZON: i64 = 300 * SECOND;
const START: i64 = 1_700_000_000_000;

/// A log and what must be counted of it.
pub(crate) struct Log {
    records: Vec<Consumed>,
    /// Offsets below are gone.
    first: u64,
    /// What must be counted: the first copy of every beacon.
    pub(crate) truth: Vec<Envelope>,
}

impl Log {
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let mut records = Vec::new();
        for n in 0..rng.below(16) {
            let sealed = START + millis(rng, 3000 * SECOND);
            match rng.below(8) {
                0 => records.push(record(sealed, b"not an entry".to_vec())),
                1 => records.push(record(
                    sealed,
                    <Entry>::EdgeReport(EdgeReport::default()).encode(),
                )),
                _ => copies(rng, n, sealed, &mut records),
            }
        }
        records.sort_by_key(|record| record.append_time);
        for (offset, record) in (0..).zip(&mut records) {
            record.offset = offset;
        }
        let truth = first_copies(&records);
        Self {
            records,
            first: 0,
            truth,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.records.len() as u64
    }

    pub(crate) const fn first(&self) -> u64 {
        self.first
    }

    /// Retention takes some of what is below `stored`.
    pub(crate) fn retain(&mut self, rng: &mut Rng, stored: u64) {
        if self.first < stored {
            self.first += rng.below(stored - self.first) + 1;
        }
    }

    /// The record at `offset`, unless it is gone or not there yet.
    pub(crate) fn get(&self, offset: u64) -> Option<&Consumed> {
        let at = usize::try_from(offset).ok()?;
        self.records.get(at).filter(|_| offset >= self.first)
    }
}

/// A beacon and its re-sends within the retry horizon, each of which may wait in a spool.
fn copies(rng: &mut Rng, n: u64, sealed: i64, records: &mut Vec<Consumed>) {
    let beacon = envelope(rng, n, sealed);
    for _ in 0..rng.below(4).max(1) {
        let received = sealed + millis(rng, RETRY_HORIZON);
        let waits = match rng.below(4) {
            0 => millis(rng, 6000 * SECOND),
            _ => millis(rng, 2 * SECOND),
        };
        let copy = Envelope {
            received_at: UnixMillis(received),
            ..beacon.clone()
        };
        records.push(record(received + waits, Entry::Beacon(copy).encode()));
    }
}

fn millis(rng: &mut Rng, bound: i64) -> i64 {
    i64::try_from(rng.below(bound.unsigned_abs())).expect("fits")
}

fn first_copies(records: &[Consumed]) -> Vec<Envelope> {
    let mut seen = BTreeSet::new();
    let entries = records
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

fn record(at: i64, payload: Vec<u8>) -> Consumed {
    Consumed {
        partition: PARTITION,
        offset: 0,
        append_time: UnixMillis(at),
        key: [0; 12],
        payload: Bytes::from(payload),
    }
}

fn envelope(rng: &mut Rng, n: u64, at: i64) -> Envelope {
    let mut beacon = [0; 12];
    beacon[..8].copy_from_slice(&n.to_be_bytes());
    let observations = (0..rng.below(2) + 1)
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
            page: Some(Page {
                origin: String::new(),
                context: Context::Page,
                session: SessionId(1),
                network: 1,
                browser: Browser::default(),
                lab: false,
            }),
        },
        observations,
    }
}

fn observation(rng: &mut Rng, at: i64) -> Observation {
    let late = millis(rng, 120 * SECOND);
    Observation {
        kind: Kind::Request,
        page_origin: None,
        at: UnixMillis(at - late),
        target_origin: String::new(),
        endpoint: ["/a", "/b"][rng.index(2)].into(),
        service: String::new(),
        method: "GET".into(),
        credentialed: false,
        preflighted: false,
        parameter: String::new(),
        status: 200,
        outcome: Outcome::Ok,
        failure: None,
        count: u32::try_from(rng.below(5) + 1).expect("fits"),
        standing: Standing::Undisputed,
        latency: Latency::from_pairs([(u8::try_from(rng.below(100)).expect("fits"), 1)]),
        preflight_latency: Latency::default(),
    }
}
