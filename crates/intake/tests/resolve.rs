//! What an accepted beacon says.

mod support;

use intake::{Accepted, Dimension, Reason};
use observation::{Confidence, Context, Kind, Outcome, Stage, Standing, UnixMillis};
use support::{Edge, NOW, PLAIN, Sender, beacon};

const GOOD: &str = r#"{"at":-1,"to":"https://api.shop.test","ep":"/x","st":200}"#;
const OPEN: Sender<'_> = Sender {
    key: "open-key-1",
    ..PLAIN
};

fn accepted(more: &str, rows: &[&str]) -> Accepted {
    Edge::default()
        .accept(PLAIN, &beacon(more, rows))
        .expect("a good beacon")
}

fn row(members: &str) -> String {
    format!(r#"{{"at":-1,"to":"https://api.shop.test","ep":"/x",{members}}}"#)
}

#[test]
fn the_time_of_an_event_is_counted_back_from_the_arrival() {
    let body = br#"{"v":1,"id":"AAECAwQFBgcICQr-","age":60000,"s":"EjRWeJq8","page":"https://shop.test","rows":[{"at":-2500,"to":"https://api.shop.test","ep":"/x","st":200}]}"#;
    let envelope = Edge::default()
        .accept(PLAIN, body)
        .expect("a good beacon")
        .envelope;
    assert_eq!(envelope.received_at, NOW);
    assert_eq!(envelope.observations[0].at, UnixMillis(NOW.0 - 62_500));
    assert_eq!(envelope.beacon.to_string(), "AAECAwQFBgcICQr-");
    assert_eq!(
        envelope
            .origin
            .page
            .as_ref()
            .expect("a page")
            .session
            .to_string(),
        "EjRWeJq8"
    );
    assert_eq!(envelope.origin.page.as_ref().expect("a page").network, 7);
}

#[test]
fn the_outcome_follows_from_the_status_where_it_is_not_stated() {
    for (members, outcome, status) in [
        (r#""st":200"#, Outcome::Ok, 200),
        (r#""st":399"#, Outcome::Ok, 399),
        (r#""st":400"#, Outcome::HttpError, 400),
        (r#""st":200,"o":"blocked""#, Outcome::Blocked, 200),
        (r#""o":"network""#, Outcome::Network, 0),
        (r#""o":"a_new_word""#, Outcome::Unknown, 0),
    ] {
        let found = accepted("", &[&row(members)])
            .envelope
            .observations
            .remove(0);
        assert_eq!(
            (found.outcome, found.status),
            (outcome, status),
            "{members}"
        );
    }
}

#[test]
fn unknown_words_become_unknown_and_evidence() {
    let odd = row(r#""o":"x1","stage":"x2","cf":"x3","ev":"A+pre""#);
    let accepted = accepted(r#""ctx":"x4","#, &[&odd]);
    assert_eq!(accepted.unknown_words, 4);
    assert_eq!(
        accepted
            .envelope
            .origin
            .page
            .as_ref()
            .expect("a page")
            .context,
        Context::Unknown
    );
    let observation = &accepted.envelope.observations[0];
    let failure = observation.failure.as_ref().expect("a failure");
    assert_eq!(observation.outcome, Outcome::Unknown);
    assert_eq!(failure.stage, Stage::Unknown);
    assert_eq!(failure.confidence, Confidence::Likely);
    assert_eq!(failure.evidence, "A+pre o=x1 stage=x2 cf=x3 ctx=x4");
}

#[test]
fn a_failure_carries_what_is_known_and_both_name_the_headers_that_need_a_preflight() {
    let blocked = row(
        r#""o":"blocked","stage":"preflight","cf":"proven","ev":"A","by":"x-tenant","m":"put","c":1,"p":1"#,
    );
    let fine = r#"{"at":0,"ep":"/y","st":200,"by":"x-tenant","p":1}"#;
    let found = accepted("", &[&blocked, fine]).envelope.observations;
    let failure = found[0].failure.as_ref().expect("a failure");
    assert_eq!(
        (failure.stage, failure.confidence),
        (Stage::Preflight, Confidence::Proven)
    );
    assert_eq!(
        (&*found[0].parameter, &*failure.evidence),
        ("x-tenant", "A")
    );
    assert_eq!(
        (
            &*found[0].method,
            found[0].credentialed,
            found[0].preflighted
        ),
        ("PUT", true, true)
    );
    assert_eq!(found[1].failure, None);
    assert_eq!(found[1].parameter, "x-tenant");
    assert_eq!(found[1].target_origin, "https://api.shop.test");
    assert_eq!(
        (&*found[1].method, found[1].credentialed, found[1].count),
        ("GET", false, 1)
    );
}

#[test]
fn a_header_read_names_its_header_also_when_it_succeeds() {
    let read = row(r#""k":"header_read","o":"ok","by":"x-total-count","n":3"#);
    let found = accepted("", &[&read]).envelope.observations.remove(0);
    assert_eq!(
        (found.kind, found.outcome, found.count),
        (Kind::HeaderRead, Outcome::Ok, 3)
    );
    assert_eq!((found.failure, &*found.parameter), (None, "x-total-count"));
}

#[test]
fn rows_of_unknown_kinds_and_unknown_members_are_passed_over_and_counted() {
    let strange = row(r#""k":"teleport","o":"ok""#);
    let accepted = accepted(
        r#""z":1,"#,
        &[&strange, r#"{"at":0,"ep":"/y","st":200,"q":[]}"#],
    );
    assert_eq!((accepted.ignored_rows, accepted.ignored_members), (1, 2));
    let left = &accepted.envelope.observations;
    assert_eq!(left.len(), 1);
    assert_eq!(
        left[0].target_origin, "https://api.shop.test",
        "inherited over the ignored row"
    );
}

#[test]
fn the_service_with_the_longest_path_wins() {
    for (target, endpoint, service) in [
        ("https://api.shop.test", "/x", "api"),
        ("https://api.shop.test", "/cart", "cart"),
        ("https://api.shop.test", "/cart/:id", "cart"),
        ("https://api.shop.test", "/cartoon", "api"),
        ("https://api.shop.test", "/cart/items/:id", "anywhere"),
        ("https://cdn.shop.test", "/cart/items", "anywhere"),
        ("https://cdn.shop.test", "/x", ""),
        ("https://elsewhere.test", "/cart", ""),
    ] {
        let row = format!(r#"{{"at":0,"to":"{target}","ep":"{endpoint}","st":200}}"#);
        let found = accepted("", &[&row]).envelope.observations.remove(0);
        assert_eq!(found.service, service, "{target}{endpoint}");
    }
}

#[test]
fn the_page_origin_is_held_against_the_header_and_the_application() {
    let edge = Edge::default();
    let sent = |sender: Sender<'_>| {
        edge.accept(sender, &beacon("", &[GOOD]))
            .map_err(|refusal| refusal.reason)
    };
    for (origin, refused) in [
        (None, None),
        (Some("https://shop.test"), None),
        // A referrer policy can withhold the origin.
        (Some("null"), None),
        (Some("https://other.test"), Some(Reason::PageOriginMismatch)),
        (Some(""), Some(Reason::PageOriginMismatch)),
    ] {
        assert_eq!(
            sent(Sender { origin, ..PLAIN }).err(),
            refused,
            "{origin:?}"
        );
    }
    let opaque = String::from_utf8(beacon("", &[GOOD]))
        .expect("text")
        .replace("https://shop.test\"", "null\"");
    assert!(edge.accept(OPEN, opaque.as_bytes()).is_ok());
    let refused = edge
        .accept(PLAIN, opaque.as_bytes())
        .expect_err("not open to all");
    assert_eq!(refused.reason, Reason::PageOriginNotAllowed);
}

#[test]
fn lab_traffic_is_labelled_unless_the_application_counts_it() {
    const HEADLESS: &str = "Mozilla/5.0 (X) HeadlessChrome/131.0.0.0 Safari/537.36";
    let edge = Edge::default();
    for (sender, user_agent, more, lab) in [
        (PLAIN, "", "", false),
        (PLAIN, "", r#""lab":true,"#, true),
        (PLAIN, HEADLESS, "", true),
        (OPEN, HEADLESS, r#""lab":true,"#, false),
    ] {
        let sender = Sender {
            user_agent,
            ..sender
        };
        let accepted = edge
            .accept(sender, &beacon(more, &[GOOD]))
            .expect("a good beacon");
        assert_eq!(
            accepted.envelope.origin.page.as_ref().expect("a page").lab,
            lab,
            "{user_agent} {more}"
        );
    }
}

#[test]
fn the_environment_is_the_pages_or_else_the_configured_one() {
    assert_eq!(accepted("", &[GOOD]).envelope.origin.environment, "staging");
    let stated = accepted(r#""env":"production","#, &[GOOD]);
    assert_eq!(stated.envelope.origin.environment, "production");
}

#[test]
fn a_page_whose_browser_withholds_its_origin_vouches_for_nothing() {
    let edge = Edge::default();
    let send = |key, origin| {
        let sender = Sender {
            key,
            origin: Some(origin),
            user_agent: "",
        };
        let accepted = edge.accept(sender, &beacon("", &[GOOD]));
        accepted.map(|accepted| {
            let standing = accepted.envelope.observations[0].standing;
            (standing, accepted.envelope.origin.network())
        })
    };
    let disputed = (Standing::OpaqueOrigin, 0);
    let accepted = (Standing::Undisputed, 0);
    let usual = (Standing::Undisputed, 7);
    assert_eq!(send("shop-key-1", "null").expect("kept"), disputed);
    assert_eq!(send("easy-key-1", "null").expect("kept"), accepted);
    let refusal = send("strict-key", "null").expect_err("refused");
    assert_eq!(refusal.reason, Reason::PageOriginMismatch);
    for key in ["shop-key-1", "easy-key-1", "strict-key"] {
        assert_eq!(send(key, "https://shop.test").expect("kept"), usual);
    }
}

/// A page of anybody can hold sandboxed frames, so that its visitors send from as many networks as it has visitors.
#[test]
fn visitors_of_a_page_with_sandboxed_frames_neither_vouch_for_texts_nor_use_up_what_their_network_may_report()
 {
    let edge = Edge::default();
    let sandboxed = Sender {
        origin: Some("null"),
        ..PLAIN
    };
    let many = r#"{"at":0,"to":"https://api.shop.test","ep":"/a","st":200,"n":5000}"#;
    for environment in 0..60 {
        for network in 1..=20 {
            let more = format!(r#""env":"made-up-{environment}","#);
            let body = beacon(&more, &[many]);
            edge.accept_from(network, sandboxed, &body).expect("kept");
        }
    }
    let honest = Sender {
        origin: Some("https://shop.test"),
        ..PLAIN
    };
    let body = beacon(r#""env":"canary","#, &[GOOD]);
    let accepted = edge.accept_from(7, honest, &body).expect("a good beacon");
    assert_eq!(accepted.envelope.origin.environment, "canary");
    let standing = accepted.envelope.observations[0].standing;
    assert_eq!(standing, Standing::Undisputed);
}

#[test]
fn who_refuses_withheld_origins_refuses_them_whatever_the_page_says() {
    let edge = Edge::default();
    let sender = Sender {
        key: "closed-key",
        origin: Some("null"),
        user_agent: "",
    };
    let text = String::from_utf8(beacon("", &[GOOD])).expect("text");
    for page in ["https://shop.test", "null"] {
        let body = text.replace("https://shop.test\"", &format!("{page}\""));
        let refusal = edge.accept(sender, body.as_bytes()).expect_err(page);
        assert_eq!(refusal.reason, Reason::PageOriginMismatch, "{page}");
    }
}

#[test]
fn one_beacon_of_a_million_successes_is_disputed() {
    let edge = Edge::default();
    let row = r#"{"at":0,"to":"https://api.shop.test","ep":"/a","st":200,"n":1000000}"#;
    let accepted = edge
        .accept(PLAIN, &beacon("", &[GOOD, row, GOOD]))
        .expect("a good beacon");
    let standings: Vec<_> = accepted
        .envelope
        .observations
        .iter()
        .map(|row| row.standing)
        .collect();
    let expected = [
        Standing::Undisputed,
        Standing::Excessive,
        Standing::Excessive,
    ];
    assert_eq!(standings, expected);
}

#[test]
fn what_the_configuration_names_keeps_its_name_in_a_flood() {
    let edge = Edge::default();
    // Beacons of one network bring more of everything than there is room for.
    for n in 0..3_000 {
        let row = format!(
            r#"{{"at":0,"to":"https://h{n}.test","ep":"/{n}","m":"M{n}","o":"blocked","by":"x-{n}"}}"#
        );
        let more = format!(r#""env":"e{n}","rel":"r{n}","#);
        edge.accept(PLAIN, &beacon(&more, &[&row]))
            .expect("a good beacon");
    }
    let send = |more: &str, target: &str| {
        let row = format!(r#"{{"at":0,"to":"{target}","ep":"/new","st":200}}"#);
        let accepted = edge
            .accept(PLAIN, &beacon(more, &[&row]))
            .expect("a good beacon");
        let observation = accepted.envelope.observations[0].clone();
        let origin = accepted.envelope.origin;
        (
            origin.environment,
            origin.release,
            observation.target_origin,
        )
    };
    let named = send(r#""env":"production","rel":"v2","#, "https://api.shop.test");
    let expected = ["production", "v2", "https://api.shop.test"].map(str::to_owned);
    assert_eq!(<[String; 3]>::from(named), expected);
    assert_eq!(send("", "https://api.shop.test").0, "staging");
    let other = send(r#""env":"new","rel":"new","#, "https://new.test");
    assert_eq!(
        <[String; 3]>::from(other),
        ["__other__"; 3].map(str::to_owned)
    );
}

#[test]
fn endpoints_past_the_limit_become_other_and_reserved_ones_keep_their_name() {
    let edge = Edge::default();
    let send = |endpoint: &str| {
        let row = format!(r#"{{"at":0,"to":"https://api.shop.test","ep":"{endpoint}","st":200}}"#);
        let mut accepted = edge
            .accept(PLAIN, &beacon("", &[&row]))
            .expect("a good beacon");
        (
            accepted.envelope.observations.remove(0).endpoint,
            accepted.overflowed,
        )
    };
    for n in 0..5_000 {
        assert_eq!(send(&format!("/e/{n}")).0, format!("/e/{n}"));
    }
    let (endpoint, overflowed) = send("/e/one-too-many");
    assert_eq!(endpoint, "/__other__");
    assert_eq!(overflowed[Dimension::Endpoint as usize], 1);
    assert_eq!(send("/reserved/:id").0, "/reserved/:id");
    assert_eq!(send("/e/4999").0, "/e/4999");
}
