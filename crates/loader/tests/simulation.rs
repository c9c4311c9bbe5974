//! Seeded schedules of crashes, replays, owners that do not know they lost a partition, and writes
//! that arrive late. Whatever the schedule, in the end every beacon counts exactly once in raw rows
//! and in rollups, and the ledger balances.

mod model;

use model::{Log, ModelStore, Rng, Worker};

const SCHEDULES: u64 = 20_000;

/// Runs one schedule and checks the store against the log.
fn run(seed: u64) {
    let mut rng = Rng::new(seed);
    let log = Log::random(&mut rng);
    let mut store = ModelStore::default();
    let mut workers = vec![Worker::start(&log, &store)];
    for _ in 0..rng.below(60) + 5 {
        let at = rng.index(workers.len());
        match rng.below(12) {
            0 => workers[at] = Worker::start(&log, &store),
            // A second owner starts; the first goes on as a zombie.
            1 if workers.len() < 3 => workers.push(Worker::start(&log, &store)),
            2 if workers.len() > 1 => drop(workers.swap_remove(at)),
            3..=6 => workers[at].consume(&log, rng.below(6)),
            7 => workers[at].flush(),
            _ => drop(workers[at].write_one(&mut store)),
        }
    }
    let mut last = Worker::start(&log, &store);
    last.consume(&log, u64::MAX);
    last.flush();
    while last.write_one(&mut store) {}
    for mut zombie in workers {
        zombie.flush();
        while zombie.write_one(&mut store) {}
    }
    store
        .check(&log)
        .unwrap_or_else(|problem| panic!("seed {seed}: {problem}"));
}

#[test]
fn every_schedule_of_crashes_and_zombies_counts_every_beacon_exactly_once() {
    for seed in 0..SCHEDULES {
        run(seed);
    }
}

#[test]
fn a_store_that_forgets_versions_is_caught_by_the_oracle() {
    let caught = (0..200).any(|seed| {
        let mut rng = Rng::new(seed);
        let log = Log::random(&mut rng);
        let mut store = ModelStore::default();
        let mut worker = Worker::start(&log, &store);
        worker.consume(&log, u64::MAX);
        worker.flush();
        while worker.write_one(&mut store) {}
        store.double_a_part();
        store.check(&log).is_err()
    });
    assert!(caught, "the oracle sees a doubled sum");
}
