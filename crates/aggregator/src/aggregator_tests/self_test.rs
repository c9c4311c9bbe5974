//! The nightly test of receivers.

use super::pager::received;
use super::rig::{Hand, Rig};
use super::*;

const DAY: i64 = 86_400_000;

#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_take_its_nightly_test_is_an_alert_until_it_does() {
    let mut rig = Rig::new();
    rig.nightly_test = "12:01".to_owned();
    let metrics = runtime::Metrics::default();
    let mut hand = Hand::of(rig.with(metrics.clone()));
    hand.rounds(&rig, 50).await;
    assert_eq!(rig.pager.received(), [], "not yet time");
    hand.rounds(&rig, 20).await;
    let sent = rig.pager.take();
    let states: Vec<_> = sent
        .iter()
        .map(|sent| (sent.label("corswatch_test"), sent.status))
        .collect();
    assert_eq!(states, [("true", Firing), ("true", Resolved)]);
    hand.rounds(&rig, 300).await;
    assert_eq!(rig.pager.received(), [], "once a night");

    rig.pager.deaf(true);
    rig.pass(DAY).await;
    hand.rounds(&rig, 10).await;
    rig.pager.deaf(false);
    hand.rounds(&rig, 120).await;
    let sent = rig.pager.received();
    assert_eq!(sent, [received("self_test_failed", Firing, "ticket")]);
    let text = metrics.encode();
    for line in [
        "corswatch_aggregator_self_tests_total{receiver=\"pager\",outcome=\"delivered\"} 1",
        "corswatch_aggregator_self_tests_total{receiver=\"pager\",outcome=\"gave_up\"} 1",
        "corswatch_aggregator_alerts_firing{slo=\"receivers\",severity=\"ticket\"} 1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }

    rig.pass(DAY).await;
    hand.rounds(&rig, 120).await;
    let sent = rig.pager.received();
    let test = received("test", Firing, "ticket");
    assert!(sent.contains(&test), "{sent:?}");
    let last = sent.last().expect("told");
    assert_eq!(last, &received("self_test_failed", Resolved, "ticket"));
    hand.stop().await;
}
