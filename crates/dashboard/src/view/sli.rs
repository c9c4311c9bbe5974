//! The SLIs M1 to M5, from the sums of the store.

use std::collections::BTreeMap;

use observation::Source;
use serde::Serialize;
use slo::{LatencySummary, Ratio};
use store::SliSums;
use utoipa::ToSchema;

use super::rate::{BandedRate, Rate, ratio};

/// The SLIs of one window or step.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Sli {
    /// M1: requests blocked by CORS, of all cross-origin requests in CORS mode; aborted, unloaded,
    /// offline and local-network requests are in neither.
    pub block_rate: BandedRate,
    /// Requests that failed without evidence of how.
    pub unknown_rate: Rate,
    /// M2: from browsers, requests blocked at the preflight of all that needed one; from gateways,
    /// edges and reports, OPTIONS answered 4xx or 5xx of all OPTIONS.
    pub preflight_failure_rate: Rate,
    /// M3: requests with credentials that were blocked.
    pub credentialed_failure_rate: CredentialedRate,
    /// M4: reads of an expected response header that could not be read.
    pub exposed_header_mismatch: Rate,
    /// M5: how long preflights take.
    pub preflight_latency_ms: PreflightLatency,
    /// Requests by outcome, also those that do not count.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub outcomes: BTreeMap<&'static str, u64>,
}

/// M3, and beside it what looks alike and is none.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CredentialedRate {
    /// Blocked.
    pub bad: u64,
    /// Of how many requests with credentials.
    pub total: u64,
    /// `bad / total`; null where nothing was seen.
    pub ratio: Option<f64>,
    /// Requests with credentials that were answered 401 or 403: not a CORS failure.
    pub denied: Rate,
}

/// M5: distribution of preflight durations, in milliseconds. From buckets of 9 % width; the border
/// at 200 ms is exact.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct PreflightLatency {
    /// Median; null where nothing was measured.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Share below 200 ms, the target; null where nothing was measured.
    pub under_200_ms: Option<f64>,
    /// How many took 200 ms or longer.
    pub slow: u64,
    /// How many were measured.
    pub measured: u64,
    /// Share of preflighted requests that were measured: browsers show the duration only where the
    /// server sends `Timing-Allow-Origin`.
    pub coverage: Option<f64>,
}

impl Sli {
    /// The SLIs of `sums`, which `source` saw.
    pub(crate) fn of(sums: &SliSums, source: Source) -> Self {
        let denied = Rate::new(sums.credentialed_denied, sums.credentialed);
        Self {
            block_rate: BandedRate::new(sums.blocked, sums.unknown, sums.requests),
            unknown_rate: Rate::new(sums.unknown, sums.requests),
            preflight_failure_rate: preflight_failures(sums, source),
            credentialed_failure_rate: CredentialedRate {
                bad: sums.credentialed_blocked,
                total: sums.credentialed,
                ratio: ratio(sums.credentialed_blocked, sums.credentialed),
                denied,
            },
            exposed_header_mismatch: Rate::new(sums.header_unreadable, sums.header_reads),
            preflight_latency_ms: PreflightLatency::of(sums),
            outcomes: sums
                .by_outcome
                .iter()
                .map(|(outcome, count)| (outcome.as_str(), *count))
                .collect(),
        }
    }
}

/// Browsers do not see the OPTIONS request itself, only whether the preflight stopped theirs.
fn preflight_failures(sums: &SliSums, source: Source) -> Rate {
    match source {
        Source::Browser | Source::Synthetic => Rate::new(sums.preflight_blocked, sums.preflighted),
        Source::Gateway | Source::Edge | Source::OriginServer | Source::Trace | Source::Report => {
            Rate::new(sums.preflights_failed, sums.preflights)
        }
    }
}

impl PreflightLatency {
    fn of(sums: &SliSums) -> Self {
        let summary = LatencySummary::of(&sums.preflight_latency, sums.preflighted);
        let Ratio {
            bad: slow,
            total: measured,
        } = summary.slow;
        Self {
            p50: summary.p50.map(tenths),
            p95: summary.p95.map(tenths),
            p99: summary.p99.map(tenths),
            under_200_ms: ratio(measured - slow, measured),
            slow,
            measured,
            coverage: ratio(sums.preflight_measured, sums.preflighted),
        }
    }
}

/// More digits than a bucket of 9 % width has would pretend.
fn tenths(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums() -> SliSums {
        SliSums {
            requests: 4000,
            blocked: 3,
            unknown: 1,
            credentialed: 100,
            credentialed_blocked: 1,
            credentialed_denied: 2,
            preflighted: 50,
            preflight_blocked: 2,
            preflights: 10,
            preflights_failed: 5,
            preflight_measured: 25,
            preflight_latency: vec![(40, 10), (63, 10), (64, 5)],
            ..SliSums::default()
        }
    }

    #[test]
    fn ratios_of_nothing_are_null_and_never_zero_or_one() {
        let sli = Sli::of(&SliSums::default(), Source::Browser);
        assert_eq!(sli.block_rate.ratio, None);
        assert_eq!(sli.block_rate.band, None);
        assert_eq!(sli.preflight_failure_rate.ratio, None);
        assert_eq!(sli.preflight_latency_ms.p50, None);
        assert_eq!(sli.preflight_latency_ms.under_200_ms, None);
    }

    #[test]
    fn the_block_rate_has_a_band_up_to_what_unknown_failures_may_add() {
        let sli = Sli::of(&sums(), Source::Browser);
        assert_eq!(sli.block_rate.ratio, Some(0.000_75));
        assert_eq!(sli.block_rate.band, Some([0.000_75, 0.001]));
    }

    #[test]
    fn m2_counts_what_its_source_can_see() {
        assert_eq!(
            Sli::of(&sums(), Source::Browser).preflight_failure_rate,
            Rate::new(2, 50)
        );
        assert_eq!(
            Sli::of(&sums(), Source::Gateway).preflight_failure_rate,
            Rate::new(5, 10)
        );
    }

    #[test]
    fn the_share_under_200_ms_is_exact_because_200_is_a_border() {
        let latency = Sli::of(&sums(), Source::Browser).preflight_latency_ms;
        assert_eq!(latency.under_200_ms, Some(0.8));
        assert_eq!(latency.coverage, Some(0.5));
    }
}
