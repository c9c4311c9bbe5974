//! Random failures, diagnoses and recoveries: what holds whatever happens.

mod world;

use std::collections::BTreeMap;

use incident::{News, Replay};
use observation::Stage;
use proptest::prelude::*;
use world::{MINUTE, Told as _, World, cause, failing, signal};

/// What happens in one minute: which of six endpoints fail, with which cause, and how the rest stands.
type Minute = (Vec<(u8, u8)>, bool, u8);

fn minute() -> impl Strategy<Value = Minute> {
    let failures = prop::collection::vec((0..6_u8, 0..4_u8), 0..4);
    (failures, any::<bool>(), 0..4_u8)
}

fn replay(of: u8) -> Replay {
    match of {
        0 => Replay::Fails,
        1 => Replay::NotAsked,
        2 => Replay::Impossible,
        _ => Replay::Passes,
    }
}

proptest! {
    #[test]
    fn each_incident_is_opened_once_and_closed_at_most_once_and_nothing_is_told_of_it_outside(
        minutes in prop::collection::vec(minute(), 1..80)
    ) {
        let causes = ["MissingAllowOriginHeader", "InvalidAllowCredentials", "InvalidResponse"]
            .map(|name| cause(name, "", ""));
        let mut world = World::default();
        let mut severities = BTreeMap::new();
        for (at, (failures, recovered, shown)) in (0_i64..).zip(&minutes) {
            world.recovered = *recovered;
            world.replay = replay(*shown);
            let sightings: Vec<_> = failures
                .iter()
                .map(|(endpoint, of)| {
                    let sighting = failing(&format!("/e{endpoint}"), Stage::Response).seen(at * MINUTE);
                    match causes.get(usize::from(*of)) {
                        Some(cause) => sighting.caused(cause),
                        None => sighting,
                    }
                })
                .collect();
            let signals = if sightings.is_empty() { vec![] } else { vec![signal("shop", "block_rate", sightings)] };
            for second in [0, 4, 30] {
                world.round(&signals, at * MINUTE + second * 1_000);
            }
            for incident in world.register.all() {
                let before = severities.insert(incident.id.clone(), incident.severity);
                prop_assert!(before.is_none_or(|before| before <= incident.severity));
                let told = incident.timeline.iter().filter(|entry| entry.what == incident::Happening::Notified);
                prop_assert_eq!(told.count() as u64, incident.sequence, "each notification is one number");
                prop_assert_eq!(incident.is_announced(), incident.sequence > 0);
                let closed = incident.timeline.iter().filter(|entry| entry.what == incident::Happening::Closed);
                prop_assert_eq!(closed.count(), usize::from(!incident.is_open()));
            }
            // Of one cause at one target only one incident is open.
            let mut roots: Vec<_> = world
                .register
                .all()
                .filter(|incident| incident.is_open())
                .filter_map(|incident| incident.cause.as_ref().map(incident::Cause::root))
                .collect();
            let all = roots.len();
            roots.sort();
            roots.dedup();
            prop_assert_eq!(roots.len(), all);
        }
    }

    #[test]
    fn whatever_fails_while_one_cause_is_known_is_told_in_one_opening(
        endpoints in prop::collection::vec(0..6_u8, 1..30)
    ) {
        let named = cause("MissingAllowOriginHeader", "", "access-control-allow-origin");
        let mut world = World::default();
        let mut told = Vec::new();
        for (at, endpoint) in (0_i64..).zip(&endpoints) {
            let sighting = failing(&format!("/e{endpoint}"), Stage::Response).seen(at * MINUTE).caused(&named);
            told.extend(world.round(&[signal("shop", "block_rate", vec![sighting])], at * MINUTE));
        }
        prop_assert_eq!(told, vec![News::Opened]);
    }
}
