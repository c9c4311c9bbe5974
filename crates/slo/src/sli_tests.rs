use super::*;
use crate::table::{PAGES, SERVERS};

#[test]
fn every_sli_reads_back_as_its_name_in_text_and_in_json() {
    for &sli in Sli::ALL {
        assert_eq!(sli.as_str().parse(), Ok(sli));
        let json = serde_json::to_string(&sli).expect("a word");
        assert_eq!(json, format!("\"{sli}\""));
    }
    let error = "blok_rate".parse::<Sli>().expect_err("a misspelling");
    assert!(error.to_string().contains("block_rate"), "{error}");
}

#[test]
fn the_starting_targets_are_those_of_the_guide() {
    let allowed = |sli: Sli| sli.definition().objective.allowance();
    assert_eq!(allowed(Sli::BlockRate), 0.001);
    assert_eq!(allowed(Sli::PreflightFailureRate), 0.005);
    assert_eq!(allowed(Sli::CredentialedFailureRate), 0.001);
}

#[test]
fn every_source_is_in_one_formula_of_an_sli_at_most() {
    for &sli in Sli::ALL {
        for source in Source::ALL {
            let formulas = sli.definition().formulas.iter();
            let of = formulas.filter(|formula| formula.sources.contains(source));
            assert_eq!(of.count(), 1, "{sli} {source}");
        }
    }
}

fn sums() -> Sums {
    Sums {
        requests: 1000,
        blocked: 10,
        unknown: 5,
        credentialed: 200,
        credentialed_blocked: 4,
        credentialed_denied: 6,
        preflighted: 300,
        preflight_blocked: 7,
        preflights: 40,
        preflights_failed: 3,
        header_reads: 50,
        header_unreadable: 2,
        preflight_latency: vec![(10, 90), (64, 10)],
        ..Sums::default()
    }
}

#[test]
fn every_sli_is_the_ratio_of_its_own_sums_and_m2_that_of_what_its_source_sees() {
    for (sli, by_page, by_server) in [
        (Sli::BlockRate, (10, 1000), (10, 1000)),
        (Sli::PreflightFailureRate, (7, 300), (3, 40)),
        (Sli::CredentialedFailureRate, (4, 200), (4, 200)),
        (Sli::ExposedHeaderMismatch, (2, 50), (2, 50)),
        (Sli::PreflightLatency, (10, 100), (10, 100)),
        (Sli::UnknownRate, (5, 1000), (5, 1000)),
    ] {
        for (sources, (bad, total)) in [(PAGES, by_page), (SERVERS, by_server)] {
            for &source in sources {
                let ratio = sli.ratio(&sums(), source);
                assert_eq!(ratio, Ratio::new(bad, total), "{sli} {source}");
            }
        }
    }
}

#[test]
fn what_the_evidence_does_not_tell_widens_the_block_rate_alone() {
    for &sli in Sli::ALL {
        let band = sli.band(&sums(), Source::Browser);
        let high = band.map(|band| (band.low, band.high));
        let expect = (sli == Sli::BlockRate).then(|| (Ratio::new(10, 1000), Ratio::new(15, 1000)));
        assert_eq!(high, expect, "{sli}");
    }
    let [denied] = Sli::CredentialedFailureRate.definition().beside else {
        panic!("one ratio beside M3");
    };
    assert_eq!(denied.ratio(&sums()), Ratio::new(6, 200));
}

#[test]
fn only_blocks_that_pages_saw_can_be_corroborated() {
    for (sli, by_page, by_server) in [
        (Sli::BlockRate, true, false),
        (Sli::PreflightFailureRate, true, false),
        (Sli::CredentialedFailureRate, true, false),
        (Sli::ExposedHeaderMismatch, false, false),
        (Sli::PreflightLatency, false, false),
        (Sli::UnknownRate, false, false),
    ] {
        assert_eq!(sli.counts_blocks(Source::Browser), by_page, "{sli}");
        assert_eq!(sli.counts_blocks(Source::Gateway), by_server, "{sli}");
    }
}

#[test]
fn a_failure_may_count_where_nothing_that_is_known_speaks_against_it() {
    use Outcome::{Blocked, Unknown};
    let at_preflight = Some(Stage::Preflight);
    for (sli, kind, outcome, stage, may_count) in [
        (Sli::BlockRate, Kind::Request, Blocked, None, true),
        (Sli::BlockRate, Kind::Request, Unknown, None, false),
        (
            Sli::CredentialedFailureRate,
            Kind::Request,
            Blocked,
            None,
            true,
        ),
        (
            Sli::PreflightFailureRate,
            Kind::Request,
            Blocked,
            at_preflight,
            true,
        ),
        (
            Sli::PreflightFailureRate,
            Kind::Request,
            Blocked,
            None,
            false,
        ),
        (
            Sli::ExposedHeaderMismatch,
            Kind::HeaderRead,
            Blocked,
            None,
            true,
        ),
        (
            Sli::ExposedHeaderMismatch,
            Kind::Request,
            Blocked,
            None,
            false,
        ),
        (Sli::UnknownRate, Kind::Request, Unknown, None, true),
        (
            Sli::PreflightLatency,
            Kind::Request,
            Blocked,
            at_preflight,
            false,
        ),
    ] {
        let got = sli.may_count(Source::Browser, kind, outcome, stage);
        assert_eq!(got, may_count, "{sli} {kind} {outcome} {stage:?}");
    }
}

#[test]
fn every_sli_has_first_steps_and_is_put_into_words() {
    for &sli in Sli::ALL {
        let definition = sli.definition();
        assert!(definition.next_steps.starts_with("1. "), "{sli}");
        for text in [definition.bad_events, definition.subject, sli.meaning()] {
            assert!(!text.trim().is_empty(), "{sli}");
        }
    }
}
