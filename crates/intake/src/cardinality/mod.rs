//! How many different texts an application may bring a day.
//!
//! A key is public, so anybody can send rows with synthetic endpoints. Past the limit a new text
//! becomes `__other__`, except that what the configuration names always keeps its name, and that one
//! client network cannot hold more than its share of a full table: a text that few networks use gives
//! way to one that another network brings ([`Slots`]).

mod table;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::OnceLock;

use self::table::Table;

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
    /// Hash of the client's network; 0 where unknown, which is not a witness for a text.
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
        // The hash is keyed per process: a sender cannot choose texts that fall into one place.
        let hash = self.hasher.hash_one(value);
        tables[sighting.dimension as usize]
            .get_or_init(|| Table::new(sighting.dimension.limit()))
            .admits(hash, sighting)
    }
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
}
