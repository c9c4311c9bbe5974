//! A partition that this loader owns: its machine, and what stands before the machine.

use observation::UnixMillis;
use store::SeenBeacon;

use crate::{DecodedRecord, Partition};

/// Records that are held at once, before nothing more is read.
const MAX_HELD: usize = 4096;

/// A partition with what waits for an answer of the store.
pub(crate) struct Owned {
    pub(crate) machine: Partition,
    /// The store holds everything below.
    pub(crate) stored: u64,
    /// The ids below the start are fetched when the first record shows from when on.
    pub(crate) is_restored: bool,
    /// A beacon that the log must hold, before anything is read from it.
    pub(crate) witness: Option<SeenBeacon>,
    /// Records that wait until the store has been asked for copies of the first of them.
    pub(crate) held: Vec<DecodedRecord>,
    /// Everything before the held records has been handed to a write.
    is_settled: bool,
    /// It has been read to its end once.
    is_caught_up: bool,
}

impl Owned {
    pub(crate) const fn new(machine: Partition, stored: u64, witness: Option<SeenBeacon>) -> Self {
        let is_restored = machine.next_offset() == 0;
        Self {
            machine,
            stored,
            is_restored,
            witness,
            held: Vec::new(),
            is_settled: false,
            is_caught_up: false,
        }
    }

    pub(crate) const fn holds_enough(&self) -> bool {
        self.held.len() >= MAX_HELD
    }

    /// Notes that everything appended before `at` was delivered, which says something only where
    /// it was taken in too.
    /// Says whether that is so for the first time.
    pub(crate) fn caught_up(&mut self, at: UnixMillis) -> bool {
        if !self.held.is_empty() || self.witness.is_some() {
            return false;
        }
        self.machine.caught_up(at);
        !std::mem::replace(&mut self.is_caught_up, true)
    }

    /// Notes that what was taken in so far is being written; whether records are held.
    pub(crate) const fn settle(&mut self) -> bool {
        self.is_settled = !self.held.is_empty();
        self.is_settled
    }

    /// Takes the held records once everything before them is written.
    pub(crate) fn settled(&mut self) -> Option<Vec<DecodedRecord>> {
        std::mem::take(&mut self.is_settled).then(|| std::mem::take(&mut self.held))
    }
}
