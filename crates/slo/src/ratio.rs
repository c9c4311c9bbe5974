//! Bad events among all events.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// `bad` of `total` events. Sums of ratios are sums of both parts, in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    /// Events that count against the objective.
    pub bad: u64,
    /// All events, the bad ones among them.
    pub total: u64,
}

impl Ratio {
    /// `bad` of `total` events.
    #[must_use]
    pub const fn new(bad: u64, total: u64) -> Self {
        Self { bad, total }
    }

    /// The share of bad events, between 0 and 1; `None` without events, which is not health.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to 2^53 events, a rounded share beyond"
    )]
    pub fn share(self) -> Option<f64> {
        (self.total > 0).then(|| (self.bad as f64 / self.total as f64).min(1.0))
    }

    /// Whether there is nothing to judge.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.total == 0
    }
}

impl Add for Ratio {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            bad: self.bad.saturating_add(other.bad),
            total: self.total.saturating_add(other.total),
        }
    }
}

impl Sum for Ratio {
    fn sum<I: Iterator<Item = Self>>(ratios: I) -> Self {
        ratios.fold(Self::default(), Add::add)
    }
}

/// The range in which a block rate lies when some failures could not be classified: from "none of
/// the unknown was a block" to "all of it was", so that a classifier that gives up never turns an
/// objective green.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// None of the unknown failures was a block.
    pub low: Ratio,
    /// Every unknown failure was a block.
    pub high: Ratio,
}

impl Band {
    /// The band of `blocked` and `unknown` among `requests`.
    #[must_use]
    pub const fn of(blocked: u64, unknown: u64, requests: u64) -> Self {
        Self {
            low: Ratio::new(blocked, requests),
            high: Ratio::new(blocked.saturating_add(unknown), requests),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ratio() -> impl Strategy<Value = Ratio> {
        (0..1_000_000_u64, 0..1_000_000_u64).prop_map(|(bad, good)| Ratio::new(bad, bad + good))
    }

    #[test]
    fn nothing_observed_has_no_share() {
        assert_eq!(Ratio::default().share(), None);
        assert_eq!(Ratio::new(3, 4000).share(), Some(0.00075));
    }

    proptest! {
        #[test]
        fn sums_do_not_depend_on_the_order(a in ratio(), b in ratio(), c in ratio()) {
            prop_assert_eq!(a + b, b + a);
            prop_assert_eq!((a + b) + c, a + (b + c));
            prop_assert_eq!([a, b, c].into_iter().sum::<Ratio>(), c + b + a);
            prop_assert_eq!(a + Ratio::default(), a);
        }

        #[test]
        fn a_sum_lies_between_its_parts(a in ratio(), b in ratio()) {
            if let (Some(x), Some(y), Some(both)) = (a.share(), b.share(), (a + b).share()) {
                prop_assert!(both >= x.min(y) - 1e-12 && both <= x.max(y) + 1e-12);
            }
        }

        #[test]
        fn the_band_contains_the_point(blocked in 0..1000_u64, unknown in 0..1000_u64, rest in 0..1000_u64) {
            let requests = blocked + unknown + rest;
            let band = Band::of(blocked, unknown, requests);
            for truly_blocked in [0, unknown / 2, unknown] {
                let point = Ratio::new(blocked + truly_blocked, requests).share();
                prop_assert!(band.low.share() <= point && point <= band.high.share());
            }
        }
    }
}
