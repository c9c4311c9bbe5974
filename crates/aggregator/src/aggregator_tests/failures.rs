//! Lags, restarts, two aggregators, and a store that is away.

use alert::Status::{Firing, Resolved};
use observation::{Confidence, Outcome, Stage};
use store::{ChangeRow, DiagnosisRow, Failure, FixRow, SignatureRow};

use super::pager::received;
use super::rig::{Hand, Rig};
use super::world::NOON;
use super::*;

pub(super) fn failure(count: u64) -> Failure {
    Failure {
        kind: observation::Kind::Request,
        service: String::new(),
        target_origin: "https://api.test".to_owned(),
        endpoint: "/cart/:id".to_owned(),
        method: "PUT".to_owned(),
        outcome: Outcome::Blocked,
        stage: Some(Stage::Preflight),
        cause: String::new(),
        parameter: "x-tenant".to_owned(),
        confidence: Some(Confidence::Proven),
        count,
        page_origins: vec!["https://shop.test".to_owned()],
        browsers: vec!["chrome 156".to_owned()],
        first_seen: UnixMillis(NOON),
        last_seen: UnixMillis(NOON),
        sessions: 7,
    }
}

/// What replaying [`failure`] showed.
pub(super) fn diagnosis(result: store::ReplayOutcome, at: i64) -> DiagnosisRow {
    let failure = failure(1);
    DiagnosisRow {
        id: "1".to_owned(),
        at: UnixMillis(at),
        signature: SignatureRow {
            app: "shop".to_owned(),
            kind: failure.kind,
            page_origin: failure.page_origins[0].clone(),
            target_origin: failure.target_origin,
            endpoint: failure.endpoint,
            service: failure.service,
            method: failure.method,
            headers: failure.parameter,
            credentialed: false,
            preflighted: true,
            outcome: failure.outcome,
            stage: failure.stage,
            first_seen: failure.first_seen,
            last_seen: failure.last_seen,
        },
        result,
        why: store::ReplayReason::AsReported,
        detail: "Blocked as reported.".to_owned(),
        url: "https://api.test/cart/1".to_owned(),
        remote: "192.0.2.1".to_owned(),
        cause: "HeaderDisallowedByPreflightResponse".to_owned(),
        parameter: "x-tenant".to_owned(),
        stage: Some(observation::Stage::Preflight),
        hop: 0,
        status: 204,
        explanation: "It was not listed.".to_owned(),
        offending: Vec::new(),
        fixes: vec![FixRow {
            place: store::FixPlace::Preflight,
            header: "access-control-allow-headers".to_owned(),
            value: "x-tenant".to_owned(),
            change: "List it.".to_owned(),
        }],
        changes: vec![ChangeRow {
            stage: observation::Stage::Preflight,
            header: "access-control-allow-headers".to_owned(),
            what: "x-tenant vanished from access-control-allow-headers".to_owned(),
            before: "x-tenant".to_owned(),
            after: String::new(),
            from: UnixMillis(NOON - 180_000),
            to: UnixMillis(NOON),
        }],
    }
}

/// An incident that only the page speaks of.
fn incident(rig: &Rig) {
    rig.healthy_day();
    rig.happen("", 100, 100);
}

#[tokio::test(start_paused = true)]
async fn a_lag_freezes_slo_alerts_and_fires_its_own() {
    let rig = Rig::new();
    rig.healthy_day();
    let mut hand = Hand::of(rig.aggregator());
    hand.round().await;
    // The loader stops; what happens now is not in the store as far as anybody knows.
    rig.happen("", 100, 100);
    for _ in 0..60 {
        rig.pass_without_loader(1000).await;
        hand.round().await;
    }
    assert_eq!(
        rig.pager.received(),
        [received("incident", Firing, "page")],
        "not late enough to freeze"
    );
    for _ in 0..30 {
        rig.pass_without_loader(1000).await;
        assert_eq!(hand.round().await.condition, Condition::Frozen);
    }
    assert_eq!(rig.pager.received(), [], "it may be a hiccup");
    rig.pass_without_loader(1000).await;
    let board = hand.round().await;
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Firing, "page")]
    );
    assert_eq!(board.lag, 91_000);
    assert_eq!(board.slos[0].ratio.bad, 100, "the last evaluation stays");
    // Hours later the SLO alert has neither resolved nor been forgotten.
    for _ in 0..100 {
        rig.pass_without_loader(60_000).await;
        hand.round().await;
    }
    assert_eq!(rig.pager.received(), []);
    assert!(
        rig.world
            .states()
            .contains(&("fast_burn".to_owned(), "firing".to_owned()))
    );
    // The loader is back; no one has come in between.
    rig.happen("", 0, 100);
    hand.rounds(&rig, 31).await;
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Resolved, "page")]
    );
    hand.rounds(&rig, 180).await;
    assert_eq!(
        rig.pager.received(),
        [received("incident", Resolved, "page")]
    );
}

#[tokio::test(start_paused = true)]
async fn a_partition_that_was_never_heard_of_freezes_too() {
    let rig = Rig::new();
    incident(&rig);
    rig.world.facts().complete_to = [NOON, 0];
    let mut hand = Hand::of(rig.aggregator());
    for _ in 0..59 {
        rig.pass_without_loader(1000).await;
        rig.world.facts().complete_to[0] = rig.clock.now().0;
        let board = hand.round().await;
        assert_eq!(board.condition, Condition::Frozen);
        assert!(board.problem.contains("Not every partition"));
    }
    assert_eq!(rig.pager.received(), []);
}

#[tokio::test(start_paused = true)]
async fn a_restart_neither_repeats_nor_forgets() {
    let rig = Rig::new();
    incident(&rig);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let first = rig.pager.take();
    assert_eq!(first.len(), 1);
    hand.stop().await;
    let mut hand = Hand::of(rig.aggregator());
    hand.rounds(&rig, 120).await;
    assert_eq!(rig.pager.take(), []);
    for _ in 0..40 {
        rig.happen("", 0, 100);
        hand.rounds(&rig, 60).await;
    }
    let last = rig.pager.take();
    assert_eq!(last.len(), 1);
    assert_eq!(
        (last[0].status, &last[0].alert),
        (Resolved, &first[0].alert)
    );
    assert_eq!(last[0].starts_at, first[0].starts_at);
    assert!(last[0].sequence > first[0].sequence);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_heard_before_the_restart_is_said_after_it() {
    let rig = Rig::new();
    incident(&rig);
    rig.pager.deaf(true);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    hand.stop().await;
    assert_eq!(rig.pager.received(), []);
    rig.pager.deaf(false);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    hand.rounds(&rig, 120).await;
    assert_eq!(rig.pager.received(), []);
}

#[tokio::test(start_paused = true)]
async fn what_a_receiver_could_not_take_is_said_again() {
    let rig = Rig::new();
    incident(&rig);
    rig.pager.deaf(true);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    rig.pager.deaf(false);
    hand.rounds(&rig, 59).await;
    assert_eq!(rig.pager.received(), [], "it rests");
    hand.rounds(&rig, 2).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
}

#[tokio::test(start_paused = true)]
async fn of_two_aggregators_one_speaks_and_the_other_takes_over_without_repeating() {
    let rig = Rig::new();
    incident(&rig);
    let (mut one, mut two) = (Hand::of(rig.aggregator()), Hand::of(rig.aggregator()));
    for _ in 0..30 {
        rig.pass(1000).await;
        assert_eq!(one.round().await.condition, Condition::Leading);
        assert_eq!(two.round().await.condition, Condition::Standby);
    }
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    drop(one);
    let mut waited = 0;
    while two.round().await.condition != Condition::Leading {
        rig.pass(1000).await;
        waited += 1;
    }
    assert!(
        (10..=21).contains(&waited),
        "about the length of the lease: {waited} s"
    );
    two.rounds(&rig, 60).await;
    assert_eq!(rig.pager.received(), []);
    for _ in 0..40 {
        rig.happen("", 0, 100);
        two.rounds(&rig, 60).await;
    }
    assert_eq!(
        rig.pager.received(),
        [received("incident", Resolved, "page")]
    );
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_was_paused_says_nothing_under_a_lease_that_has_ended() {
    let rig = Rig::new();
    rig.healthy_day();
    let (mut one, mut two) = (Hand::of(rig.aggregator()), Hand::of(rig.aggregator()));
    one.round().await;
    rig.pass(20_000).await;
    rig.happen("", 100, 100);
    assert_eq!(two.round().await.condition, Condition::Leading);
    two.rounds(&rig, 3).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    assert_eq!(one.round().await.condition, Condition::Standby);
    assert_eq!(rig.pager.received(), []);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_stops_hands_over_at_once() {
    let rig = Rig::new();
    rig.healthy_day();
    let mut one = Hand::of(rig.aggregator());
    one.round().await;
    one.stop().await;
    let mut two = Hand::of(rig.aggregator());
    assert_eq!(two.round().await.condition, Condition::Leading);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_is_told_of_and_its_return_is_too() {
    let rig = Rig::new();
    incident(&rig);
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    assert_eq!(rig.pager.received(), [received("incident", Firing, "page")]);
    rig.world.facts().down = true;
    for _ in 0..95 {
        rig.pass_without_loader(1000).await;
        let board = hand.round().await;
        assert_eq!(board.condition, Condition::Unreachable);
        assert!(board.problem.contains("unavailable"), "{}", board.problem);
    }
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Firing, "page")]
    );
    rig.world.facts().down = false;
    rig.happen("", 50, 100);
    hand.rounds(&rig, 31).await;
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Resolved, "page")]
    );
    assert!(
        rig.world
            .states()
            .contains(&("fast_burn".to_owned(), "firing".to_owned()))
    );
    assert!(
        rig.world
            .states()
            .contains(&("lagging".to_owned(), "resolved".to_owned()))
    );
}

#[tokio::test(start_paused = true)]
async fn an_evaluation_that_keeps_failing_is_told_of_although_the_loader_keeps_up() {
    let rig = Rig::new();
    rig.healthy_day();
    let mut hand = Hand::of(rig.aggregator());
    hand.round().await;
    rig.world.facts().overloaded = true;
    hand.rounds(&rig, 95).await;
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Firing, "page")]
    );
    rig.world.facts().overloaded = false;
    hand.rounds(&rig, 31).await;
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Resolved, "page")]
    );
}

#[tokio::test(start_paused = true)]
async fn who_lost_the_lead_while_the_store_was_away_takes_its_own_alert_back() {
    let rig = Rig::new();
    rig.healthy_day();
    let mut one = Hand::of(rig.aggregator());
    one.round().await;
    rig.world.facts().down = true;
    for _ in 0..95 {
        rig.pass_without_loader(1000).await;
        one.round().await;
    }
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Firing, "page")]
    );
    rig.world.facts().down = false;
    rig.pass(1000).await;
    let mut two = Hand::of(rig.aggregator());
    assert_eq!(two.round().await.condition, Condition::Leading);
    assert_eq!(one.round().await.condition, Condition::Standby);
    // Its registry is closed: it does not wait for the receipt.
    one.rounds(&rig, 1).await;
    assert_eq!(
        rig.pager.received(),
        [received("pipeline_lagging", Resolved, "page")]
    );
}

#[tokio::test(start_paused = true)]
async fn the_task_goes_on_while_the_store_is_away_and_ends_when_asked() {
    let rig = Rig::new();
    incident(&rig);
    rig.world.facts().down = true;
    let aggregator = rig.aggregator();
    let mut board = aggregator.board.subscribe();
    let stop = Stop::new();
    let mut running = JoinSet::new();
    running.spawn(aggregator.run(stop.clone()));
    let seen = |condition| move |board: &Arc<Board>| board.condition == condition;
    board
        .wait_for(seen(Condition::Unreachable))
        .await
        .expect("it runs");
    rig.world.facts().down = false;
    board
        .wait_for(seen(Condition::Leading))
        .await
        .expect("it runs");
    stop.cancel();
    let ended = running
        .join_next()
        .await
        .expect("one task")
        .expect("no panic");
    ended.expect("asked to end");
    let row = rig
        .world
        .facts()
        .alerts
        .values()
        .next()
        .cloned()
        .expect("written down");
    assert_eq!(row.state, store::AlertPhase::Firing);
}
