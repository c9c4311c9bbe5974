use proptest::prelude::*;

use super::*;
use crate::spent;

const OPEN: Guards = Guards {
    min_bad: 1,
    min_total: 1,
};

fn three_nines() -> Objective {
    Objective::new(0.999).expect("an objective")
}

fn hour_row() -> Rule {
    Rule {
        name: "fast_burn".to_owned(),
        severity: Severity::Page,
        rows: vec![Row {
            long: Window::hours(1),
            short: Window::minutes(5),
            burn: 14.4,
        }],
    }
}

fn judge(rule: &Rule, guards: Guards, long: (u64, u64), short: (u64, u64)) -> Judgement {
    rule.judge(three_nines(), guards, |window| {
        let (bad, total) = if window == rule.rows[0].long {
            long
        } else {
            short
        };
        Ratio::new(bad, total)
    })
}

#[test]
fn both_windows_have_to_exceed() {
    let rule = hour_row();
    for (long, short, exceeded, still_burning) in [
        ((144, 10_000), (12, 800), true, true),
        ((143, 10_000), (12, 800), false, true),
        ((71, 10_000), (12, 800), false, false),
        ((144, 10_000), (11, 800), false, false),
        ((0, 10_000), (0, 800), false, false),
    ] {
        let judgement = judge(&rule, OPEN, long, short);
        assert_eq!(judgement.exceeded(), exceeded, "{long:?} {short:?}");
        assert_eq!(judgement.still_burning, still_burning, "{long:?} {short:?}");
        assert_eq!(judgement.data, Data::Enough);
    }
}

#[test]
fn one_failure_alone_pages_nobody() {
    let rule = hour_row();
    let one = judge(&rule, Guards::default(), (1, 40), (1, 3));
    assert!(!one.exceeded());
    assert_eq!(one.data, Data::Thin);
    let few_requests = judge(&rule, Guards::default(), (4, 6), (4, 6));
    assert_eq!(
        (few_requests.exceeded(), few_requests.data),
        (false, Data::Thin)
    );
    assert!(judge(&rule, Guards::default(), (3, 40), (1, 3)).exceeded());
}

/// Where one failure alone reaches each burn rate: up to 69, 166, 333 and 1000 requests.
#[test]
fn without_guards_a_single_failure_reaches_the_row_below_its_break_even() {
    for (burn, most) in [(14.4, 69), (6.0, 166), (3.0, 333), (1.0, 1000)] {
        let mut rule = hour_row();
        rule.rows[0].burn = burn;
        assert!(
            judge(&rule, OPEN, (1, most), (1, most)).exceeded(),
            "{burn}"
        );
        assert!(
            !judge(&rule, OPEN, (1, most + 1), (1, most + 1)).exceeded(),
            "{burn}"
        );
    }
}

#[test]
fn a_short_window_without_events_is_missing_data_and_not_health() {
    let judgement = judge(&hour_row(), OPEN, (144, 10_000), (0, 0));
    assert_eq!(judgement.data, Data::Missing);
    assert!(!judgement.exceeded() && !judgement.still_burning);
}

#[test]
fn the_defaults_spend_what_the_table_says_whatever_the_window() {
    for of in [Window::days(30), Window::days(28), Window::days(90)] {
        let rules = default_rules(of);
        let shares: Vec<_> = rules
            .iter()
            .flat_map(|rule| &rule.rows)
            .map(|row| spent(row.burn, row.long, of))
            .collect();
        for (got, want) in shares.iter().zip([0.02, 0.05, 0.10, 0.10, 0.25]) {
            assert!((got - want).abs() < 1e-9, "{of}: {shares:?}");
        }
    }
}

#[test]
fn the_defaults_of_30_days_are_the_table() {
    let rules: Vec<_> = default_rules(Window::days(30))
        .iter()
        .flat_map(|rule| {
            rule.rows.iter().map(|row| {
                format!(
                    "{} {} {}/{} {:.2}",
                    rule.severity, rule.name, row.long, row.short, row.burn
                )
            })
        })
        .collect();
    assert_eq!(
        rules,
        [
            "page fast_burn 1h/5m 14.40",
            "page fast_burn 6h/30m 6.00",
            "ticket slow_burn 1d/2h 3.00",
            "ticket slow_burn 3d/6h 1.00",
            "ticket slow_burn 7d/14h 1.07",
        ]
    );
}

/// SRE workbook, table 5-8: with everything failing the 1 h row of a 99.9 % objective is reached
/// after 0.864 minutes: (1 - objective) * long * burn / error share.
#[test]
fn the_time_to_detect_is_that_of_the_workbook() {
    let rule = hour_row();
    let per_second = 10;
    let detected = (1..600).find(|&seconds| {
        let bad = per_second * seconds;
        let hour = per_second * 3600;
        judge(&rule, OPEN, (bad, hour), (bad.min(3000), 3000)).exceeded()
    });
    assert_eq!(detected, Some(52));
}

#[test]
fn the_worst_row_is_the_one_furthest_beyond_its_threshold() {
    let rules = default_rules(Window::days(30));
    let judgement = rules[0].judge(three_nines(), OPEN, |_| Ratio::new(500, 10_000));
    let worst = judgement.worst().expect("both exceed");
    assert_eq!(worst.row.long, Window::hours(6));
}

proptest! {
    #[test]
    fn one_more_bad_event_never_calms_a_rule(bad in 0..500_u64, total in 500..20_000_u64) {
        let rule = hour_row();
        let before = judge(&rule, OPEN, (bad, total), (bad, total));
        let after = judge(&rule, OPEN, (bad + 1, total), (bad + 1, total));
        prop_assert!(!before.exceeded() || after.exceeded());
        prop_assert!(!before.still_burning || after.still_burning);
    }

    #[test]
    fn guards_only_ever_hold_back(bad in 0..50_u64, total in 50..200_u64, min_bad in 1..20_u64, min_total in 1..300_u64) {
        let rule = hour_row();
        let guards = Guards { min_bad, min_total };
        let open = judge(&rule, OPEN, (bad, total), (bad, total));
        let guarded = judge(&rule, guards, (bad, total), (bad, total));
        prop_assert!(open.exceeded() || !guarded.exceeded());
    }
}

#[test]
fn every_window_of_every_row_is_to_be_read() {
    let rules = default_rules(Window::days(30));
    let read: Vec<_> = rules[0]
        .windows()
        .map(|window| window.to_string())
        .collect();
    assert_eq!(read, ["1h", "5m", "6h", "30m"]);
    assert_eq!(rules[1].windows().count(), 6);
}
