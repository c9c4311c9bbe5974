//! Sums of the store as ratios of SLIs, and their addition.

use std::collections::BTreeMap;

use slo::{Band, LatencySummary, Ratio, Sli};
use store::SliSums;

/// What `sli` makes of sums.
#[must_use]
pub fn ratio(sli: Sli, sums: &SliSums) -> Ratio {
    match sli {
        Sli::BlockRate => Ratio::new(sums.blocked, sums.requests),
        Sli::PreflightFailureRate => Ratio::new(sums.preflight_blocked, sums.preflighted),
        Sli::CredentialedFailureRate => Ratio::new(sums.credentialed_blocked, sums.credentialed),
        Sli::ExposedHeaderMismatch => Ratio::new(sums.header_unreadable, sums.header_reads),
        Sli::PreflightLatency => latency(sums).slow,
        Sli::UnknownRate => Ratio::new(sums.unknown, sums.requests),
    }
}

/// The range of the block rate that the unknown failures leave open.
#[must_use]
pub const fn band(sums: &SliSums) -> Band {
    Band::of(sums.blocked, sums.unknown, sums.requests)
}

/// M5.
#[must_use]
pub fn latency(sums: &SliSums) -> LatencySummary {
    LatencySummary::of(&sums.preflight_latency, sums.preflighted)
}

/// Adds `more` to `sums`.
pub(crate) fn add(sums: &mut SliSums, more: &SliSums) {
    // A new field has to be added here: the pattern names them all.
    let SliSums {
        requests,
        blocked,
        unknown,
        credentialed,
        credentialed_blocked,
        credentialed_denied,
        preflighted,
        preflight_blocked,
        preflights,
        preflights_failed,
        header_reads,
        header_unreadable,
        preflight_measured,
        preflight_latency,
        latency,
        by_outcome,
    } = more;
    sums.requests += requests;
    sums.blocked += blocked;
    sums.unknown += unknown;
    sums.credentialed += credentialed;
    sums.credentialed_blocked += credentialed_blocked;
    sums.credentialed_denied += credentialed_denied;
    sums.preflighted += preflighted;
    sums.preflight_blocked += preflight_blocked;
    sums.preflights += preflights;
    sums.preflights_failed += preflights_failed;
    sums.header_reads += header_reads;
    sums.header_unreadable += header_unreadable;
    sums.preflight_measured += preflight_measured;
    add_pairs(&mut sums.preflight_latency, preflight_latency);
    add_pairs(&mut sums.latency, latency);
    add_pairs(&mut sums.by_outcome, by_outcome);
}

fn add_pairs<K: Ord + Copy>(into: &mut Vec<(K, u64)>, more: &[(K, u64)]) {
    let mut counts: BTreeMap<K, u64> = into.drain(..).collect();
    for &(key, count) in more {
        *counts.entry(key).or_default() += count;
    }
    into.extend(counts);
}

#[cfg(test)]
mod tests {
    use observation::Outcome;

    use super::*;

    #[test]
    fn every_sli_is_the_ratio_of_its_own_sums() {
        let sums = SliSums {
            requests: 1000,
            blocked: 10,
            unknown: 5,
            credentialed: 200,
            credentialed_blocked: 4,
            preflighted: 300,
            preflight_blocked: 7,
            header_reads: 50,
            header_unreadable: 2,
            preflight_latency: vec![(10, 90), (64, 10)],
            ..SliSums::default()
        };
        for (sli, bad, total) in [
            (Sli::BlockRate, 10, 1000),
            (Sli::PreflightFailureRate, 7, 300),
            (Sli::CredentialedFailureRate, 4, 200),
            (Sli::ExposedHeaderMismatch, 2, 50),
            (Sli::PreflightLatency, 10, 100),
            (Sli::UnknownRate, 5, 1000),
        ] {
            assert_eq!(ratio(sli, &sums), Ratio::new(bad, total), "{sli}");
        }
        assert_eq!(band(&sums).high, Ratio::new(15, 1000));
    }

    #[test]
    fn sums_add_up_field_by_field_and_bucket_by_bucket() {
        let mut sums = SliSums {
            requests: 1,
            latency: vec![(3, 1), (9, 1)],
            by_outcome: vec![(Outcome::Ok, 1)],
            ..SliSums::default()
        };
        let more = SliSums {
            requests: 2,
            blocked: 1,
            latency: vec![(1, 4), (9, 2)],
            by_outcome: vec![(Outcome::Ok, 1), (Outcome::Blocked, 1)],
            ..SliSums::default()
        };
        add(&mut sums, &more);
        assert_eq!((sums.requests, sums.blocked), (3, 1));
        assert_eq!(sums.latency, [(1, 4), (3, 1), (9, 3)]);
        assert_eq!(sums.by_outcome, [(Outcome::Ok, 2), (Outcome::Blocked, 1)]);
    }
}
