//! Which failures are one incident, and what becomes of it.

mod world;

use incident::{ClosedAs, News, Phase, Register, Replay};
use observation::Stage;
use slo::Severity;
use world::{Kept as _, MINUTE, NOON, Told as _, World, cause, failing, signal};

#[test]
fn ten_endpoints_and_three_slis_that_fail_for_one_missing_header_are_one_incident() {
    let mut world = World::default();
    let missing = cause(
        "MissingAllowOriginHeader",
        "",
        "access-control-allow-origin",
    );
    let preflight = cause(
        "PreflightMissingAllowOriginHeader",
        "",
        "access-control-allow-origin",
    );
    let sightings: Vec<_> = (0..10)
        .map(|n| {
            let (stage, cause) = if n % 2 == 0 {
                (Stage::Preflight, &preflight)
            } else {
                (Stage::Response, &missing)
            };
            failing(&format!("/e{n}"), stage).caused(cause)
        })
        .collect();
    let signals = [
        "block_rate",
        "preflight_failure_rate",
        "credentialed_failure_rate",
    ]
    .map(|sli| signal("shop", sli, sightings.clone()));
    let news = world.round(&signals, 0);
    assert_eq!(news.len(), 1, "{news:?}");
    let incident = world.only();
    assert_eq!(incident.apps["shop"].slices.len(), 10);
    assert_eq!(incident.alerts.len(), 3);
    assert_eq!(
        world.round(&signals, 1_000),
        [],
        "and nothing until something changes"
    );
}

#[test]
fn a_second_cause_is_a_second_incident_and_apps_share_one() {
    let mut world = World::default();
    let header = cause("HeaderDisallowedByPreflightResponse", "x-tenant", "");
    let method = cause("MethodDisallowedByPreflightResponse", "PATCH", "");
    let first = failing("/cart", Stage::Preflight).caused(&header);
    let second = failing("/order", Stage::Preflight).caused(&method);
    let news = world.round(
        &[signal("shop", "block_rate", vec![first.clone(), second])],
        0,
    );
    assert_eq!(news.len(), 2);
    let news = world.round(&[signal("blog", "block_rate", vec![first])], 1_000);
    assert_eq!(news, [], "the app joins the incident of its cause");
    let shared = world
        .register
        .all()
        .find(|incident| incident.apps.contains_key("blog"));
    assert_eq!(shared.expect("joined").apps.len(), 2);
}

#[test]
fn a_page_waits_three_seconds_for_the_diagnosis_and_no_longer() {
    for (known_after, announced_at, causes) in [
        (Some(1_000), 1_000, 0),
        (None, 3_000, 0),
        (Some(8_000), 3_000, 1),
    ] {
        let mut world = World::default();
        let named = cause("HeaderDisallowedByPreflightResponse", "x-tenant", "");
        let mut told = Vec::new();
        for at in (0..=12_000).step_by(1_000) {
            let mut sighting = failing("/cart", Stage::Preflight);
            if known_after.is_some_and(|after| at >= after) {
                sighting = sighting.caused(&named);
            }
            let news = world.round(&[signal("shop", "block_rate", vec![sighting.seen(at)])], at);
            told.extend(news.into_iter().map(|news| (at, news)));
        }
        assert_eq!(told[0], (announced_at, News::Opened), "{known_after:?}");
        let later = told[1..]
            .iter()
            .filter(|(_, news)| *news == News::Cause)
            .count();
        assert_eq!((later, told.len() - 1), (causes, causes), "{told:?}");
    }
}

#[test]
fn two_incidents_that_turn_out_to_have_one_cause_become_the_older_one() {
    let mut world = World::default();
    let (one, other) = (
        failing("/cart", Stage::Preflight),
        failing("/items", Stage::Response),
    );
    world.round(&[signal("shop", "block_rate", vec![one.clone()])], 0);
    world.round(
        &[signal(
            "shop",
            "block_rate",
            vec![one.clone(), other.clone()],
        )],
        4_000,
    );
    world.round(
        &[signal(
            "shop",
            "block_rate",
            vec![one.clone(), other.clone()],
        )],
        8_000,
    );
    assert_eq!(world.register.open().len(), 2);
    let (missing, preflight) = (
        cause(
            "MissingAllowOriginHeader",
            "",
            "access-control-allow-origin",
        ),
        cause(
            "PreflightMissingAllowOriginHeader",
            "",
            "access-control-allow-origin",
        ),
    );
    // Each learns its own cause in its own round, as replays come in.
    world.round(
        &[signal(
            "shop",
            "block_rate",
            vec![one.clone().caused(&preflight), other.clone()],
        )],
        9_000,
    );
    let news = world.round(
        &[signal(
            "shop",
            "block_rate",
            vec![one.caused(&preflight), other.caused(&missing)],
        )],
        10_000,
    );
    let open = world.register.open();
    assert_eq!(open.len(), 1);
    let merged = world
        .register
        .all()
        .find(|incident| incident.merged_into.is_some());
    if let Some(merged) = merged {
        assert_eq!(merged.merged_into.as_ref(), open.first());
        assert_eq!(merged.closed().map(|(_, how)| how), Some(ClosedAs::Merged));
        assert!(news.contains(&News::Closed), "{news:?}");
    } else {
        panic!("the younger is closed as merged");
    }
    assert_eq!(
        world.register.get(&open[0]).expect("open").apps["shop"]
            .slices
            .len(),
        2
    );
}

#[test]
fn another_cause_at_the_same_endpoint_is_a_second_incident() {
    let mut world = World::default();
    let first = cause(
        "MissingAllowOriginHeader",
        "",
        "access-control-allow-origin",
    );
    let second = cause("InvalidAllowCredentials", "", "");
    let at = |cause, seen| {
        vec![signal(
            "shop",
            "block_rate",
            vec![failing("/cart", Stage::Response).caused(cause).seen(seen)],
        )]
    };
    assert_eq!(world.round(&at(&first, 0), 0), [News::Opened]);
    assert_eq!(world.round(&at(&second, 1_000), 1_000), [News::Opened]);
    let causes: Vec<_> = world
        .register
        .open()
        .iter()
        .filter_map(|id| world.register.get(id)?.cause.as_ref())
        .map(|cause| cause.cause.as_str().to_owned())
        .collect();
    assert_eq!(causes.len(), 2, "{causes:?}");
    assert!(
        causes.contains(&"InvalidAllowCredentials".to_owned()),
        "{causes:?}"
    );
}

#[test]
fn it_is_fixed_only_when_rules_replay_users_and_caches_say_so() {
    let named = cause("HeaderDisallowedByPreflightResponse", "x-tenant", "").kept_for(600);
    let mut world = World::default();
    world.round(
        &[signal(
            "shop",
            "block_rate",
            vec![failing("/cart", Stage::Preflight).caused(&named)],
        )],
        0,
    );
    for (minute, replay, recovered, closes) in [
        (5, Replay::NotAsked, true, false),
        (6, Replay::Fails, true, false),
        (7, Replay::Passes, false, false),
        // Ten minutes after the failure was last seen the caches are empty.
        (8, Replay::Passes, true, false),
        (11, Replay::Passes, true, true),
    ] {
        world.replay = replay;
        world.recovered = recovered;
        let news = world.round(&[], minute * MINUTE);
        assert_eq!(news == [News::Closed], closes, "minute {minute}: {news:?}");
    }
    assert_eq!(
        world.only().closed().map(|(_, how)| how),
        Some(ClosedAs::Fixed)
    );
}

#[test]
fn what_flaps_is_held_open_longer_each_time_and_told_once() {
    let mut world = World::default();
    let mut told = Vec::new();
    for round in 0..40 {
        // Two minutes of failure, two of calm.
        let signals = if round % 4 < 2 {
            vec![signal(
                "shop",
                "block_rate",
                vec![failing("/cart", Stage::Preflight).seen(round * MINUTE)],
            )]
        } else {
            vec![]
        };
        for second in [0, 30, 59] {
            told.extend(world.round(&signals, round * MINUTE + second * 1_000));
        }
    }
    let opened = told.iter().filter(|news| **news == News::Opened).count();
    assert!(opened <= 2, "{told:?}");
    assert!(told.len() <= 3, "{told:?}");
}

#[test]
fn a_closed_incident_is_never_joined_but_named() {
    let mut world = World::default();
    let at = |seen| {
        vec![signal(
            "shop",
            "block_rate",
            vec![failing("/cart", Stage::Preflight).seen(seen)],
        )]
    };
    for second in 0..5 {
        world.round(&at(0), second * 1_000);
    }
    world.round(&[], 5 * MINUTE);
    world.round(&[], 7 * MINUTE);
    let first = world.only().id.clone();
    // What a slow rule still remembers is explained.
    assert_eq!(world.round(&at(0), 30 * MINUTE), []);
    assert_eq!(world.register.open(), Vec::<String>::new());
    world.round(&at(60 * MINUTE), 60 * MINUTE);
    let open = world.register.open();
    assert_eq!(open.len(), 1);
    let second = world.register.get(&open[0]).expect("open");
    assert_eq!(second.previous.as_ref(), Some(&first));
    assert_ne!(second.id, first);
}

#[test]
fn silence_closes_it_as_stopped_only_where_others_are_heard() {
    for (alive, minutes, closes) in [
        (true, 29, false),
        (true, 40, true),
        (false, 40, false),
        (false, 25 * 60, true),
    ] {
        let mut world = World::default();
        for second in 0..5 {
            world.round(
                &[signal(
                    "shop",
                    "block_rate",
                    vec![failing("/cart", Stage::Preflight)],
                )],
                second * 1_000,
            );
        }
        (world.alive, world.silent) = (alive, true);
        world.round(&[], MINUTE);
        world.round(&[], minutes * MINUTE);
        let how = world.only().closed().map(|(_, how)| how);
        assert_eq!(
            how,
            closes.then_some(ClosedAs::Stopped),
            "{alive} {minutes}"
        );
    }
}

#[test]
fn growth_and_urgency_are_told_each_time_they_double_or_rise() {
    let mut world = World::default();
    let mut sighting = failing("/cart", Stage::Preflight);
    sighting.severity = Severity::Ticket;
    let mut told = Vec::new();
    for minute in 0..60_i64 {
        world.sessions = 10 * (minute.unsigned_abs() + 1);
        if minute == 30 {
            sighting.severity = Severity::Page;
        }
        let news = world.round(
            &[signal(
                "shop",
                "block_rate",
                vec![sighting.clone().seen(minute * MINUTE)],
            )],
            minute * MINUTE,
        );
        told.extend(news);
    }
    let grown = told.iter().filter(|news| **news == News::Grown).count();
    assert!((2..=5).contains(&grown), "{told:?}");
    assert_eq!(
        told.iter().filter(|news| **news == News::Severity).count(),
        1,
        "{told:?}"
    );
    assert_eq!(told.len(), 2 + grown, "{told:?}");
}

#[test]
fn what_was_kept_goes_on_where_it_was() {
    let mut world = World::default();
    for second in 0..5 {
        world.round(
            &[signal(
                "shop",
                "block_rate",
                vec![failing("/cart", Stage::Preflight)],
            )],
            second * 1_000,
        );
    }
    let json = serde_json::to_string(world.only()).expect("plain data");
    let kept: incident::Incident = serde_json::from_str(&json).expect("own text");
    assert_eq!(&kept, world.only());
    assert!(matches!(kept.phase, Phase::Open));
    world.register = Register::of([kept]);
    assert_eq!(
        world.round(
            &[signal(
                "shop",
                "block_rate",
                vec![failing("/cart", Stage::Preflight)]
            )],
            6_000
        ),
        []
    );
    assert_eq!(world.register.open().len(), 1);
    assert_eq!(NOON.0 % MINUTE, 0);
}

/// Failures of as many causes at one server, each of which is an incident of its own while there is room.
fn causes(numbers: std::ops::Range<usize>) -> Vec<incident::Signal> {
    let sightings = numbers.map(|n| {
        let cause = cause(&format!("Cause{n}"), "", "");
        failing(&format!("/e{n}"), Stage::Response).caused(&cause)
    });
    vec![signal("shop", "block_rate", sightings.collect())]
}

#[test]
fn a_flood_of_causes_fills_the_incidents_and_once_it_is_over_a_new_one_is_told_apart_again() {
    let mut world = World::default();
    world.round(&causes(0..1_000), 0);
    world.round(&causes(0..1_000), 4_000);
    let full = world.register.open().len();
    assert!((500..1_000).contains(&full), "{full} are open");
    // The others are part of one of them, whose list of places is bounded as well.
    let places = world
        .register
        .all()
        .map(|incident| incident.apps["shop"].slices.len());
    assert!(
        places
            .max()
            .is_some_and(|most| (100..1_000 - full).contains(&most))
    );
    world.round(&causes(1_000..1_100), 8_000);
    assert_eq!(
        world.register.open().len(),
        full,
        "what is new joins one of them"
    );
    for minute in 1..=60 {
        world.round(&[], minute * MINUTE);
        world.register.sweep(|_| false);
    }
    assert_eq!(world.register.open().len(), 0, "it is over");
    let closed = world.register.all().count();
    assert!(
        closed < full,
        "of {full} closed ones {closed} are remembered"
    );
    let last_closed = world.register.all().map(|incident| incident.id.clone());
    let last_closed: Vec<_> = last_closed.collect();
    let news = world.round(&causes(2_000..2_002), 61 * MINUTE);
    assert_eq!(news.len(), 2, "{news:?}");
    assert_eq!(world.register.all().count(), last_closed.len() + 2);
}

/// Failures of one cause at as many servers as there are numbers.
fn servers(app: &str, numbers: std::ops::Range<usize>) -> Vec<incident::Signal> {
    let gone = cause("MissingAllowOriginHeader", "", "");
    numbers
        .map(|number| {
            let mut sighting = failing("/cart", Stage::Response).caused(&gone);
            sighting.target_origin = format!("https://api{number}.test");
            signal(app, "block_rate", vec![sighting])
        })
        .collect()
}

#[test]
fn an_app_that_fails_at_many_servers_leaves_room_for_the_incidents_of_others() {
    let mut world = World::default();
    world.round(&servers("flooded", 0..1_000), 0);
    let open = world.register.open();
    assert_eq!(open.len(), 500, "the others joined one of them");
    let causes = |world: &World| {
        let all = world.register.all();
        all.filter(|one| one.cause.is_some()).count()
    };
    assert_eq!(causes(&world), 500);
    let news = world.round(&servers("flooded", 0..1_000), 4_000);
    let changed = news.iter().filter(|news| **news == News::Cause);
    assert_eq!(
        changed.count(),
        0,
        "what joined for want of room is no new cause"
    );
    let mut all = servers("flooded", 0..1_000);
    all.extend(servers("shop", 2_000..2_003));
    world.round(&all, 8_000);
    let of_shop = world.register.all();
    let of_shop = of_shop.filter(|one| one.apps.contains_key("shop")).count();
    assert_eq!(
        of_shop, 3,
        "the other app's failures are incidents of their own"
    );
}
