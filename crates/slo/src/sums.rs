//! What is counted, and how sums add up; the counts themselves are in `table.rs`.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use observation::{Kind, Outcome, Stage};

use crate::{Count, Sums};

/// What an observation has to be to be counted: of one kind, and every test holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// What is counted.
    pub kind: Kind,
    /// All of these have to hold.
    pub tests: &'static [Test],
}

/// One property of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Test {
    /// It counts as a request: [`Outcome::counts_as_request`].
    Counted,
    /// It ended so.
    Outcome(Outcome),
    /// It failed there.
    Stage(Stage),
    /// Credentials could be sent.
    Credentialed,
    /// A preflight was needed.
    Preflighted,
    /// Its HTTP status is this or higher.
    StatusFrom(u16),
    /// Its HTTP status is one of these.
    Status(&'static [u16]),
}

impl Condition {
    /// Whether what is known of an observation leaves it possible that the condition holds. Of
    /// credentials, preflight and status nothing is known here.
    #[must_use]
    pub fn may_hold(self, kind: Kind, outcome: Outcome, stage: Option<Stage>) -> bool {
        let may_hold = |test: &Test| match *test {
            Test::Counted => outcome.counts_as_request(),
            Test::Outcome(wanted) => outcome == wanted,
            Test::Stage(wanted) => stage == Some(wanted),
            Test::Credentialed | Test::Preflighted | Test::StatusFrom(_) | Test::Status(_) => true,
        };
        kind == self.kind && self.tests.iter().all(may_hold)
    }
}

/// Durations as (bucket, count), sorted by bucket; the buckets of `observation::Latency`.
pub type Histogram = Vec<(u8, u64)>;

/// Declares what is counted, once: the word, the sum's field and column, and the condition.
macro_rules! counts {
    ($($(#[$meta:meta])* $count:ident $field:ident: $kind:ident [$($test:expr),*];)+) => {
        /// What is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Count { $($(#[$meta])* $count,)+ }

        impl Count {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$count,)+];

            /// The name of the sum.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$count => stringify!($field),)+ }
            }

            /// What an observation has to be to be counted here.
            #[must_use]
            pub const fn condition(self) -> $crate::Condition {
                match self {
                    $(Self::$count => $crate::Condition { kind: observation::Kind::$kind, tests: &[$($test),*] },)+
                }
            }
        }

        /// The sums that all SLIs are ratios of, as one source saw them.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Sums {
            $($(#[$meta])* pub $field: u64,)+
            /// Preflight durations.
            pub preflight_latency: $crate::Histogram,
            /// Request durations.
            pub latency: $crate::Histogram,
            /// All requests by outcome, also those that do not count; sorted, without zeros.
            pub by_outcome: Vec<(observation::Outcome, u64)>,
        }

        impl Sums {
            /// One of the sums.
            #[must_use]
            pub const fn get(&self, count: Count) -> u64 {
                match count { $(Count::$count => self.$field,)+ }
            }

            /// One of the sums, to be changed.
            pub const fn get_mut(&mut self, count: Count) -> &mut u64 {
                match count { $(Count::$count => &mut self.$field,)+ }
            }
        }
    };
}

pub(crate) use counts;

impl AddAssign<&Self> for Sums {
    fn add_assign(&mut self, more: &Self) {
        for &count in Count::ALL {
            let sum = self.get_mut(count);
            *sum = sum.saturating_add(more.get(count));
        }
        add_pairs(&mut self.preflight_latency, &more.preflight_latency);
        add_pairs(&mut self.latency, &more.latency);
        add_pairs(&mut self.by_outcome, &more.by_outcome);
    }
}

fn add_pairs<K: Ord + Copy>(into: &mut Vec<(K, u64)>, more: &[(K, u64)]) {
    let mut counts: BTreeMap<K, u64> = into.drain(..).collect();
    for &(key, count) in more {
        let sum = counts.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
    into.extend(counts);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_add_up_count_by_count_and_bucket_by_bucket() {
        let mut sums = Sums {
            requests: 1,
            latency: vec![(3, 1), (9, 1)],
            by_outcome: vec![(Outcome::Ok, 1)],
            ..Sums::default()
        };
        let more = Sums {
            requests: 2,
            blocked: 1,
            latency: vec![(1, 4), (9, 2)],
            by_outcome: vec![(Outcome::Ok, 1), (Outcome::Blocked, 1)],
            ..Sums::default()
        };
        sums += &more;
        assert_eq!((sums.requests, sums.blocked), (3, 1));
        assert_eq!(sums.latency, [(1, 4), (3, 1), (9, 3)]);
        assert_eq!(sums.by_outcome, [(Outcome::Ok, 2), (Outcome::Blocked, 1)]);
    }

    #[test]
    fn every_count_has_a_sum_of_its_own_that_is_added() {
        for &count in Count::ALL {
            let mut one = Sums::default();
            *one.get_mut(count) = 2;
            let mut sums = one.clone();
            sums += &one;
            for &other in Count::ALL {
                let expect = if other == count { 4 } else { 0 };
                assert_eq!(sums.get(other), expect, "{count:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_condition_is_ruled_out_by_what_is_known_and_by_nothing_else() {
        use Kind::{HeaderRead, Preflight, Request};
        use Outcome::{Aborted, Blocked, HttpError, Ok};
        let (at_preflight, at_response) = (Some(Stage::Preflight), Some(Stage::Response));
        for (count, kind, outcome, stage, may_hold) in [
            (Count::Requests, Request, Ok, None, true),
            (Count::Requests, Request, Aborted, None, false),
            (Count::Requests, Preflight, Ok, None, false),
            (Count::Blocked, Request, Blocked, at_response, true),
            (Count::Blocked, Request, Ok, None, false),
            (Count::CredentialedBlocked, Request, Blocked, None, true),
            (Count::CredentialedDenied, Request, HttpError, None, true),
            (
                Count::PreflightBlocked,
                Request,
                Blocked,
                at_preflight,
                true,
            ),
            (
                Count::PreflightBlocked,
                Request,
                Blocked,
                at_response,
                false,
            ),
            (Count::PreflightsFailed, Preflight, HttpError, None, true),
            (Count::HeaderUnreadable, HeaderRead, Blocked, None, true),
            (Count::HeaderUnreadable, Request, Blocked, None, false),
        ] {
            let got = count.condition().may_hold(kind, outcome, stage);
            assert_eq!(got, may_hold, "{count:?} {kind} {outcome} {stage:?}");
        }
    }
}
