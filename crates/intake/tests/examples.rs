//! The examples of the beacon format, and that they show every reason.

mod support;

use std::collections::BTreeSet;

use intake::Reason;
use support::{Edge, PLAIN, Sender, examples};

#[test]
fn every_example_to_accept_is_accepted() {
    let edge = Edge::default();
    for (name, body) in examples("accept") {
        let accepted = edge.accept(PLAIN, &body);
        assert!(accepted.is_ok(), "{name}: {accepted:?}");
    }
}

#[test]
fn every_example_to_reject_is_refused_for_the_reason_in_its_name() {
    let edge = Edge::default();
    for (name, body) in examples("reject") {
        let refusal = edge.accept(PLAIN, &body).expect_err(&name);
        let (reason, _) = name.split_once("--").expect("<reason>--<what>");
        assert_eq!(refusal.reason.as_str(), reason, "{name}: {refusal}");
        assert!(!refusal.detail.is_empty(), "{name}");
        assert!(refusal.detail.chars().count() <= 240, "{name}: {refusal}");
    }
}

#[test]
fn the_examples_show_every_reason() {
    let edge = Edge::default();
    let mut shown: BTreeSet<Reason> = examples("reject")
        .into_iter()
        .map(|(name, body)| edge.accept(PLAIN, &body).expect_err(&name).reason)
        .collect();
    // The one reason that needs a header.
    let (_, body) = &examples("accept")[0];
    let other = Sender {
        origin: Some("https://other.test"),
        ..PLAIN
    };
    shown.insert(edge.accept(other, body).expect_err("another origin").reason);
    let missing: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| !shown.contains(reason))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
