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

fn pace() -> Pace {
    Pace::new(600)
}

fn endpoints(agenda: &mut Agenda, now: Instant) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(Task::Diagnose(row) | Task::Look(row)) = agenda.next(&pace(), now) {
        found.push(row.endpoint);
    }
    found
}

#[test]
fn a_failure_is_replayed_once_and_again_when_it_goes_on_or_its_target_changes() {
    let (mut agenda, now) = (Agenda::new(AGAIN), Instant::now());
    let seen_at = |minute| row("api", "/x", minute);
    agenda.failing(vec![seen_at(0)]);
    agenda.failing(vec![seen_at(0)]);
    assert_eq!(endpoints(&mut agenda, now), ["/x"]);
    agenda.failing(vec![seen_at(0)]);
    assert_eq!(endpoints(&mut agenda, now), [""; 0], "it is in progress");
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
fn a_target_that_has_had_its_messages_does_not_keep_others_waiting() {
    let (mut agenda, now, pace) = (Agenda::new(AGAIN), Instant::now(), Pace::new(60));
    let address = ([192, 0, 2, 1], 443).into();
    while pace.wait_for_server("https://busy.test", now).is_none() {
        pace.count("https://busy.test", address, now)
            .expect("a message");
    }
    agenda.passing(vec![row("busy", "/look", 0), row("calm", "/look", 0)]);
    agenda.failing(vec![row("busy", "/busy", 0), row("calm", "/calm", 0)]);
    let mut started = |now| match agenda.next(&pace, now)? {
        Task::Diagnose(row) | Task::Look(row) => Some(row.target_origin + &row.endpoint),
    };
    assert_eq!(started(now).as_deref(), Some("https://calm.test/calm"));
    assert_eq!(started(now).as_deref(), Some("https://calm.test/look"));
    assert_eq!(started(now), None);
    let later = now + Duration::from_secs(1);
    assert_eq!(started(later).as_deref(), Some("https://busy.test/busy"));
    assert_eq!(started(later).as_deref(), Some("https://busy.test/look"));
}

#[test]
fn what_is_put_off_waits_for_its_time_and_is_not_forgotten() {
    let (mut agenda, now) = (Agenda::new(AGAIN), Instant::now());
    let soon = now + Duration::from_secs(5);
    agenda.failing(vec![row("api", "/x", 0)]);
    assert_eq!(endpoints(&mut agenda, now), ["/x"]);
    agenda.postponed(row("api", "/x", 0), soon);
    agenda.postponed_look(row("api", "/look", 0), soon);
    // TargetSnapshot again, it still waits.
    agenda.failing(vec![row("api", "/x", 1)]);
    assert_eq!((agenda.waiting(), agenda.has_looks()), (1, true));
    assert_eq!(endpoints(&mut agenda, now), [""; 0]);
    assert_eq!(endpoints(&mut agenda, soon), ["/x", "/look"]);
}

#[test]
fn failures_come_before_looks_and_the_queue_has_an_end() {
    let (mut agenda, now) = (Agenda::new(AGAIN), Instant::now());
    agenda.passing(vec![row("api", "/fine", 0), row("api", "/fine", 0)]);
    agenda.failing(vec![row("api", "/broken", 0)]);
    assert_eq!(endpoints(&mut agenda, now), ["/broken", "/fine"]);
    let flood = (0..MAX_WAITING + 7)
        .map(|n| row("api", &format!("/{n}"), 0))
        .collect();
    assert_eq!(agenda.failing(flood), 7);
    assert_eq!(agenda.waiting(), MAX_WAITING);
}

#[test]
fn a_flood_of_one_app_keeps_neither_other_apps_nor_its_own_other_servers_waiting() {
    let (mut agenda, now) = (Agenda::new(AGAIN), Instant::now());
    let flood = (0..MAX_WAITING * 2)
        .map(|n| row("flooded", &format!("/{n}"), 0))
        .collect();
    let overflowed = agenda.failing(flood);
    assert_eq!(overflowed, MAX_WAITING as u64);
    let of_other_app = SignatureRow {
        app: "beta".to_owned(),
        ..row("beta", "/real", 0)
    };
    let at_other_server = row("calm", "/real", 0);
    let overflowed = agenda.failing(vec![of_other_app.clone(), at_other_server.clone()]);
    assert_eq!(overflowed, 2, "two others gave way");
    assert_eq!(agenda.waiting(), MAX_WAITING);
    let pace = pace();
    let first: Vec<_> = std::iter::from_fn(|| agenda.next(&pace, now))
        .take(4)
        .map(|task| match task {
            Task::Diagnose(row) | Task::Look(row) => row,
        })
        .collect();
    assert!(first[..3].contains(&of_other_app), "{first:#?}");
    assert!(first.contains(&at_other_server), "{first:#?}");
}

#[test]
fn nothing_gives_way_to_what_has_as_many_places() {
    let mut agenda = Agenda::new(AGAIN);
    for n in 0..MAX_WAITING {
        let app = ["shop", "beta"][n % 2].to_owned();
        let one = SignatureRow {
            app,
            ..row("api", &format!("/{n}"), 0)
        };
        assert_eq!(agenda.failing(vec![one]), 0);
    }
    let before: Vec<_> = agenda.waiting.keys().cloned().collect();
    assert_eq!(agenda.failing(vec![row("api", "/new", 0)]), 1);
    let after: Vec<_> = agenda.waiting.keys().cloned().collect();
    assert_eq!(before, after);
}
