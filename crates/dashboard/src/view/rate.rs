//! Ratios of counts.

use serde::Serialize;
use slo::Ratio;
use utoipa::ToSchema;

/// How many of how many.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub(crate) struct Rate {
    /// How many count against it.
    pub bad: u64,
    /// Of how many.
    pub total: u64,
    /// `bad / total`; null where nothing was seen.
    pub ratio: Option<f64>,
}

impl Rate {
    /// `bad` of `total`.
    #[must_use]
    pub(crate) fn new(bad: u64, total: u64) -> Self {
        Self {
            bad,
            total,
            ratio: ratio(bad, total),
        }
    }
}

impl From<Ratio> for Rate {
    fn from(Ratio { bad, total }: Ratio) -> Self {
        Self::new(bad, total)
    }
}

/// `part / total`; none where `total` is 0.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts beyond 2^53 are not expected"
)]
pub(crate) fn ratio(part: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| part as f64 / total as f64)
}
