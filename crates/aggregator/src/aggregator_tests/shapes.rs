//! The shapes that CORS failures have, over the evaluation: how often receivers are notified, and how soon.

use observation::{Outcome, Stage, UnixMillis};
use store::{DiagnosisRow, Failure};

use super::failures::{diagnosis, failure};
use super::rig::{Hand, Rig};
use super::world::NOON;

/// How traffic fails: `blocked` of a hundred requests a minute for so many minutes.
struct Shape {
    name: &'static str,
    failures: Vec<Failure>,
    diagnoses: Vec<DiagnosisRow>,
    blocked: u64,
    minutes: i64,
    /// Notifications: opening and closing, and a new cause where it comes late.
    sent: usize,
    /// Seconds after the first failure.
    within: i64,
}

fn at(endpoint: &str, stage: Stage) -> Failure {
    Failure {
        endpoint: endpoint.to_owned(),
        stage: Some(stage),
        ..failure(100)
    }
}

/// What replaying a failure showed.
fn replayed(of: &Failure, cause: &str) -> DiagnosisRow {
    let mut row = diagnosis(store::ReplayOutcome::Reproduced, NOON);
    row.signature.endpoint.clone_from(&of.endpoint);
    row.signature.stage = of.stage;
    row.cause = cause.to_owned();
    row.parameter = String::new();
    row.stage = of.stage;
    row.fixes[0].header = "access-control-allow-origin".to_owned();
    row
}

fn shapes() -> Vec<Shape> {
    let shape = |name, failures: Vec<Failure>, cause: &str, blocked, minutes| {
        let diagnoses = failures
            .iter()
            .filter(|_| !cause.is_empty())
            .map(|of| replayed(of, cause))
            .collect();
        Shape {
            name,
            failures,
            diagnoses,
            blocked,
            minutes,
            sent: 2,
            within: 10,
        }
    };
    let ten: Vec<_> = (0..10)
        .map(|n| {
            at(
                &format!("/e{n}"),
                if n % 2 == 0 {
                    Stage::Preflight
                } else {
                    Stage::Response
                },
            )
        })
        .collect();
    let put = vec![at("/cart/:id", Stage::Preflight)];
    let get = vec![at("/items", Stage::Response)];
    vec![
        shape(
            "a header vanishes at the edge, at all endpoints",
            ten,
            "MissingAllowOriginHeader",
            100,
            20,
        ),
        shape(
            "preflights are refused",
            put.clone(),
            "PreflightInvalidStatus",
            100,
            20,
        ),
        shape(
            "credentials meet a wildcard",
            get.clone(),
            "WildcardOriginNotAllowed",
            60,
            20,
        ),
        shape(
            "a cache serves another origin's answer",
            get.clone(),
            "AllowOriginMismatch",
            30,
            20,
        ),
        shape(
            "headers are repeated by two layers",
            get,
            "MultipleAllowOriginValues",
            100,
            20,
        ),
        shape("nothing can be replayed", put, "", 100, 20),
        shape("no failure is known by name", vec![], "", 100, 20),
    ]
}

#[tokio::test(start_paused = true)]
async fn each_shape_is_told_when_it_begins_and_when_it_is_over_and_within_seconds() {
    for shape in shapes() {
        let rig = Rig::new();
        rig.healthy_day();
        rig.world.facts().sessions = 20;
        let mut hand = Hand::of(rig.aggregator());
        hand.round().await;
        let mut failures = shape.failures.clone();
        rig.world.facts().diagnoses.clone_from(&shape.diagnoses);
        let (mut sent, mut first) = (Vec::new(), None);
        for minute in 0..shape.minutes + 60 {
            let fails = minute < shape.minutes;
            let blocked = if fails { shape.blocked } else { 0 };
            rig.happen("", blocked, 100);
            for failure in failures.iter_mut().filter(|_| fails) {
                failure.last_seen = rig.clock.now().minute();
            }
            rig.world.facts().failures.clone_from(&failures);
            for second in 0..60 {
                rig.pass(1000).await;
                hand.round().await;
                let news = rig.pager.take();
                if first.is_none() && !news.is_empty() {
                    first = Some(minute * 60 + second + 1);
                }
                sent.extend(news.into_iter().map(|news| (news.occasion, news.alert)));
            }
        }
        // The theoretical minimum: thirty blocks in a minute do not yet burn an hour's share.
        let earliest = if shape.blocked >= 88 {
            0
        } else {
            88 / shape.blocked * 60
        };
        let first = first.expect(shape.name);
        assert!(
            first - i64::try_from(earliest).expect("small") <= shape.within,
            "{}: {first} s",
            shape.name
        );
        assert_eq!(sent.len(), shape.sent, "{}: {sent:?}", shape.name);
        assert_eq!(sent[0].1, sent[1].1, "{}: one incident", shape.name);
        assert_eq!(sent[1].0, alert::Occasion::Closed, "{}", shape.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_quiet_hours_with_a_failure_now_and_then_wake_nobody() {
    let rig = Rig::new();
    let mut hand = Hand::of(rig.aggregator());
    let stray = Failure {
        outcome: Outcome::Unknown,
        ..failure(1)
    };
    rig.world.facts().failures = vec![stray];
    for hour in 0..1000_i64 {
        // Nights are quiet, and one request in ten thousand is blocked for reasons of its own.
        let requests = if hour % 24 < 6 { 20 } else { 1000 };
        rig.happen("", u64::from(hour % 10 == 0), requests);
        rig.pass(3_600_000).await;
        hand.round().await;
    }
    assert_eq!(rig.pager.take(), []);
}

#[tokio::test(start_paused = true)]
async fn what_fails_quietly_for_hours_is_one_ticket() {
    let rig = Rig::new();
    rig.healthy_day();
    rig.world.facts().sessions = 4;
    rig.world.facts().lingering = vec![store::BlockedSlice {
        page_origin: "https://partner.test".to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: "/partner".to_owned(),
        method: "PUT".to_owned(),
        requests: 40,
        blocked: 6,
        sessions: 4,
        first_seen: UnixMillis(NOON - 5 * 3_600_000),
        last_seen: UnixMillis(NOON),
        ..store::BlockedSlice::default()
    }];
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let sent = rig.pager.take();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(
        (sent[0].label("slo"), sent[0].label("severity")),
        ("quiet_failure", "ticket")
    );
    assert!(
        sent[0].annotations["description"].contains("6 of 40 requests are blocked"),
        "{sent:?}"
    );
    hand.rounds(&rig, 600).await;
    assert_eq!(rig.pager.take(), []);
}
