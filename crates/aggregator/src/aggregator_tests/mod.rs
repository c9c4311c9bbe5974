//! The aggregator over a store in memory, round by round, without waiting.

mod budgets;
mod facts;
mod failures;
mod flows;
mod pager;
mod prometheus;
mod refusals;
mod rig;
mod self_test;
mod shapes;
mod suspects;
mod world;

use alert::Status::{Firing, Resolved};
use pager::received;
use rig::{Hand, Rig};
use slo::{Guards, Sli};
use world::NOON;

use super::*;
use crate::{GroupBy, SloConfig};

#[tokio::test(start_paused = true)]
async fn a_burn_fires_with_the_first_round_after_both_windows_exceed_and_resolves_once() {
    let rig = Rig::new();
    rig.healthy_day();
    let mut hand = Hand::of(rig.aggregator());
    assert_eq!(hand.round().await.condition, Condition::Leading);
    // 14.4 times 0.1 % of an hour's 6,100 requests is 88: with 80 it is not yet exceeded.
    rig.happen("", 80, 100);
    hand.rounds(&rig, 1).await;
    assert_eq!(rig.pager.received(), []);
    rig.happen("", 20, 100);
    hand.rounds(&rig, 1).await;
    assert_eq!(rig.pager.received(), [], "it waits for a diagnosis");
    hand.rounds(&rig, 3).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    for _ in 0..5 {
        rig.pass(60_000).await;
        rig.happen("", 0, 100);
        hand.round().await;
    }
    assert_eq!(rig.pager.received(), [], "the short window still burns");
    // A minute until the alert resolves, and two for which the incident is held open.
    for _ in 0..4 {
        rig.pass(60_000).await;
        rig.happen("", 0, 100);
        hand.round().await;
    }
    assert_eq!(
        rig.pager.received(),
        [received("incident", Resolved, "page")]
    );
    hand.rounds(&rig, 120).await;
    assert_eq!(rig.pager.received(), []);
}

#[tokio::test(start_paused = true)]
async fn one_failure_at_night_wakes_nobody() {
    let rig = Rig::new();
    let mut hand = Hand::of(rig.aggregator());
    for _ in 0..60 {
        rig.happen("", 0, 1);
        hand.rounds(&rig, 60).await;
    }
    rig.happen("", 1, 1);
    hand.rounds(&rig, 600).await;
    assert_eq!(rig.pager.received(), []);
}

#[tokio::test(start_paused = true)]
async fn silence_is_not_health() {
    let rig = Rig::new();
    rig.healthy_day();
    rig.happen("", 1000, 1000);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    // Nobody comes anymore.
    for _ in 0..120 {
        rig.pass(60_000).await;
        hand.round().await;
    }
    let still: Vec<_> = rig.pager.received();
    assert!(
        still.iter().all(|(_, status, _)| *status == Firing),
        "{still:?}"
    );
    assert!(
        rig.world
            .states()
            .contains(&("fast_burn".to_owned(), "firing".to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_slow_rule_still_remembers_of_a_page_that_is_over_is_no_news() {
    let rig = Rig::new();
    rig.healthy_day();
    rig.happen("", 500, 500);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    let mut sent = Vec::new();
    for _ in 0..60 {
        rig.pass(60_000).await;
        rig.happen("", 0, 100);
        hand.round().await;
        sent.extend(rig.pager.received());
    }
    assert_eq!(sent, [received("incident", Resolved, "page")]);
    assert!(
        rig.world
            .states()
            .contains(&("slow_burn".to_owned(), "firing".to_owned())),
        "it is an alert all the same"
    );
}

#[tokio::test(start_paused = true)]
async fn a_burst_from_one_source_is_a_ticket_until_others_see_it_too() {
    let mut rig = Rig::new();
    rig.corroboration = alert::Corroboration::default();
    rig.healthy_day();
    rig.happen("", 500, 600);
    rig.world.facts().witnesses = vec![store::Witnessed {
        sessions: 400,
        networks: 1,
        all_networks: 2,
        ..store::Witnessed::default()
    }];
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let sent = rig.pager.take();
    let [page] = &sent[..] else {
        panic!("one incident: {sent:?}");
    };
    assert_eq!(
        (page.label("severity"), page.label("suspicious_source")),
        ("ticket", "true")
    );
    let description = &page.annotations["description"];
    assert!(
        description.contains("Too few independent clients saw it"),
        "{description}"
    );
    rig.world.facts().witnesses = vec![store::Witnessed {
        sessions: 401,
        networks: 2,
        all_networks: 2,
        ..store::Witnessed::default()
    }];
    hand.rounds(&rig, 6).await;
    assert_eq!(
        rig.pager.take(),
        [],
        "witnesses are not counted with every round"
    );
    hand.rounds(&rig, 1).await;
    let sent = rig.pager.take();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        (
            sent[0].label("severity"),
            sent[0].label("suspicious_source")
        ),
        ("page", "")
    );
    assert_eq!(sent[0].alert, page.alert, "it is the same alert");
    assert!(sent[0].sequence > page.sequence);
}

#[tokio::test(start_paused = true)]
async fn what_one_network_reports_is_a_ticket_also_where_a_replay_shows_it_unless_hardly_others_are_there()
 {
    let change = failures::diagnosis(store::ReplayOutcome::Reproduced, NOON).changes;
    for (all_networks, changes, severity) in [
        (40, vec![], "ticket"),
        (1, vec![], "page"),
        (40, change, "page"),
    ] {
        let mut rig = Rig::new();
        rig.corroboration = alert::Corroboration::default();
        rig.healthy_day();
        rig.happen("", 500, 600);
        rig.world.facts().failures = vec![failures::failure(500)];
        rig.world.facts().diagnoses = vec![store::DiagnosisRow {
            changes,
            ..failures::diagnosis(store::ReplayOutcome::Reproduced, NOON + 5_000)
        }];
        let failure = failures::failure(1);
        rig.world.facts().witnesses = vec![store::Witnessed {
            target_origin: failure.target_origin,
            endpoint: failure.endpoint,
            method: failure.method,
            sessions: 400,
            networks: 1,
            all_networks,
            ..store::Witnessed::default()
        }];
        let mut hand = Hand::of(rig.aggregator());
        hand.settle(&rig).await;
        let sent = rig.pager.take();
        let severities: Vec<_> = sent.iter().map(|sent| sent.label("severity")).collect();
        assert_eq!(severities, [severity], "{all_networks}: {sent:#?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_service_has_its_own_alert_and_the_whole_has_none() {
    let mut rig = Rig::new();
    rig.slos = vec![SloConfig {
        group_by: GroupBy::Service,
        ..SloConfig::of("shop", Sli::BlockRate)
    }];
    for ago in 1..600 {
        rig.happened(ago, "cart", 0, 10);
        rig.happened(ago, "search", 0, 1000);
    }
    rig.happen("cart", 200, 200);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let board = hand.round().await;
    let sent = rig.pager.take();
    let services: Vec<_> = sent.iter().map(|sent| sent.label("service")).collect();
    assert!(
        !services.is_empty() && services.iter().all(|service| *service == "cart"),
        "{services:?}"
    );
    let groups: Vec<_> = board.slos.iter().map(|slo| slo.group.as_deref()).collect();
    assert_eq!(groups, [None, Some("search"), Some("cart")]);
    assert_eq!(board.slos[0].ratio.bad, 200);
}

#[tokio::test(start_paused = true)]
async fn the_words_say_what_happened_with_numbers() {
    let mut rig = Rig::new();
    rig.slos[0].runbook = "https://runbooks.test/cors".to_owned();
    rig.slos[0]
        .labels
        .insert("team".to_owned(), "storefront".to_owned());
    rig.healthy_day();
    rig.happen("", 240, 500);
    rig.world.facts().failures = vec![failures::failure(240)];
    rig.world.facts().sessions = 31;
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let page = rig.pager.take().remove(0);
    insta::assert_json_snapshot!(
        "words",
        serde_json::json!({
            "labels": page.labels,
            "annotations": page.annotations,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_that_comes_after_the_page_is_told_once() {
    let rig = Rig::new();
    rig.healthy_day();
    rig.happen("", 240, 500);
    rig.world.facts().failures = vec![failures::failure(240)];
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let sent = rig.pager.take();
    assert_eq!(sent.len(), 1);
    assert!(!sent[0].annotations.contains_key("diagnosis"));
    rig.world.facts().diagnoses = vec![
        failures::diagnosis(store::ReplayOutcome::NotReproduced, NOON + 9_000),
        failures::diagnosis(store::ReplayOutcome::Reproduced, NOON + 5_000),
    ];
    hand.rounds(&rig, 20).await;
    let sent = rig.pager.take();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].occasion, alert::Occasion::Cause);
    let annotations = &sent[0].annotations;
    assert_eq!(annotations["cause"], "HeaderDisallowedByPreflightResponse");
    assert_eq!(
        annotations["fix"],
        "access-control-allow-headers: x-tenant. List it."
    );
    let diagnosis = &annotations["diagnosis"];
    for part in [
        "It was not listed. Blocked as reported.",
        "Reproduced at 2023-11-15T12:00:05Z with PUT https://api.test/cart/1 from https://shop.test",
        "Changed between 2023-11-15T11:57:00Z and 2023-11-15T12:00:00Z: \
         x-tenant vanished from access-control-allow-headers.",
    ] {
        assert!(diagnosis.contains(part), "{part} in {diagnosis}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_latest_evaluation_is_on_the_board_and_in_the_metrics() {
    let rig = Rig::new();
    rig.healthy_day();
    rig.happen("", 200, 200);
    let metrics = runtime::Metrics::default();
    let aggregator = rig.with(metrics.clone());
    let board = aggregator.board.subscribe();
    assert_eq!(board.borrow().condition, Condition::Starting);
    let mut hand = Hand::of(aggregator);
    hand.round().await;
    let board = board.borrow().clone();
    let status = &board.slos[0];
    assert_eq!((status.ratio.bad, status.ratio.total), (200, 144_100));
    assert_eq!(status.rules[0].phase, "firing");
    let json = serde_json::to_value(&*board).expect("plain data");
    assert_eq!(json["slos"][0]["sli"], "block_rate");
    let text = metrics.encode();
    for line in [
        "corswatch_aggregator_ticks_total{condition=\"leading\"} 1",
        "corswatch_aggregator_alerts_firing{slo=\"shop-block_rate\",severity=\"page\"} 1",
        "corswatch_aggregator_alerts_firing{slo=\"pipeline\",severity=\"page\"} 0",
        "corswatch_aggregator_watermark_lag_seconds 0.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(
        text.contains("corswatch_aggregator_slo_burn_rate{slo=\"shop-block_rate\",window=\"5m\"}")
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_within_a_minute_in_which_nothing_comes() {
    let rig = Rig::new();
    rig.healthy_day();
    let mut hand = Hand::of(rig.aggregator());
    hand.round().await;
    let first = rig.world.asked();
    hand.rounds(&rig, 20).await;
    assert_eq!(rig.world.asked(), first, "nothing came");
    rig.happen("", 500, 500);
    hand.rounds(&rig, 1).await;
    assert!(rig.world.asked() > first, "something came");
    hand.rounds(&rig, 5).await;
    assert!(!rig.pager.received().is_empty(), "and is told about");
}

#[tokio::test(start_paused = true)]
async fn closed_spans_of_the_log_are_compacted() {
    let rig = Rig::new();
    rig.world.facts().next_offset = 10 * store::CHUNKS_PER_SPAN * 2 + 25;
    let mut hand = Hand::of(rig.aggregator());
    hand.round().await;
    let compacted: Vec<_> = rig.world.facts().compacted.iter().copied().collect();
    assert_eq!(compacted, [(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)]);
    // So are closed chunks of the spans that are open.
    rig.pass(60_000).await;
    hand.round().await;
    let chunks = rig.world.facts().compacted_chunks.clone();
    assert_eq!(chunks, [(1, 0, 32), (1, 0, 33), (1, 1, 32), (1, 1, 33)]);
}

#[tokio::test(start_paused = true)]
async fn what_is_compacted_and_older_than_what_is_kept_is_removed_a_few_times_a_day() {
    let rig = Rig::new();
    let mut hand = Hand::of(rig.aggregator());
    for _ in 0..3 {
        hand.round().await;
        rig.pass(60_000).await;
    }
    let first = rig.world.facts().pruned.clone();
    assert_eq!(first, [rig.clock.now().plus(-3 * 60_000 - 60_000)]);
    rig.pass(6 * 3_600_000).await;
    hand.round().await;
    assert_eq!(rig.world.facts().pruned.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_objective_that_is_no_longer_configured_resolves_its_alert() {
    let mut rig = Rig::new();
    rig.slos[0].guards = Guards {
        min_bad: 1,
        min_total: 1,
    };
    rig.happen("", 50, 50);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let fired = rig.pager.received().len();
    hand.stop().await;
    rig.slos = vec![SloConfig::of("shop", Sli::UnknownRate)];
    let mut hand = Hand::of(rig.aggregator());
    hand.round().await;
    let sent = rig.pager.take();
    assert_eq!(sent.len(), fired);
    for sent in sent {
        assert_eq!(sent.status, Resolved);
        assert!(
            sent.annotations["description"].contains("no longer asked for or measured"),
            "{sent:?}"
        );
    }
}
