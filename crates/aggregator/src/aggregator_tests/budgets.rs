//! Objectives of other sources and of the calendar.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_preflight_objective_of_a_gateway_counts_the_options_requests_that_it_logs() {
    let rig = Rig::new();
    let sums = slo::Sums {
        preflighted: 50,
        preflight_blocked: 2,
        preflights: 10,
        preflights_failed: 5,
        ..slo::Sums::default()
    };
    rig.world
        .facts()
        .sums
        .insert((NOON, String::new()), sums.clone());
    for (source, bad, total) in [
        (observation::Source::Browser, 2, 50),
        (observation::Source::Synthetic, 2, 50),
        (observation::Source::Gateway, 5, 10),
        (observation::Source::Report, 5, 10),
    ] {
        let configured = SloConfig {
            source,
            ..SloConfig::of("shop", Sli::PreflightFailureRate)
        };
        let config = crate::Config::default();
        let slos = crate::objectives((&[configured], &[]), &[], &config, config.resolve_after);
        let world = Arc::clone(&rig.world) as _;
        let mut evaluator = crate::Evaluator::new(world, slos, 1);
        let readings = evaluator.evaluate(rig.clock.now()).await.expect("read");
        assert_eq!(readings[0].ratio, slo::Ratio::new(bad, total), "{source}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_budget_of_the_calendar_is_whole_again_at_midnight_there() {
    let mut rig = Rig::new();
    rig.slos[0].calendar = Some(slo::Calendar {
        period: slo::Period::Day,
        // It is noon in UTC: a day of Auckland (UTC+13 in November) began an hour ago.
        time_zone: "Pacific/Auckland".to_owned().try_into().expect("a zone"),
    });
    rig.healthy_day();
    rig.happened(90, "", 50, 50);
    rig.happened(30, "", 60, 60);
    let mut hand = Hand::of(rig.aggregator());
    let board = hand.round().await;
    let status = &board.slos[0];
    assert_eq!(
        status.ratio.bad, 60,
        "those before midnight are not of today"
    );
    assert!(status.budget.expect("events").remaining < 0.0);
}
