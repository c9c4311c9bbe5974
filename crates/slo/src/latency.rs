//! Quantiles and shares of latency histograms, in the buckets of `observation::Latency`.

use observation::{BUCKETS, Source, TARGET_BUCKET, bucket_lower_bound_ms};
use serde::Serialize;

use crate::{Ratio, Sli, Sums};

/// The quantile `q` (0 to 1) in milliseconds of `(bucket, count)` pairs in any order; `None` without
/// counts. Between the borders of a bucket the values are taken as evenly spread over the
/// logarithm, as the buckets themselves are; the open last bucket gives its lower border.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a rank needs no more than 53 bits"
)]
fn quantile_ms(pairs: &[(u8, u64)], q: f64) -> Option<f64> {
    let mut counts = [0_u64; BUCKETS as usize];
    for &(bucket, count) in pairs {
        let slot = &mut counts[usize::from(bucket.min(BUCKETS - 1))];
        *slot = slot.saturating_add(count);
    }
    let total: u64 = counts
        .iter()
        .fold(0, |sum, count| sum.saturating_add(*count));
    if total == 0 {
        return None;
    }
    let rank = q.clamp(0.0, 1.0) * total as f64;
    let mut below = 0.0;
    let mut last = 0;
    for (bucket, &count) in (0_u8..).zip(&counts) {
        if count == 0 {
            continue;
        }
        if below + count as f64 >= rank {
            return Some(within(bucket, (rank - below) / count as f64));
        }
        below += count as f64;
        last = bucket;
    }
    Some(within(last, 1.0))
}

fn within(bucket: u8, fraction: f64) -> f64 {
    let low = bucket_lower_bound_ms(bucket);
    if bucket == BUCKETS - 1 {
        return low;
    }
    let high = bucket_lower_bound_ms(bucket + 1);
    if low > 0.0 {
        low * (high / low).powf(fraction)
    } else {
        high * fraction
    }
}

/// M5: how long preflights took, and of how many of them that is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LatencySummary {
    /// Half of the measured preflights took no longer, in milliseconds.
    pub p50: Option<f64>,
    /// 95 of 100.
    pub p95: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
    /// Preflights of 200 ms or longer among the measured ones: exact, 200 ms is a bucket border.
    pub slow: Ratio,
    /// The share of preflighted requests whose preflight could be measured (the page sees it only
    /// with Timing-Allow-Origin); `None` without preflighted requests.
    pub coverage: Option<f64>,
}

impl LatencySummary {
    /// Sums up the preflights that `source` measured. The preflights that it could have measured are
    /// those of which it knows whether they failed.
    #[must_use]
    pub fn of(sums: &Sums, source: Source) -> Self {
        let pairs = &sums.preflight_latency;
        let slow = Sli::PreflightLatency.ratio(sums, source);
        let preflights = Sli::PreflightFailureRate.ratio(sums, source).total;
        Self {
            p50: quantile_ms(pairs, 0.50),
            p95: quantile_ms(pairs, 0.95),
            p99: quantile_ms(pairs, 0.99),
            slow,
            coverage: Ratio::new(slow.total, preflights).share(),
        }
    }
}

/// Preflights of 200 ms or longer among all.
pub(crate) fn slow(pairs: &[(u8, u64)]) -> Ratio {
    pairs
        .iter()
        .map(|&(bucket, count)| {
            let bad = if bucket >= TARGET_BUCKET { count } else { 0 };
            Ratio::new(bad, count)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use observation::bucket_of_ms;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exactly_200_ms_is_slow_and_what_is_not_measured_lowers_the_coverage() {
        let sums = Sums {
            preflighted: 400,
            preflights: 200,
            preflight_latency: vec![(bucket_of_ms(199.9), 90), (bucket_of_ms(200.0), 10)],
            ..Sums::default()
        };
        for (source, coverage) in [(Source::Browser, 0.25), (Source::Gateway, 0.5)] {
            let summary = LatencySummary::of(&sums, source);
            assert_eq!(summary.slow, Ratio::new(10, 100));
            assert_eq!(summary.coverage, Some(coverage), "{source}");
        }
        let nothing = LatencySummary::of(&Sums::default(), Source::Browser);
        assert_eq!((nothing.p95, nothing.coverage), (None, None));
    }

    /// By hand: the quantile's rank lies in a bucket of which a part of the counts is below it, and
    /// that part of the logarithmic width is added to the lower border.
    #[test]
    fn a_quantile_is_interpolated_over_the_logarithm_of_its_bucket() {
        let at = |steps: f64| 200.0 * (steps / 8.0).exp2();
        let two: &[(u8, u64)] = &[(72, 30), (64, 10)];
        let first: &[(u8, u64)] = &[(0, 4), (64, 4)];
        let border = bucket_lower_bound_ms(1);
        for (pairs, q, expect) in [
            (two, 0.0, at(0.0)),
            (two, 0.125, at(0.5)),
            (two, 0.25, at(1.0)),
            (two, 0.625, at(8.5)),
            (two, 1.0, at(9.0)),
            (two, -1.0, at(0.0)),
            (two, 2.0, at(9.0)),
            (first, 0.125, border / 4.0),
            (first, 0.25, border / 2.0),
            (first, 0.75, at(0.5)),
            (&[(64, 5), (64, 5)], 0.5, at(0.5)),
            (&[(255, 1)], 0.5, bucket_lower_bound_ms(BUCKETS - 1)),
        ] {
            let got = quantile_ms(pairs, q).expect("counts");
            assert!(
                (got - expect).abs() < 1e-9 * expect,
                "{pairs:?} {q}: {got} is not {expect}"
            );
        }
        assert_eq!(quantile_ms(&[(64, 0)], 0.5), None);
    }

    #[test]
    fn quantiles_of_the_open_buckets_stay_finite() {
        assert_eq!(
            quantile_ms(&[(BUCKETS - 1, 5)], 0.99),
            Some(bucket_lower_bound_ms(BUCKETS - 1))
        );
        let first = quantile_ms(&[(0, 5)], 0.5).expect("counts");
        assert!(first > 0.0 && first < bucket_lower_bound_ms(1));
    }

    proptest! {
        #[test]
        fn a_quantile_is_within_one_bucket_of_the_true_value(
            mut values in prop::collection::vec(1.0..30_000.0_f64, 1..200), q in 0.0..1.0_f64,
        ) {
            let pairs: Vec<_> = values.iter().map(|ms| (bucket_of_ms(*ms), 1)).collect();
            let got = quantile_ms(&pairs, q).expect("counts");
            values.sort_by(f64::total_cmp);
            let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let truth = values[rank - 1];
            prop_assert!(got >= truth / 1.10 && got <= truth * 1.10, "{got} for {truth}");
        }

        #[test]
        fn higher_quantiles_are_never_faster(
            pairs in prop::collection::vec((0..BUCKETS, 1..100_u64), 1..30), a in 0.0..1.0_f64, b in 0.0..1.0_f64,
        ) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assert!(quantile_ms(&pairs, low) <= quantile_ms(&pairs, high));
        }
    }
}
