//! Beacons that the edge does not take.

use std::sync::Mutex;

use alert::{Notification, Status};
use observation::EdgeReport;

use super::*;
use crate::EdgeCounts;

/// Counts of an edge that go on by hand.
#[derive(Default)]
struct Counted(Mutex<EdgeReport>);

impl EdgeCounts for Counted {
    fn report(&self) -> EdgeReport {
        self.0.lock().expect("not poisoned").clone()
    }
}

impl Counted {
    /// Of `received` that arrive, `refused` are refused.
    fn count(&self, rig: &Rig, received: u64, reason: &str, refused: u64) {
        let mut report = self.0.lock().expect("not poisoned");
        report.process = [1; 12];
        report.at = rig.clock.now();
        report.received += received;
        match report.shed_by.iter_mut().find(|(known, _)| known == reason) {
            Some((_, count)) => *count += refused,
            None => report.shed_by.push((reason.to_owned(), refused)),
        }
    }
}

/// Rounds a second apart, in each of which beacons arrive; what the edge counted is in the store.
async fn seconds(rig: &Rig, hand: &mut Hand, edge: &Counted, reason: &str, of: (u64, u64), n: i64) {
    for _ in 0..n {
        rig.pass(1000).await;
        edge.count(rig, of.1, reason, of.0);
        rig.world.facts().edge_reports = vec![edge.report()];
        hand.round().await;
    }
}

fn of_edge(received: &[Notification]) -> Vec<(&str, &str, Status)> {
    let edge = received.iter().filter(|sent| sent.label("slo") == "edge");
    edge.map(|sent| (sent.label("reason"), sent.label("severity"), sent.status))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn refused_beacons_raise_an_alert_that_names_reason_time_and_setting_and_ends_by_itself() {
    let (rig, edge) = (Rig::new(), Counted::default());
    let mut hand = Hand::of(rig.aggregator());
    seconds(&rig, &mut hand, &edge, "journal_full", (0, 100), 10).await;
    assert!(rig.pager.take().is_empty());
    let began = rig.clock.now().plus(1000);
    seconds(&rig, &mut hand, &edge, "journal_full", (40, 100), 40).await;
    let received = rig.pager.take();
    assert_eq!(
        of_edge(&received),
        [("journal_full", "page", Status::Firing)]
    );
    let text = |name: &str| received[0].annotations[name].clone();
    let summary = text("summary");
    assert!(summary.contains(&alert::rfc3339(began)), "{summary}");
    let description = text("description");
    assert!(
        description.contains("journal.disk.max_size"),
        "{description}"
    );
    assert!(text("next_steps").contains("/readyz"));
    seconds(&rig, &mut hand, &edge, "journal_full", (0, 100), 75).await;
    assert!(rig.pager.take().is_empty(), "the window still holds some");
    seconds(&rig, &mut hand, &edge, "journal_full", (0, 100), 20).await;
    let received = rig.pager.take();
    assert_eq!(
        of_edge(&received),
        [("journal_full", "page", Status::Resolved)]
    );
}

#[tokio::test(start_paused = true)]
async fn each_reason_is_an_alert_of_its_own_and_what_only_senders_can_change_is_none() {
    for (reason, refused, severity) in [
        ("journal_full", 40, Some("page")),
        ("journal_unavailable", 40, Some("page")),
        ("bytes_in_flight", 40, Some("page")),
        ("key_bytes", 40, Some("ticket")),
        ("client_rate", 40, Some("ticket")),
        ("page_origin_not_allowed", 40, Some("ticket")),
        ("a_reason_of_a_later_build", 40, Some("ticket")),
        ("disconnected", 40, None),
        ("slow_body", 40, None),
    ] {
        let (rig, edge) = (Rig::new(), Counted::default());
        let mut hand = Hand::of(rig.aggregator());
        seconds(&rig, &mut hand, &edge, reason, (refused, 100), 60).await;
        let received = rig.pager.take();
        let expected: Vec<_> = severity
            .map(|severity| (reason, severity, Status::Firing))
            .into_iter()
            .collect();
        assert_eq!(of_edge(&received), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_few_refusals_or_a_small_share_of_them_are_no_matter() {
    for (refused, received) in [(1, 200), (0, 1)] {
        let (rig, edge) = (Rig::new(), Counted::default());
        let mut hand = Hand::of(rig.aggregator());
        let of = (refused, received);
        seconds(&rig, &mut hand, &edge, "key_rate", of, 120).await;
        seconds(&rig, &mut hand, &edge, "key_rate", (3, 3), 3).await;
        seconds(&rig, &mut hand, &edge, "key_rate", (0, 0), 120).await;
        assert_eq!(of_edge(&rig.pager.take()), []);
    }
}

#[tokio::test(start_paused = true)]
async fn an_edge_in_the_same_process_is_heard_while_the_store_is_away() {
    let edge = Arc::new(Counted::default());
    let mut rig = Rig::new();
    rig.edge = Some(Arc::clone(&edge) as _);
    let mut hand = Hand::of(rig.aggregator());
    hand.round().await;
    rig.world.facts().down = true;
    for _ in 0..50 {
        rig.pass_without_loader(1000).await;
        edge.count(&rig, 100, "journal_full", 100);
        hand.round().await;
    }
    let received = rig.pager.take();
    assert_eq!(
        of_edge(&received),
        [("journal_full", "page", Status::Firing)]
    );
}

#[tokio::test(start_paused = true)]
async fn an_alert_about_refusals_survives_a_restart_and_ends_after_it() {
    let (rig, edge) = (Rig::new(), Counted::default());
    let mut hand = Hand::of(rig.aggregator());
    seconds(&rig, &mut hand, &edge, "journal_full", (40, 100), 60).await;
    assert_eq!(of_edge(&rig.pager.take()).len(), 1);
    hand.stop().await;
    let mut hand = Hand::of(rig.aggregator());
    seconds(&rig, &mut hand, &edge, "journal_full", (0, 100), 60).await;
    let received = rig.pager.take();
    assert_eq!(
        of_edge(&received),
        [("journal_full", "page", Status::Resolved)]
    );
}
