//! The texts of one dimension that an application brought today.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::Sighting;

/// The part of a table's limit that one network may bring once the table is full.
const SHARES: u32 = 20;
/// A text that so many networks use gives way to no other.
const FIRM: u32 = 3;
/// The same for texts of a network that has brought more than its share.
const FIRM_BEYOND_SHARE: u32 = 17;
/// Places that are looked at for a text that gives way.
const SAMPLE: usize = 256;

/// An open hash table with linear probing that is emptied by the change of the day. What a reader
/// finds without the lock is there; what it does not find, the holder of the lock looks for again,
/// because texts move when one gives way.
#[derive(Debug)]
pub(super) struct Table {
    slots: Box<[Slot]>,
    limit: u32,
    day: AtomicU64,
    ledger: Mutex<Ledger>,
}

/// A place for a text.
#[derive(Debug, Default)]
struct Slot {
    /// 47 bits of the hash, a bit that is set, and 16 bits of the day; 0 where it is empty.
    mark: AtomicU64,
    /// The networks that the text was seen from, as a set of [`Slot::bit`].
    networks: AtomicU32,
}

impl Slot {
    fn get(&self) -> u64 {
        self.mark.load(Ordering::Relaxed)
    }

    /// One of 32 bits for each network, none for an unknown one: the set tells few networks from
    /// many, which is all that is asked of it.
    const fn bit(network: u32) -> u32 {
        if network == 0 { 0 } else { 1 << (network % 32) }
    }

    fn witness(&self, network: u32) {
        let bit = Self::bit(network);
        if self.networks.load(Ordering::Relaxed) & bit != bit {
            self.networks.fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn witnesses(&self) -> u32 {
        self.networks.load(Ordering::Relaxed).count_ones()
    }

    fn put(&self, mark: u64, networks: u32) {
        self.networks.store(networks, Ordering::Relaxed);
        self.mark.store(mark, Ordering::Relaxed);
    }
}

/// Who brought which text; only with the lock.
#[derive(Debug)]
struct Ledger {
    owners: Box<[u32]>,
    brought: HashMap<u32, u32>,
    taken: u32,
}

const DAY_BITS: u64 = 0xffff;

impl Table {
    pub(super) fn new(limit: u32) -> Self {
        // At most two thirds full, so that ways stay short.
        let size = (limit as usize * 3 / 2).next_power_of_two();
        Self {
            slots: (0..size).map(|_| Slot::default()).collect(),
            limit,
            day: AtomicU64::new(0),
            ledger: Mutex::new(Ledger {
                owners: vec![0; size].into(),
                brought: HashMap::new(),
                taken: 0,
            }),
        }
    }

    pub(super) fn admits(&self, hash: u64, sighting: Sighting) -> bool {
        let day = u64::try_from(sighting.day).unwrap_or(0);
        let today = self.day.load(Ordering::Acquire);
        if day <= today
            && let Ok(at) = self.find(hash, today)
        {
            self.slots[at].witness(sighting.network);
            return true;
        }
        self.enter(hash, day, sighting.network)
    }

    /// Where the text is, or else the empty place where its way ends.
    fn find(&self, hash: u64, day: u64) -> Result<usize, usize> {
        let mark = mark(hash, day);
        let mut at = self.home(hash);
        // A reader without the lock may see a text on its way from one place to another: bounded.
        for _ in 0..self.slots.len() {
            match self.slots[at].get() {
                0 => break,
                found if found == mark => return Ok(at),
                _ => at = self.next(at),
            }
        }
        Err(at)
    }

    fn enter(&self, hash: u64, day: u64, network: u32) -> bool {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if day > self.day.load(Ordering::Acquire) {
            self.empty(&mut ledger);
            self.day.store(day, Ordering::Release);
        }
        let today = self.day.load(Ordering::Acquire);
        match self.find(hash, today) {
            Ok(at) => {
                self.slots[at].witness(network);
                return true;
            }
            Err(_) if ledger.taken < self.limit => {}
            Err(_) => {
                let brought = ledger.brought.get(&network).copied().unwrap_or(0);
                let victim = if brought < self.share() {
                    self.victim(&ledger, hash)
                } else {
                    None
                };
                let Some(victim) = victim else {
                    return false;
                };
                self.remove(&mut ledger, victim);
            }
        }
        // The way may be shorter now.
        let Err(at) = self.find(hash, today) else {
            return true;
        };
        self.slots[at].put(mark(hash, today), Slot::bit(network));
        ledger.owners[at] = network;
        ledger.taken += 1;
        *ledger.brought.entry(network).or_default() += 1;
        true
    }

    fn share(&self) -> u32 {
        (self.limit / SHARES).max(1)
    }

    /// A text that gives way: of those of few networks the one of the fewest, and of these the one
    /// whose network brought most.
    fn victim(&self, ledger: &Ledger, hash: u64) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let start = (hash >> 32) as usize;
        (0..SAMPLE.min(self.slots.len()))
            .map(|step| start.wrapping_add(step) & mask)
            .filter(|at| self.slots[*at].get() != 0)
            .filter_map(|at| {
                let brought = ledger.brought.get(&ledger.owners[at]).copied().unwrap_or(0);
                let firm = if brought > self.share() {
                    FIRM_BEYOND_SHARE
                } else {
                    FIRM
                };
                let witnesses = self.slots[at].witnesses();
                (witnesses < firm).then_some((witnesses, std::cmp::Reverse(brought), at))
            })
            .min()
            .map(|(_, _, at)| at)
    }

    /// Removes a text and moves those behind it up, so that every way still ends at an empty place
    /// (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R).
    fn remove(&self, ledger: &mut Ledger, mut gap: usize) {
        ledger.taken -= 1;
        let owner = ledger.owners[gap];
        if let Some(brought) = ledger.brought.get_mut(&owner) {
            *brought -= 1;
            if *brought == 0 {
                ledger.brought.remove(&owner);
            }
        }
        let mask = self.slots.len() - 1;
        let mut at = gap;
        loop {
            at = self.next(at);
            let found = self.slots[at].get();
            if found == 0 {
                break;
            }
            let home = self.home(found);
            // Whether the way from its home to where it is leads over the gap.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(gap) & mask) {
                let networks = self.slots[at].networks.load(Ordering::Relaxed);
                self.slots[gap].put(found, networks);
                ledger.owners[gap] = ledger.owners[at];
                gap = at;
            }
        }
        self.slots[gap].put(0, 0);
    }

    fn empty(&self, ledger: &mut Ledger) {
        for slot in &self.slots {
            slot.put(0, 0);
        }
        ledger.brought.clear();
        ledger.taken = 0;
    }

    /// Where the way of a text begins. The bits are those of the hash that a mark keeps.
    fn home(&self, hash: u64) -> usize {
        (hash >> 24) as usize & (self.slots.len() - 1)
    }

    const fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }
}

/// Bit 16 is set so that no text looks like an empty place.
const fn mark(hash: u64, day: u64) -> u64 {
    (hash & !(DAY_BITS | 1 << 16)) | (1 << 16) | (day & DAY_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dimension;

    #[test]
    fn texts_that_move_when_another_gives_way_are_still_found() {
        // A small table, where ways are long.
        let table = Table::new(50);
        let seen = |network| Sighting {
            app: 0,
            dimension: Dimension::Environment,
            day: 1,
            network,
        };
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(13);
        for n in 0..50 {
            assert!(table.admits(hash(n), seen(1)));
        }
        // Each network brings two, which is its share, and every text that is admitted is found.
        for network in 2..400 {
            for n in 0..2 {
                let new = hash(1_000 + u64::from(network) * 2 + n);
                assert!(table.admits(new, seen(network)));
                assert!(table.find(new, 1).is_ok());
            }
            let ledger = table.ledger.lock().expect("not poisoned");
            assert_eq!(ledger.taken, 50);
            assert_eq!(ledger.brought.values().sum::<u32>(), 50);
            for (at, slot) in table.slots.iter().enumerate() {
                let found = slot.get();
                if found != 0 {
                    assert_eq!(
                        table.find(found & !DAY_BITS, 1),
                        Ok(at),
                        "a way without a gap"
                    );
                }
            }
        }
    }
}
