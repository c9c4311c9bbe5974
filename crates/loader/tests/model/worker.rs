//! A loader between crashes: it holds a machine and the writes it has prepared.

use std::collections::VecDeque;

use loader::{DecodedRecord, Partition, Pending};
use observation::Chunk;
use store::Batch;

use super::log::Log;
use super::store::ModelStore;
use super::{PARTITION, SETTINGS};

pub(crate) struct Worker {
    machine: Partition,
    pending: Pending,
    writes: VecDeque<Batch>,
    is_restored: bool,
}

impl Worker {
    /// Reads from where the store's knowledge ends, as `Loader::start` does.
    pub(crate) fn start(log: &Log, store: &ModelStore) -> Self {
        let stored = store.stored();
        let wanted = Partition::restart_at(SETTINGS, stored);
        let first = log.first().max(wanted);
        let start = stored.max(first);
        let chunk = Chunk::of(start, SETTINGS.chunk_size);
        let machine = if first == wanted || chunk.start(SETTINGS.chunk_size) >= first {
            Partition::new(SETTINGS, PARTITION, first)
        } else {
            Partition::resume(SETTINGS, PARTITION, start, store.base(chunk))
        };
        Self {
            is_restored: machine.next_offset() == 0,
            machine,
            pending: Pending::default(),
            writes: VecDeque::new(),
        }
    }

    /// Takes in up to `records`; stops where everything must be written before the store is asked,
    /// and starts again where retention has overtaken it.
    pub(crate) fn consume(&mut self, log: &Log, store: &ModelStore, records: u64) {
        for _ in 0..records {
            let next = self.machine.next_offset();
            if next < log.first() {
                *self = Self::start(log, store);
                continue;
            }
            let Some(record) = log.get(next) else {
                break;
            };
            if !std::mem::replace(&mut self.is_restored, true) {
                let since = self.machine.wanted_since(record.append_time);
                self.machine.restore(since, store.seen(next, since));
            }
            let opened = DecodedRecord::new(record.clone());
            let copies = match self.machine.must_ask(&opened) {
                None => Vec::new(),
                Some(_) if self.has_unwritten() => {
                    self.flush();
                    break;
                }
                Some(since) => {
                    let mut copies = store.seen(next, since);
                    copies.retain(|copy| Some(copy.beacon) == opened.beacon());
                    copies
                }
            };
            self.machine.consume(opened, &copies, &mut self.pending);
        }
    }

    fn has_unwritten(&self) -> bool {
        !self.writes.is_empty() || self.pending.records() > 0
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

    /// Carries out the oldest prepared insert, whose answer is lost: it will be repeated.
    pub(crate) fn write_unanswered(&mut self, store: &mut ModelStore) {
        if let Some(batch) = self.writes.front() {
            store.write(batch.clone());
        }
    }

    /// Reads and writes everything that is there.
    pub(crate) fn finish(&mut self, log: &Log, store: &mut ModelStore) {
        while self.machine.next_offset() < log.len() {
            self.consume(log, store, u64::MAX);
            self.flush();
            while self.write_one(store) {}
        }
        self.flush();
        while self.write_one(store) {}
    }
}
