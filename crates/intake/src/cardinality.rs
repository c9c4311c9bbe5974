//! How many different texts an application may bring a day.
//!
//! A key is public, so anybody can send rows with synthetic endpoints. Past the limit a new text
//! becomes `__other__`, except that what the configuration names always keeps its name, and that one
//! client network cannot hold more than its share of a full table: a text that few networks use gives
//! way to one that another network brings ([`Slots`]).

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A text of an observation that an application can have only so many of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Endpoint templates.
    Endpoint,
    /// Target origins.
    TargetOrigin,
    /// Page origins, where a pattern allows them.
    PageOrigin,
    /// Releases.
    Release,
    /// Environments.
    Environment,
    /// Methods beyond the usual ones.
    Method,
    /// Names of headers in failures.
    Parameter,
    /// Evidence codes.
    Evidence,
}

impl Dimension {
    /// Every value, in declaration order.
    pub const ALL: &'static [Self] = &[
        Self::Endpoint,
        Self::TargetOrigin,
        Self::PageOrigin,
        Self::Release,
        Self::Environment,
        Self::Method,
        Self::Parameter,
        Self::Evidence,
    ];

    /// The label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::TargetOrigin => "target_origin",
            Self::PageOrigin => "page_origin",
            Self::Release => "release",
            Self::Environment => "environment",
            Self::Method => "method",
            Self::Parameter => "parameter",
            Self::Evidence => "evidence",
        }
    }

    /// How many different texts an application may bring a day.
    #[must_use]
    pub const fn limit(self) -> u32 {
        match self {
            Self::Endpoint => 5_000,
            Self::TargetOrigin | Self::PageOrigin | Self::Parameter => 1_000,
            Self::Release | Self::Evidence => 500,
            Self::Environment | Self::Method => 50,
        }
    }

    /// What stands for every text past the limit.
    #[must_use]
    pub const fn other(self) -> &'static str {
        match self {
            Self::Endpoint => web::EndpointTemplate::OTHER,
            _ => web::OTHER,
        }
    }
}

/// Where a text was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// [`crate::App::index`].
    pub app: usize,
    /// Which text of an observation it is.
    pub dimension: Dimension,
    /// Days since 1970; it does not go back.
    pub day: i64,
    /// Hash of the client's network; 0 where unknown, which is no witness for a text.
    pub network: u32,
}

/// Says whether a text keeps its name.
pub trait Cardinality {
    /// Whether `value` was seen today, or gets a place now.
    fn admits(&self, sighting: Sighting, value: &str) -> bool;
}

/// The texts seen today, by hash, in a fixed amount of memory per application: about 250 KiB once it
/// sends, nothing before. A text that is known is found without a lock: every request asks for every
/// row.
///
/// While a table has room, whoever comes gets a place. Once it is full, a network that has brought
/// more than a twentieth of the limit gets no more, and for other networks a text gives way that was
/// seen from few networks: those of networks beyond their share first.
#[derive(Debug)]
pub struct Slots {
    hasher: RandomState,
    apps: Box<[[OnceLock<Table>; Dimension::ALL.len()]]>,
}

impl Slots {
    /// Room for `apps` applications.
    #[must_use]
    pub fn new(apps: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            apps: (0..apps).map(|_| Default::default()).collect(),
        }
    }
}

impl Cardinality for Slots {
    fn admits(&self, sighting: Sighting, value: &str) -> bool {
        let Some(tables) = self.apps.get(sighting.app) else {
            return false;
        };
        // The hash is keyed per process: nobody can choose texts that fall into one place.
        let hash = self.hasher.hash_one(value);
        tables[sighting.dimension as usize]
            .get_or_init(|| Table::new(sighting.dimension.limit()))
            .admits(hash, sighting)
    }
}

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
struct Table {
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
    fn new(limit: u32) -> Self {
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

    fn admits(&self, hash: u64, sighting: Sighting) -> bool {
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

    fn sighting(day: i64, network: u32) -> Sighting {
        Sighting {
            app: 0,
            dimension: Dimension::Endpoint,
            day,
            network,
        }
    }

    fn admitted(slots: &Slots, day: i64, texts: std::ops::Range<u32>) -> usize {
        admitted_from(slots, sighting(day, 7), texts)
    }

    fn admitted_from(slots: &Slots, sighting: Sighting, texts: std::ops::Range<u32>) -> usize {
        texts
            .filter(|n| slots.admits(sighting, &format!("/e/{n}")))
            .count()
    }

    #[test]
    fn past_the_limit_only_texts_seen_before_keep_their_name() {
        let slots = Slots::new(1);
        assert_eq!(admitted(&slots, 20_000, 0..5_000), 5_000);
        assert_eq!(admitted(&slots, 20_000, 5_000..50_000), 0);
        assert_eq!(admitted(&slots, 20_000, 0..5_000), 5_000);
    }

    #[test]
    fn a_new_day_starts_empty_and_a_clock_that_goes_back_does_not() {
        let slots = Slots::new(1);
        assert_eq!(admitted(&slots, 20_000, 0..6_000), 5_000);
        assert_eq!(admitted(&slots, 20_001, 6_000..12_000), 5_000);
        assert_eq!(admitted(&slots, 20_000, 0..10), 0);
    }

    #[test]
    fn applications_and_dimensions_have_places_of_their_own() {
        let slots = Slots::new(2);
        assert_eq!(admitted(&slots, 1, 0..6_000), 5_000);
        let seen = sighting(1, 7);
        assert!(slots.admits(Sighting { app: 1, ..seen }, "/new"));
        let dimension = Dimension::Release;
        assert!(slots.admits(Sighting { dimension, ..seen }, "/new"));
        assert!(!slots.admits(Sighting { app: 2, ..seen }, "/unknown app"));
    }

    #[test]
    fn threads_together_get_no_more_than_the_limit() {
        let slots = Slots::new(1);
        let total: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread| {
                    let slots = &slots;
                    scope.spawn(move || admitted(slots, 7, thread * 3_000..thread * 3_000 + 3_000))
                })
                .collect();
            threads
                .into_iter()
                .map(|t| t.join().expect("no panic"))
                .sum()
        });
        assert_eq!(total, 5_000);
    }

    #[test]
    fn one_network_cannot_keep_the_others_out() {
        let slots = Slots::new(1);
        let hostile = sighting(1, 1);
        assert_eq!(admitted_from(&slots, hostile, 0..50_000), 5_000);
        // Two hundred networks of two thousand texts, each seen by many of them, between floods.
        for network in 2..202 {
            let honest = sighting(1, network);
            let first = 100_000 + network * 7;
            assert_eq!(
                admitted_from(&slots, honest, first..first + 200),
                200,
                "{network}"
            );
            assert_eq!(
                admitted_from(
                    &slots,
                    hostile,
                    network * 1_000_000..network * 1_000_000 + 100
                ),
                0
            );
        }
        let honest = sighting(1, 300);
        assert_eq!(
            admitted_from(&slots, honest, 100_014..101_607),
            1_593,
            "they keep their names"
        );
    }

    #[test]
    fn ten_networks_that_vouch_for_each_other_leave_half_of_the_places() {
        let slots = Slots::new(1);
        for _ in 0..2 {
            for network in 1..=10 {
                admitted_from(&slots, sighting(1, network), 0..20_000);
            }
        }
        let honest: usize = (20..220)
            .map(|network| {
                let first = 100_000 + network * 10;
                admitted_from(&slots, sighting(1, network), first..first + 10)
            })
            .sum();
        assert_eq!(honest, 2_000, "new texts still get a place");
    }

    #[test]
    fn texts_that_move_when_another_gives_way_are_still_found() {
        // A small table, where ways are long.
        let table = Table::new(50);
        let seen = |network| Sighting {
            dimension: Dimension::Environment,
            ..sighting(1, network)
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
