//! What an application's networks reported within the last minutes.

use std::hash::Hash;

use hashbrown::HashMap;
use observation::{MILLIS_PER_MINUTE, UnixMillis};

use super::Side;
use super::networks::Networks;

/// Entries of the maps at most; what comes beyond is part of the application's totals alone until
/// old entries go.
const MAX_SLICES: usize = 8_192;
const MAX_NETWORKS: usize = 16_384;
const MAX_PAIRS: usize = 65_536;
/// Part of a network's reports from which on it stands for a side.
const VOTE: f64 = 0.25;

/// A minute by number: what is compared is this one and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Minute(u32);

impl Minute {
    pub(super) fn of(at: UnixMillis) -> Self {
        let minute = at.0.div_euclid(MILLIS_PER_MINUTE);
        Self(u32::try_from(minute).unwrap_or(0))
    }

    /// Also where a clock was set back.
    const fn is_near(self, other: Self) -> bool {
        self.0.abs_diff(other.0) <= 1
    }
}

/// Requests by side.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts([f64; 2]);

impl Counts {
    pub(super) fn of(self, side: Side) -> f64 {
        self.0[side as usize]
    }

    pub(super) fn total(self) -> f64 {
        self.0[0] + self.0[1]
    }

    /// What is left without a part of it.
    pub(super) fn without(self, part: Self) -> Self {
        Self(std::array::from_fn(|at| (self.0[at] - part.0[at]).max(0.0)))
    }

    fn add(&mut self, side: Side, count: u32) {
        self.0[side as usize] += f64::from(count);
    }

    fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] + other.0[at]))
    }
}

/// What is counted of everybody.
pub(super) trait Reported: Clone + Default {
    /// Both together.
    fn plus(&self, other: &Self) -> Self;
}

/// What one network reported.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    /// Of everything within its share.
    claimed: Counts,
    /// Of what was not disputed.
    pub(super) believed: Counts,
    /// Of these, what needed no confirmation.
    pub(super) unconfirmed: u32,
}

impl Reported for Own {
    fn plus(&self, other: &Self) -> Self {
        Self {
            claimed: self.claimed.plus(other.claimed),
            believed: self.believed.plus(other.believed),
            unconfirmed: self.unconfirmed + other.unconfirmed,
        }
    }
}

impl Own {
    pub(super) fn total(&self) -> f64 {
        self.claimed.total()
    }

    /// Whether `side` is what this network sees.
    fn stands_for(&self, side: Side) -> bool {
        self.claimed.of(side) >= VOTE * self.claimed.total()
    }
}

/// What all networks reported.
#[derive(Debug, Clone, Default)]
pub(super) struct All {
    pub(super) believed: Counts,
    claimed: Counts,
    seen: Networks,
    votes: [Networks; 2],
}

impl Reported for All {
    fn plus(&self, other: &Self) -> Self {
        Self {
            believed: self.believed.plus(other.believed),
            claimed: self.claimed.plus(other.claimed),
            seen: self.seen.union(&other.seen),
            votes: std::array::from_fn(|at| self.votes[at].union(&other.votes[at])),
        }
    }
}

impl All {
    /// Networks, without one of them.
    pub(super) fn networks_without(&self, network: u32) -> f64 {
        self.seen.without(network).count()
    }

    /// Whether there are at least so many.
    pub(super) fn has_networks_without(&self, least: u32, network: u32) -> bool {
        self.seen.without(network).set() >= least
    }

    /// Networks that stand for a side, without one of them.
    pub(super) fn votes_without(&self, side: Side, network: u32) -> f64 {
        self.votes[side as usize].without(network).count()
    }

    pub(super) fn claimed_without(&self, own: &Own) -> f64 {
        self.claimed.without(own.claimed).total()
    }
}

/// Of this minute and of the one before.
#[derive(Debug, Clone)]
struct Recent<T> {
    minute: Minute,
    now: T,
    before: T,
}

impl<T: Reported> Recent<T> {
    fn new(minute: Minute) -> Self {
        Self {
            minute,
            now: T::default(),
            before: T::default(),
        }
    }

    /// Forgets what is too old, or of a clock that was set back since.
    fn turn(&mut self, minute: Minute) {
        if minute.0 == self.minute.0 || minute.0 + 1 == self.minute.0 {
            return;
        }
        let now = std::mem::take(&mut self.now);
        self.before = if minute.0 == self.minute.0 + 1 {
            now
        } else {
            T::default()
        };
        self.minute = minute;
    }

    fn both(&self) -> T {
        self.now.plus(&self.before)
    }
}

/// What was reported, and where by whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    pub(super) minute: Minute,
    pub(super) slice: u64,
    pub(super) network: u32,
    pub(super) side: Side,
    pub(super) count: u32,
}

/// Of one application.
#[derive(Debug)]
pub(super) struct Tallies {
    app: Recent<All>,
    cleared: Minute,
    networks: HashMap<u32, Recent<Own>>,
    slices: HashMap<u64, Recent<All>>,
    pairs: HashMap<(u64, u32), Recent<Own>>,
}

impl Default for Tallies {
    fn default() -> Self {
        Self {
            app: Recent::new(Minute(0)),
            cleared: Minute(0),
            networks: HashMap::new(),
            slices: HashMap::new(),
            pairs: HashMap::new(),
        }
    }
}

impl Tallies {
    /// What all networks reported, and what the one did.
    pub(super) fn of_app(&mut self, report: &Report) -> (All, Own) {
        self.clear(report.minute);
        self.app.turn(report.minute);
        let own = both(&mut self.networks, &report.network, report.minute);
        (self.app.both(), own)
    }

    /// The same of the slice.
    pub(super) fn of_slice(&mut self, report: &Report) -> (All, Own) {
        let all = both(&mut self.slices, &report.slice, report.minute);
        let pair = (report.slice, report.network);
        (all, both(&mut self.pairs, &pair, report.minute))
    }

    /// Takes a report in that is within the network's share.
    pub(super) fn claim(&mut self, report: &Report) {
        let &Report {
            minute,
            slice,
            network,
            ..
        } = report;
        self.app.turn(minute);
        let own = entry(&mut self.networks, network, minute, MAX_NETWORKS);
        let votes = own.map(|own| claim(own, report));
        note(&mut self.app.now, report, votes);
        let own = entry(&mut self.pairs, (slice, network), minute, MAX_PAIRS);
        let votes = own.map(|own| claim(own, report));
        if let Some(all) = entry(&mut self.slices, slice, minute, MAX_SLICES) {
            note(&mut all.now, report, votes);
        }
    }

    /// The report is believed.
    pub(super) fn believe(&mut self, report: &Report) {
        let &Report {
            minute,
            slice,
            network,
            side,
            count,
        } = report;
        self.app.now.believed.add(side, count);
        let owns = [
            entry(&mut self.networks, network, minute, MAX_NETWORKS),
            entry(&mut self.pairs, (slice, network), minute, MAX_PAIRS),
        ];
        for own in owns.into_iter().flatten() {
            own.now.believed.add(side, count);
        }
        if let Some(all) = entry(&mut self.slices, slice, minute, MAX_SLICES) {
            all.now.believed.add(side, count);
        }
    }

    /// Takes the report as one that needs no confirmation, if the network has any left of `most`.
    pub(super) fn takes_unconfirmed(&mut self, report: &Report, most: u32) -> bool {
        let own = entry(
            &mut self.networks,
            report.network,
            report.minute,
            MAX_NETWORKS,
        );
        let Some(own) = own else {
            return false;
        };
        if report.count > most.saturating_sub(own.both().unconfirmed) {
            return false;
        }
        own.now.unconfirmed += report.count;
        true
    }

    /// Once a minute, lets go what was not reported for two.
    fn clear(&mut self, minute: Minute) {
        if minute == self.cleared {
            return;
        }
        self.cleared = minute;
        self.networks
            .retain(|_, recent| recent.minute.is_near(minute));
        self.slices
            .retain(|_, recent| recent.minute.is_near(minute));
        self.pairs.retain(|_, recent| recent.minute.is_near(minute));
    }
}

/// Counts a report for its network; says whether that now stands for its side.
fn claim(own: &mut Recent<Own>, report: &Report) -> bool {
    own.now.claimed.add(report.side, report.count);
    own.both().stands_for(report.side)
}

/// Counts a report for all.
fn note(all: &mut All, report: &Report, votes: Option<bool>) {
    all.claimed.add(report.side, report.count);
    all.seen.insert(report.network);
    if votes == Some(true) {
        all.votes[report.side as usize].insert(report.network);
    }
}

fn both<K: Hash + Eq, T: Reported>(map: &mut HashMap<K, Recent<T>>, key: &K, minute: Minute) -> T {
    map.get_mut(key).map_or_else(T::default, |recent| {
        recent.turn(minute);
        recent.both()
    })
}

/// The entry of a key, unless there are too many.
fn entry<K: Hash + Eq, T: Reported>(
    map: &mut HashMap<K, Recent<T>>,
    key: K,
    minute: Minute,
    most: usize,
) -> Option<&mut Recent<T>> {
    if map.len() >= most && !map.contains_key(&key) {
        return None;
    }
    let recent = map.entry(key).or_insert_with(|| Recent::new(minute));
    recent.turn(minute);
    Some(recent)
}
