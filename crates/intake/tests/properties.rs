//! Whatever arrives, nothing panics, and what is accepted is within the bounds.

mod support;

use intake::Accepted;
use intake::beacon::MAX_ROWS;
use observation::{BUCKETS, MILLIS_PER_HOUR};
use proptest::prelude::*;
use support::{Edge, NOW, PLAIN, examples};

const HORIZON_MS: i64 = 300_000;

fn within_bounds(accepted: &Accepted) {
    let envelope = &accepted.envelope;
    let origin = &envelope.origin;
    assert!((1..=MAX_ROWS).contains(&envelope.observations.len()));
    assert_eq!(
        origin.page.as_ref().expect("a page").origin,
        "https://shop.test"
    );
    assert!(origin.release.chars().count() <= 128 && origin.environment.chars().count() <= 64);
    for observation in &envelope.observations {
        let earliest = NOW.0 - HORIZON_MS - MILLIS_PER_HOUR;
        assert!((earliest..=NOW.0).contains(&observation.at.0));
        assert!(
            observation.endpoint.starts_with('/') && !observation.endpoint.contains(['?', '#'])
        );
        assert!(observation.target_origin.starts_with("http"));
        assert!(observation.endpoint.chars().count() <= 2048);
        assert!((1..=1_000_000).contains(&observation.count));
        assert!(observation.status == 0 || (100..=599).contains(&observation.status));
        assert!((1..=32).contains(&observation.method.len()));
        assert!(
            observation
                .latency
                .pairs()
                .iter()
                .all(|pair| pair.0 < BUCKETS)
        );
        assert!(observation.parameter.len() <= 2048 && !observation.parameter.contains(' '));
        if let Some(failure) = &observation.failure {
            assert!(failure.evidence.chars().count() <= 128);
            assert!(!failure.evidence.chars().any(char::is_control));
        }
    }
}

/// One change to a valid beacon.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
}

const PIECES: [&str; 12] = [
    "\"st\":",
    "-1",
    "1e999",
    "null",
    "[[[[",
    "{\"a\":",
    "\\u0000",
    "\\ud800",
    ",",
    "\"rows\":[",
    "99999999999999999999",
    "\u{85}",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Flip(at, byte)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, len)| Mutation::Remove(at, len)),
        (any::<usize>(), 1..40_usize).prop_map(|(at, len)| Mutation::Repeat(at, len)),
        (any::<usize>(), prop::sample::select(&PIECES[..]))
            .prop_map(|(at, piece)| Mutation::Insert(at, piece)),
    ]
}

fn apply(body: &mut Vec<u8>, mutation: &Mutation) {
    let len = body.len().max(1);
    match *mutation {
        Mutation::Flip(at, byte) => {
            if let Some(found) = body.get_mut(at % len) {
                *found = byte;
            }
        }
        Mutation::Remove(at, count) => {
            let from = (at % len).min(body.len());
            let to = (from + count).min(body.len());
            body.drain(from..to);
        }
        Mutation::Repeat(at, count) => {
            let from = (at % len).min(body.len());
            let piece = body[from..(from + count).min(body.len())].to_vec();
            body.splice(from..from, piece);
        }
        Mutation::Insert(at, piece) => {
            let from = (at % len).min(body.len());
            body.splice(from..from, piece.bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Edge::default().accept(PLAIN, &body).is_err());
    }

    #[test]
    fn a_mutated_beacon_is_refused_or_within_bounds(
        seed in any::<usize>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let examples = examples("accept");
        let mut body = examples[seed % examples.len()].1.clone();
        for mutation in &mutations {
            apply(&mut body, mutation);
        }
        if let Ok(accepted) = Edge::default().accept(PLAIN, &body) {
            within_bounds(&accepted);
        }
    }
}
