//! Mergeable latency: counts in fixed buckets, never a lone mean.
//!
//! Bucket `i` covers `[200 * 2^((i-64)/8), 200 * 2^((i-63)/8))` milliseconds: steps of 9 %, with a
//! border at exactly 200 ms, so that "share under 200 ms" (M5) is exact. The first and the last
//! bucket are open-ended. The SDK computes the same index with
//! `64 + Math.floor(8 * Math.log2(ms / 200))`.

use serde::{Deserialize, Serialize};

/// Number of buckets.
pub const BUCKETS: u8 = 160;
/// The first bucket at or above 200 ms, the target of M5.
pub const TARGET_BUCKET: u8 = 64;
const STEPS_PER_DOUBLING: f64 = 8.0;
const TARGET_MS: f64 = 200.0;

/// The bucket that holds `ms`; what is not a positive number falls into the first bucket.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..BUCKETS"
)]
pub fn bucket_of_ms(ms: f64) -> u8 {
    if ms.is_nan() || ms <= 0.0 {
        return 0;
    }
    let step = (STEPS_PER_DOUBLING * (ms / TARGET_MS).log2()).floor() + f64::from(TARGET_BUCKET);
    step.clamp(0.0, f64::from(BUCKETS - 1)) as u8
}

/// The lower border of a bucket in milliseconds; 0 for the first bucket.
#[must_use]
pub fn bucket_lower_bound_ms(bucket: u8) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    TARGET_MS * ((f64::from(bucket) - f64::from(TARGET_BUCKET)) / STEPS_PER_DOUBLING).exp2()
}

/// How many requests fell into which bucket. Sorted by bucket, each bucket at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latency(Vec<(u8, u32)>);

impl Latency {
    /// Builds a histogram from pairs in any order; repeated buckets are summed, counts saturate.
    /// Buckets past the last count into the last.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (u8, u32)>) -> Self {
        let mut latency = Self::default();
        for (bucket, count) in pairs {
            latency.add(bucket, count);
        }
        latency
    }

    /// Adds `count` requests to `bucket`.
    pub fn add(&mut self, bucket: u8, count: u32) {
        let bucket = bucket.min(BUCKETS - 1);
        match self.0.binary_search_by_key(&bucket, |pair| pair.0) {
            Ok(at) => self.0[at].1 = self.0[at].1.saturating_add(count),
            Err(at) => self.0.insert(at, (bucket, count)),
        }
    }

    /// The pairs of bucket and count, sorted by bucket.
    #[must_use]
    pub fn pairs(&self) -> &[(u8, u32)] {
        &self.0
    }

    /// Whether nothing was measured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_of_200_ms_is_a_bucket_border() {
        assert_eq!(bucket_of_ms(200.0), TARGET_BUCKET);
        assert_eq!(bucket_of_ms(199.99), TARGET_BUCKET - 1);
        assert_eq!(
            bucket_lower_bound_ms(TARGET_BUCKET).to_bits(),
            200.0_f64.to_bits()
        );
    }

    #[test]
    fn every_bucket_holds_its_lower_border() {
        for bucket in 1..BUCKETS {
            let inside = bucket_lower_bound_ms(bucket) * 1.000_001;
            assert_eq!(bucket_of_ms(inside), bucket);
        }
        for odd in [f64::NAN, -1.0, 0.0, f64::NEG_INFINITY] {
            assert_eq!(bucket_of_ms(odd), 0);
        }
        assert_eq!(bucket_of_ms(f64::INFINITY), BUCKETS - 1);
    }

    #[test]
    fn repeated_buckets_are_summed_and_sorted() {
        let latency = Latency::from_pairs([(70, 1), (64, 2), (70, 3), (255, 1)]);
        assert_eq!(latency.pairs(), [(64, 2), (70, 4), (BUCKETS - 1, 1)]);
    }
}
