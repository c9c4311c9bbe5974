//! Whether one group of events is worse than another, by more than chance explains.

use observation::vocabulary;
use serde::Serialize;

use crate::Ratio;

/// Two-sided 99 % of the normal distribution.
const Z: f64 = 2.575_829_303_548_901;
/// Bad events from which something can be called worse.
const MIN_BAD: u64 = 3;
/// Events from which either side can be judged.
pub const MIN_EVENTS: u64 = 50;
/// A smaller rise of the share of bad events fails nothing.
const LEAST_RISE: f64 = 0.001;
/// What passes rises by no more than this, as far as the data can tell.
pub const TOLERATED_RISE: f64 = 0.01;

vocabulary! {
    /// How a change compares with its baseline.
    GateVerdict {
        /// It is not worse: a rise of more than [`TOLERATED_RISE`] is ruled out.
        Pass => "pass",
        /// It is worse, by more than chance explains.
        Fail => "fail",
        /// The data do not tell.
        Inconclusive => "inconclusive",
    }
}

/// A change beside its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Comparison {
    /// What follows.
    pub verdict: GateVerdict,
    /// The share of bad events of the change less that of the baseline; 0 where one has no events.
    pub rise: f64,
    /// The least rise that the data leave possible, with 99 % confidence.
    pub rise_low: f64,
    /// The greatest.
    pub rise_high: f64,
}

impl Comparison {
    /// Compares by the interval of the difference of two proportions: R. G. Newcombe, Statistics in
    /// Medicine 17 (1998), method 10, made of two intervals by E. B. Wilson. It holds for few events and
    /// for shares of 0.
    #[must_use]
    pub fn of(change: Ratio, baseline: Ratio) -> Self {
        let (Some(new), Some(old)) = (change.share(), baseline.share()) else {
            return Self {
                verdict: GateVerdict::Inconclusive,
                rise: 0.0,
                rise_low: -1.0,
                rise_high: 1.0,
            };
        };
        let ((new_low, new_high), (old_low, old_high)) = (wilson(change), wilson(baseline));
        let rise = new - old;
        let rise_low = rise - (new - new_low).hypot(old_high - old);
        let rise_high = rise + (new_high - new).hypot(old - old_low);
        let is_judged = change.total >= MIN_EVENTS && baseline.total >= MIN_EVENTS;
        let is_worse = change.bad >= MIN_BAD && rise_low > 0.0 && rise >= LEAST_RISE;
        let verdict = if !is_judged {
            GateVerdict::Inconclusive
        } else if is_worse {
            GateVerdict::Fail
        } else if rise_high <= TOLERATED_RISE {
            GateVerdict::Pass
        } else {
            GateVerdict::Inconclusive
        };
        Self {
            verdict,
            rise,
            rise_low,
            rise_high,
        }
    }
}

/// The score interval of a proportion.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 events")]
fn wilson(ratio: Ratio) -> (f64, f64) {
    let n = ratio.total as f64;
    let share = ratio.share().unwrap_or_default();
    let square = Z * Z;
    let centre = share + square / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    let scale = 1.0 + square / n;
    ((centre - spread) / scale, (centre + spread) / scale)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn too_little_never_fails_or_passes_and_enough_tells() {
        use GateVerdict::{Fail, Inconclusive, Pass};
        for (change, baseline, verdict) in [
            ((0, 0), (0, 10_000), Inconclusive),
            ((40, 40), (0, 10_000), Inconclusive),
            ((50, 50), (0, 10), Inconclusive),
            ((0, 60), (0, 10_000), Inconclusive),
            ((0, 2000), (0, 10_000), Pass),
            ((2, 2000), (2, 10_000), Pass),
            ((50, 50), (0, 10_000), Fail),
            ((30, 1000), (1, 10_000), Fail),
            ((300, 10_000), (300, 10_000), Pass),
            // A rise that is certain and of no weight.
            ((3000, 10_000_000), (100, 10_000_000), Pass),
            ((9, 300), (3, 300), Inconclusive),
        ] {
            let got = Comparison::of(
                Ratio::new(change.0, change.1),
                Ratio::new(baseline.0, baseline.1),
            );
            assert_eq!(got.verdict, verdict, "{change:?} {baseline:?} {got:?}");
        }
    }

    #[test]
    fn the_interval_is_the_one_of_the_paper() {
        // Newcombe 1998, table II, (a) 56/70 - 48/80, 95 %: 0.0524 to 0.3339. Here with 99 %: computed
        // by the same formulas elsewhere.
        let got = Comparison::of(Ratio::new(56, 70), Ratio::new(48, 80));
        for (found, expected) in [
            (got.rise, 0.2),
            (got.rise_low, 0.005_370_869_250_078_486),
            (got.rise_high, 0.371_808_431_775_773_6),
        ] {
            assert!((found - expected).abs() < 1e-12, "{got:?}");
        }
    }

    #[test]
    fn nothing_on_one_side_leaves_every_rise_possible() {
        let got = Comparison::of(Ratio::new(0, 0), Ratio::new(1, 100));
        assert_eq!((got.rise_low, got.rise, got.rise_high), (-1.0, 0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_rise_lies_in_its_interval(a in 0..500_u64, b in 1..5000_u64, c in 0..500_u64, d in 1..5000_u64) {
            let got = Comparison::of(Ratio::new(a, a + b), Ratio::new(c, c + d));
            prop_assert!(got.rise_low <= got.rise && got.rise <= got.rise_high, "{got:?}");
        }
    }
}
