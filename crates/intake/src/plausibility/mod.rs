//! How much of what strangers report is believed.
//!
//! A key is public and an `Origin` can be forged, so anybody can report a million successes or blocks.
//! Nothing is refused for that: the edge decides once, before the journal, whether a row is disputed,
//! and says so in the row ([`Standing`]). Disputed rows are stored and shown, but are no part of what
//! objectives are judged by. Three questions, each with a bound:
//!
//! 1. **Weight.** Is it more than one page load, or one network, does in a minute?
//! 2. **Share.** Is it more than one network's share of the traffic of the application?
//! 3. **Agreement.** Does one network report what the others do not see? Where a tenth of the other
//!    networks see mostly that, it counts. Else a network's blocks (or, in an outage, its successes)
//!    count as far as the others see such in the same proportion, plus what chance allows, plus a few
//!    that need no confirmation: some network is the first in an outage.
//!
//! Share and agreement need others to compare with: with fewer than `MIN_NETWORKS` networks within
//! the last minutes, nothing is disputed for them.

mod networks;
mod rates;
mod tally;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Mutex, OnceLock, PoisonError};

use observation::{Outcome, SessionId, Standing, UnixMillis};

use self::rates::Rates;
use self::tally::{All, Minute, Own, Report, Tallies};

/// Networks of a comparison, at least.
const MIN_NETWORKS: u32 = 5;
/// Requests that one beacon may report: the busiest pages, for as long as beacons are put off.
const MAX_OF_BEACON: u64 = 5_000;
/// Requests a second of one page load, and of one network, in the long run.
const SESSION_RATE: u32 = 20;
const NETWORK_RATE: u32 = 1_000;
/// How many seconds of that may come together.
const BURST_SECONDS: u32 = 300;
/// A network may have so many times the share of the average one, however many there are.
const TIMES_AVERAGE: f64 = 4.0;
/// A side that so many other networks stand for, and such a part of them, needs no comparison: a part
/// of the networks may well be all that an outage reaches.
/// (The number is an estimate.)
const WITNESSES: f64 = 3.5;
const WITNESSES_PART: f64 = 0.1;
/// How much larger a network's part of an outcome may be than that of the others.
const TIMES_OTHERS: f64 = 1.5;
/// Standard deviations of a Poisson count that are left to chance.
const DEVIATIONS: f64 = 3.0;
/// Reports of one network within a window that need no confirmation by another.
const UNCONFIRMED: u32 = 2;

/// What reports are told apart by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reporter {
    /// [`crate::App::index`].
    pub(crate) app: usize,
    /// The page load.
    pub(crate) session: SessionId,
    /// Hash of the client's network; 0 where unknown.
    pub(crate) network: u32,
    /// When it arrived.
    pub(crate) at: UnixMillis,
    /// The largest part of the application's traffic that one network may have.
    pub(crate) network_share: f64,
    /// Whether the browser withheld the origin of the page, and the application disputes that.
    pub(crate) has_opaque_origin: bool,
}

/// The two kinds of ends that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Good,
    Bad,
}

impl Side {
    /// None for what no ratio of blocks counts.
    const fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            // A rise of `unknown` widens the band of M1, so one network alone cannot make one either.
            Outcome::Blocked | Outcome::Unknown => Some(Self::Bad),
            other if other.counts_as_request() => Some(Self::Good),
            _ => None,
        }
    }
}

/// What was reported lately, by application, slice and network, in a bounded amount of memory.
#[derive(Debug)]
pub struct Plausibility {
    /// Keyed per process, so that a sender cannot choose what falls together.
    hasher: RandomState,
    sessions: Rates,
    networks: Rates,
    apps: Box<[OnceLock<Mutex<Tallies>>]>,
}

impl Plausibility {
    /// For `apps` applications.
    #[must_use]
    pub fn new(apps: usize) -> Self {
        Self {
            hasher: RandomState::new(),
            sessions: Rates::new(SESSION_RATE, SESSION_RATE * BURST_SECONDS),
            networks: Rates::new(NETWORK_RATE, NETWORK_RATE * BURST_SECONDS),
            apps: (0..apps).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Takes in what a beacon reports, and says of each row how it stands.
    pub(crate) fn judge<'a, S: AsRef<str> + 'a>(
        &self,
        reporter: Reporter,
        rows: impl Iterator<Item = &'a mut observation::Observation<S>>,
    ) {
        let Some(tallies) = self.apps.get(reporter.app) else {
            return;
        };
        let tallies = tallies.get_or_init(Mutex::default);
        let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = Minute::of(reporter.at);
        let mut of_beacon = 0;
        for row in rows {
            // What is disputed anyway uses up nothing of its network: any page may hold the frame that sent it.
            if reporter.has_opaque_origin {
                row.standing = Standing::OpaqueOrigin;
                continue;
            }
            of_beacon += u64::from(row.count);
            let is_heavy = of_beacon > MAX_OF_BEACON || !self.is_within_rates(reporter, row.count);
            row.standing = match Side::of(row.outcome) {
                _ if is_heavy => Standing::Excessive,
                None => Standing::Undisputed,
                Some(side) => {
                    let report = Report {
                        minute,
                        slice: self.slice(row),
                        network: reporter.network,
                        side,
                        count: row.count,
                    };
                    compare(&mut tallies, &report, reporter.network_share)
                }
            };
        }
    }

    fn is_within_rates(&self, reporter: Reporter, count: u32) -> bool {
        let session = self.hasher.hash_one((reporter.app, reporter.session));
        let network = self.hasher.hash_one((reporter.app, reporter.network));
        self.sessions.admits(session, count, reporter.at)
            && (reporter.network == 0 || self.networks.admits(network, count, reporter.at))
    }

    /// CORS breaks, or works, by endpoint and method.
    fn slice<S: AsRef<str>>(&self, row: &observation::Observation<S>) -> u64 {
        let target = row.target_origin.as_ref();
        let (endpoint, method) = (row.endpoint.as_ref(), row.method.as_ref());
        self.hasher.hash_one((row.kind, target, endpoint, method))
    }
}

fn compare(tallies: &mut Tallies, report: &Report, network_share: f64) -> Standing {
    let (app, own) = tallies.of_app(report);
    let network = report.network;
    let is_comparable = app.has_networks_without(MIN_NETWORKS - 1, network) && network != 0;
    if is_comparable {
        let claimed = app.claimed_without(&own);
        let total = own.total() + f64::from(report.count);
        if total > network_share * claimed
            && total > TIMES_AVERAGE * claimed / app.networks_without(network)
        {
            return Standing::NetworkShare;
        }
    }
    let agrees = !is_comparable || {
        let (in_slice, own_in_slice) = tallies.of_slice(report);
        if in_slice.has_networks_without(MIN_NETWORKS - 1, network) {
            is_like(&in_slice, &own_in_slice, report)
        } else {
            // No other network asks there: how the application does is all there is to compare with.
            is_like(&app, &own, report)
        }
    };
    tallies.claim(report);
    if agrees || tallies.takes_unconfirmed(report, UNCONFIRMED) {
        tallies.believe(report);
        Standing::Undisputed
    } else {
        Standing::Contradicted
    }
}

/// Whether the report leaves its network within what the others see.
fn is_like(all: &All, own: &Own, report: &Report) -> bool {
    let (side, network) = (report.side, report.network);
    let others = all.believed.without(own.believed);
    let part = others.of(side) / others.total().max(1.0);
    if part >= 0.5 {
        return true;
    }
    let votes = all.votes_without(side, network);
    if votes >= WITNESSES && votes >= WITNESSES_PART * all.networks_without(network) {
        return true;
    }
    let count = f64::from(report.count);
    let expected = part * (own.believed.total() + count);
    let allowed = TIMES_OTHERS * expected + DEVIATIONS * expected.sqrt();
    own.believed.of(side) + count <= allowed
}

#[cfg(test)]
mod tests;
