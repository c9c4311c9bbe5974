//! Seeded schedules of crashes, replays, owners that do not know they lost a partition, writes that
//! arrive late or twice, records that come out of a spool hours later, retention that takes the
//! start of an open chunk, and aggregators that compact and prune meanwhile. Whatever the schedule,
//! in the end every beacon counts exactly once in raw rows and in rollups, and the ledger balances.

mod model;

use std::sync::atomic::{AtomicU64, Ordering};

use model::log::Log;
use model::store::{Compaction, ModelStore};
use model::worker::Worker;
use model::{Rng, SETTINGS};

const SCHEDULES: u64 = 120_000;
/// Seeds that are taken at once by a thread.
const SHARE: u64 = 1000;

/// A store, who writes it, and what may happen to them.
struct World {
    log: Log,
    store: ModelStore,
    workers: Vec<Worker>,
    compactions: Vec<(Compaction, bool)>,
}

impl World {
    fn new(rng: &mut Rng) -> Self {
        let (log, store) = (Log::random(rng), ModelStore::default());
        let workers = vec![Worker::start(&log, &store)];
        Self {
            log,
            store,
            workers,
            compactions: Vec::new(),
        }
    }

    fn step(&mut self, rng: &mut Rng) {
        let at = rng.index(self.workers.len());
        match rng.below(16) {
            0 => self.workers[at] = Worker::start(&self.log, &self.store),
            // A second owner starts; the first goes on as a zombie.
            1 if self.workers.len() < 3 => {
                self.workers.push(Worker::start(&self.log, &self.store));
            }
            2 if self.workers.len() > 1 => drop(self.workers.swap_remove(at)),
            3..=6 => self.workers[at].consume(&self.log, &self.store, rng.below(6)),
            7 => self.workers[at].flush(),
            8 => self.workers[at].write_unanswered(&mut self.store),
            9 => self.log.retain(rng, self.store.stored()),
            10 => self.aggregate(rng),
            _ => drop(self.workers[at].write_one(&mut self.store)),
        }
    }

    /// One step of one of at most two aggregators.
    fn aggregate(&mut self, rng: &mut Rng) {
        match rng.below(4) {
            0 => self.store.prune(),
            1 if self.compactions.len() < 2 => {
                let read = self.store.read_span(SETTINGS.chunk_size);
                self.compactions.extend(read.map(|span| (span, false)));
            }
            _ if self.compactions.is_empty() => {}
            _ => {
                let at = rng.index(self.compactions.len());
                if self.compactions[at].1 {
                    let (span, _) = self.compactions.swap_remove(at);
                    self.store.finish_span(&span);
                } else {
                    self.store.write_span(&self.compactions[at].0);
                    self.compactions[at].1 = true;
                }
            }
        }
    }

    /// Lets everybody finish, zombies last.
    fn settle(mut self) -> Result<(), String> {
        Worker::start(&self.log, &self.store).finish(&self.log, &mut self.store);
        for mut zombie in self.workers {
            zombie.flush();
            while zombie.write_one(&mut self.store) {}
        }
        for (span, is_written) in self.compactions {
            if is_written {
                self.store.finish_span(&span);
            }
        }
        while let Some(span) = self.store.read_span(SETTINGS.chunk_size) {
            self.store.write_span(&span);
            self.store.finish_span(&span);
        }
        self.store.check(&self.log)
    }
}

/// Runs one schedule and checks the store against the log.
fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let mut world = World::new(&mut rng);
    for _ in 0..rng.below(80) + 5 {
        world.step(&mut rng);
    }
    world
        .settle()
        .unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
}

#[test]
fn every_schedule_of_crashes_zombies_and_retention_counts_every_beacon_exactly_once() {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(SHARE, Ordering::Relaxed);
                    if first >= SCHEDULES {
                        break;
                    }
                    (first..first + SHARE).for_each(run);
                }
            });
        }
    });
}

#[test]
fn a_store_that_forgets_versions_is_caught_by_the_oracle() {
    let caught = (0..200).any(|seed| {
        let mut world = World::new(&mut Rng::new(seed));
        world.workers[0].finish(&world.log, &mut world.store);
        world.store.double_a_part();
        world.store.check(&world.log).is_err()
    });
    assert!(caught, "the oracle sees a doubled sum");
}
