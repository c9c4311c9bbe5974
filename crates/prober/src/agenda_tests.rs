use observation::{Kind, Outcome, Stage};

use super::*;

const AGAIN: Duration = Duration::from_secs(600);

fn row(target: &str, endpoint: &str, last_minute: i64) -> SignatureRow {
    SignatureRow {
        app: "shop".to_owned(),
        kind: Kind::Request,
        page_origin: "https://shop.test".to_owned(),
        target_origin: format!("https://{target}.test"),
        endpoint: endpoint.to_owned(),
        service: "api".to_owned(),
        method: "GET".to_owned(),
        headers: String::new(),
        credentialed: false,
        preflighted: false,
        outcome: Outcome::Blocked,
        stage: Some(Stage::Response),
        first_seen: UnixMillis(0),
        last_seen: UnixMillis(last_minute * MILLIS_PER_MINUTE),
    }
}

fn endpoints(agenda: &mut Agenda, now: Instant) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(Task::Diagnose(row) | Task::Look(row)) = agenda.next(now) {
        found.push(row.endpoint);
    }
    found
}

#[test]
fn a_failure_is_replayed_once_and_again_when_it_goes_on_or_its_target_changes() {
    let (mut agenda, now) = (Agenda::new(AGAIN, 600), Instant::now());
    let seen_at = |minute| row("api", "/x", minute);
    agenda.failing(vec![seen_at(0)]);
    agenda.failing(vec![seen_at(0)]);
    assert_eq!(endpoints(&mut agenda, now), ["/x"]);
    agenda.failing(vec![seen_at(0)]);
    assert_eq!(endpoints(&mut agenda, now), [""; 0], "it is under way");
    agenda.diagnosed(&seen_at(0), UnixMillis(5_000));
    agenda.failing(vec![seen_at(3)]);
    assert_eq!(endpoints(&mut agenda, now), [""; 0], "it is known");
    agenda.failing(vec![seen_at(10)]);
    assert_eq!(endpoints(&mut agenda, now), ["/x"], "it goes on");
    agenda.diagnosed(&seen_at(10), UnixMillis(660_000));
    agenda.changed(&row("api", "/other", 0));
    agenda.failing(vec![seen_at(11)]);
    assert_eq!(
        endpoints(&mut agenda, now),
        [""; 0],
        "another endpoint changed"
    );
    agenda.changed(&seen_at(0));
    agenda.failing(vec![seen_at(11)]);
    assert_eq!(endpoints(&mut agenda, now), ["/x"], "its own changed");
    agenda.failed(&seen_at(11));
    agenda.failing(vec![seen_at(11)]);
    assert_eq!(endpoints(&mut agenda, now), ["/x"], "the store failed");
}

#[test]
fn one_target_is_not_asked_too_often_and_does_not_keep_others_waiting() {
    let (mut agenda, now) = (Agenda::new(AGAIN, 30), Instant::now());
    let many = (0..40)
        .map(|n| row("busy", &format!("/{n:02}"), 0))
        .collect();
    agenda.failing(many);
    assert_eq!(endpoints(&mut agenda, now).len(), 10);
    agenda.failing(vec![row("calm", "/calm", 0)]);
    assert_eq!(endpoints(&mut agenda, now), ["/calm"]);
    assert_eq!(
        endpoints(&mut agenda, now + Duration::from_secs(4)).len(),
        2
    );
    assert_eq!(
        endpoints(&mut agenda, now + Duration::from_secs(600)).len(),
        10
    );
}

#[test]
fn failures_come_before_looks_and_the_queue_has_an_end() {
    let (mut agenda, now) = (Agenda::new(AGAIN, 600), Instant::now());
    agenda.passing(vec![row("api", "/fine", 0), row("api", "/fine", 0)]);
    agenda.failing(vec![row("api", "/broken", 0)]);
    assert_eq!(endpoints(&mut agenda, now), ["/broken", "/fine"]);
    let flood = (0..MAX_WAITING + 7)
        .map(|n| row("api", &format!("/{n}"), 0))
        .collect();
    assert_eq!(agenda.failing(flood), 7);
    assert_eq!(agenda.waiting(), MAX_WAITING);
}
