//! How many different texts an application may bring a day.
//!
//! A key is public, so anybody can send rows with made-up endpoints. Past the limit a text that was
//! not seen that day becomes `__other__`; texts seen before the flood, and endpoints that are
//! configured, keep their name.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Says whether a text keeps its name.
pub trait Cardinality {
    /// Whether `value` was seen today or there is still room for it. `app` is [`crate::App::index`],
    /// `day` counts days since 1970 and does not go back.
    fn admits(&self, app: usize, dimension: Dimension, day: i64, value: &str) -> bool;
}

/// The texts seen today, by hash, in a fixed amount of memory per application: about 120 KiB once it
/// sends, nothing before. Without locks: every request asks it for every row.
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
    fn admits(&self, app: usize, dimension: Dimension, day: i64, value: &str) -> bool {
        let Some(tables) = self.apps.get(app) else {
            return false;
        };
        // The hash is keyed per process: nobody can choose texts that fall into one place.
        let hash = self.hasher.hash_one(value);
        tables[dimension as usize]
            .get_or_init(|| Table::new(dimension.limit()))
            .admits(hash, day)
    }
}

/// An open hash table that is emptied by the change of the day: a slot holds 48 bits of the hash and
/// 16 bits of the day, and counts as empty when it is of another day. Within a day slots are only
/// filled, so a text stands before the first empty slot on its way or nowhere.
#[derive(Debug)]
struct Table {
    slots: Box<[AtomicU64]>,
    limit: u32,
    /// The day in the upper half, how many texts it has in the lower.
    filled: AtomicU64,
}

const DAY_BITS: u64 = 0xffff;

impl Table {
    fn new(limit: u32) -> Self {
        // At most two thirds full, so that ways stay short.
        let size = (limit as usize * 3 / 2).next_power_of_two();
        Self {
            slots: (0..size).map(|_| AtomicU64::new(0)).collect(),
            limit,
            filled: AtomicU64::new(0),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lowest bits of a hash are a place"
    )]
    fn admits(&self, hash: u64, day: i64) -> bool {
        let day = self.enter(day);
        // Bit 16 is set so that no text looks like a slot that was never filled.
        let mark = (hash & !DAY_BITS) | (1 << 16) | (day & DAY_BITS);
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        for _ in 0..self.slots.len() {
            let found = self.slots[at].load(Ordering::Relaxed);
            if found == mark {
                return true;
            }
            if found == 0 || found & DAY_BITS != day & DAY_BITS {
                if !self.reserve(day) {
                    return false;
                }
                let put = self.slots[at].compare_exchange(
                    found,
                    mark,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
                match put {
                    Ok(_) => return true,
                    Err(now) if now == mark => return true,
                    Err(_) => {}
                }
            }
            at = (at + 1) & mask;
        }
        false
    }

    /// The later of `day` and the day of the table; a later one starts anew.
    fn enter(&self, day: i64) -> u64 {
        let day = u64::try_from(day).unwrap_or(0) & 0xffff_ffff;
        let mut filled = self.filled.load(Ordering::Relaxed);
        while filled >> 32 < day {
            match self.filled.compare_exchange_weak(
                filled,
                day << 32,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return day,
                Err(now) => filled = now,
            }
        }
        filled >> 32
    }

    /// Takes one of the day's places. A lost race for a slot wastes one place: the limit is never
    /// exceeded.
    fn reserve(&self, day: u64) -> bool {
        self.filled
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |filled| {
                (filled >> 32 == day && filled & 0xffff_ffff < u64::from(self.limit))
                    .then_some(filled + 1)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(slots: &Slots, day: i64, texts: std::ops::Range<u32>) -> usize {
        texts
            .filter(|n| slots.admits(0, Dimension::Endpoint, day, &format!("/e/{n}")))
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
    fn a_new_day_starts_anew_and_a_clock_that_goes_back_does_not() {
        let slots = Slots::new(1);
        assert_eq!(admitted(&slots, 20_000, 0..6_000), 5_000);
        assert_eq!(admitted(&slots, 20_001, 6_000..12_000), 5_000);
        assert_eq!(admitted(&slots, 20_000, 0..10), 0);
    }

    #[test]
    fn applications_and_dimensions_have_places_of_their_own() {
        let slots = Slots::new(2);
        assert_eq!(admitted(&slots, 1, 0..6_000), 5_000);
        assert!(slots.admits(1, Dimension::Endpoint, 1, "/new"));
        assert!(slots.admits(0, Dimension::Release, 1, "/new"));
        assert!(!slots.admits(2, Dimension::Endpoint, 1, "/unknown app"));
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
        assert!((4_990..=5_000).contains(&total), "{total}");
    }
}
