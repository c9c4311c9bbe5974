//! A loader over a log in memory and a real engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use journal::{ConsumeError, Consumed, Consumer, Event};
use loader::{Config, Loader, LoaderError, LoaderMetrics, ReplayFrom};
use observation::{Entry, Envelope, UnixMillis};
use runtime::{Metrics, Stop};
use store::{Audit, Store};
use testkit::fact::{self, NOON};

pub(crate) const CHUNK: u64 = 256;
const MINUTE: i64 = 60_000;

/// One partition of a log.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    records: Vec<Consumed>,
    first: u64,
    /// Whether someone has read up to the end.
    is_read: bool,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends the beacon `n`, which the edge received at minute `received` and the log took in at
    /// minute `appended`.
    pub(crate) fn append(&self, n: u64, received: i64, appended: i64) {
        let envelope = Envelope {
            received_at: NOON.plus(received * MINUTE),
            ..fact::envelope(n, [fact::ok(), fact::blocked()])
        };
        self.append_bytes(Entry::Beacon(envelope).encode(), appended);
    }

    pub(crate) fn append_bytes(&self, payload: Vec<u8>, appended: i64) {
        let mut state = self.lock();
        let offset = state.records.len() as u64;
        state.records.push(Consumed {
            partition: 0,
            offset,
            append_time: NOON.plus(appended * MINUTE),
            key: [0; 12],
            payload: Bytes::from(payload),
        });
    }

    /// Retention takes everything below `first`.
    pub(crate) fn retain(&self, first: u64) {
        self.lock().first = first;
    }

    pub(crate) fn len(&self) -> u64 {
        self.lock().records.len() as u64
    }

    fn is_read(&self) -> bool {
        self.lock().is_read
    }

    pub(crate) fn consumer(&self) -> Box<dyn Consumer> {
        Box::new(Reader {
            log: self.clone(),
            is_assigned: false,
            next: None,
            is_caught_up: false,
        })
    }
}

struct Reader {
    log: Log,
    is_assigned: bool,
    next: Option<u64>,
    is_caught_up: bool,
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self) -> Result<Event, ConsumeError> {
        if !std::mem::replace(&mut self.is_assigned, true) {
            return Ok(Event::Assigned {
                partition: 0,
                committed: None,
            });
        }
        if let Some(next) = self.next {
            let found = {
                let state = self.log.lock();
                let next = next.max(state.first);
                usize::try_from(next)
                    .ok()
                    .and_then(|at| state.records.get(at).cloned())
            };
            if let Some(record) = found {
                self.next = Some(record.offset + 1);
                return Ok(Event::Record(record));
            }
            if !std::mem::replace(&mut self.is_caught_up, true) {
                self.log.lock().is_read = true;
                return Ok(Event::CaughtUp {
                    partition: 0,
                    next_offset: next,
                    at: NOON,
                });
            }
        }
        std::future::pending().await
    }

    async fn start(&mut self, _: u32, offset: u64) -> Result<u64, ConsumeError> {
        let state = self.log.lock();
        let start = offset.clamp(state.first, state.records.len() as u64);
        self.next = Some(start);
        self.is_caught_up = false;
        Ok(start)
    }

    async fn commit(&mut self, _: u32, _: u64) -> Result<(), ConsumeError> {
        Ok(())
    }

    async fn end_offsets(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError> {
        Ok(vec![(0, self.log.len())])
    }
}

/// Loads the log until all of it is stored, as one process does from its start to its end.
pub(crate) async fn load(
    store: &Store,
    log: &Log,
    epoch: u32,
    replay: Option<ReplayFrom>,
) -> Result<(), LoaderError> {
    let config = Config {
        chunk_size: CHUNK,
        ..Config::default()
    };
    let metrics = Metrics::default().register("loader", LoaderMetrics::register);
    log.lock().is_read = false;
    let mut loader = Loader::new(config, epoch, log.consumer(), store.clone(), metrics);
    if let Some(from) = replay {
        loader = loader.replaying(from);
    }
    let (stop, stopped) = (Stop::new(), Stop::new());
    let watch = async {
        // The progress of a store that is replayed says nothing; what was read is written at the end.
        let is_done = async || match replay {
            // A log shorter than what is stored has to be looked at all the same.
            None => log.is_read() && stored(store, epoch).await >= log.len(),
            Some(_) => log.is_read(),
        };
        testkit::wait_until("all of it is stored", Duration::from_secs(60), || async {
            stopped.is_cancelled() || is_done().await
        })
        .await;
        stop.cancel();
    };
    let run = async {
        let ended = loader.run(stop.clone()).await;
        stopped.cancel();
        ended
    };
    let (ended, ()) = tokio::join!(run, watch);
    ended
}

async fn stored(store: &Store, epoch: u32) -> u64 {
    let progress = store.progress().await.expect("an answer");
    let of = progress.iter().find(|row| row.epoch == epoch);
    of.map_or(0, |row| row.next_offset)
}

/// Raw rows, rollups and ledger against each other, at all times.
pub(crate) async fn audit(store: &Store) -> Audit {
    let (from, to) = (UnixMillis(0), UnixMillis(4_000_000_000_000));
    store.audit(CHUNK, from, to).await.expect("an answer")
}

/// Asserts that everything agrees on `beacons` beacons of two requests.
pub(crate) async fn counts(store: &Store, beacons: u64) {
    let audit = audit(store).await;
    assert!(audit.agrees(), "{audit:#?}");
    assert_eq!(audit.requests, 2 * beacons);
}
