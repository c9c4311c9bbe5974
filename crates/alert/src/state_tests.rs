use proptest::prelude::*;

use super::*;

const TIMING: Timing = Timing {
    hold: Span::secs(60),
    resolve_after: Span::secs(120),
    remind_after: Span::secs(3600),
};
const PAGE: Evaluation = Evaluation::Exceeded(Severity::Page);
const TICKET: Evaluation = Evaluation::Exceeded(Severity::Ticket);

fn run(timing: Timing, story: &[(i64, Evaluation)]) -> (State, Vec<(i64, Transition)>) {
    let mut state = State::default();
    let mut notified = Vec::new();
    for &(second, evaluation) in story {
        let (next, transition) = step(&state, evaluation, &timing, UnixMillis(second * 1000));
        state = next;
        notified.extend(transition.map(|transition| (second, transition)));
    }
    (state, notified)
}

#[test]
fn an_incident_is_told_once_when_it_starts_and_once_when_it_is_over() {
    let (state, notified) = run(
        TIMING,
        &[
            (0, Evaluation::Calm),
            (10, PAGE),
            (60, PAGE),
            (70, PAGE),
            (80, PAGE),
            (90, Evaluation::Calm),
            (200, Evaluation::Calm),
            (210, Evaluation::Calm),
            (220, Evaluation::Calm),
        ],
    );
    let resolved = Transition::Resolved(Reason::Recovered);
    assert_eq!(notified, [(70, Transition::Fired), (210, resolved)]);
    assert_eq!(state.sequence, 2);
}

#[test]
fn without_a_hold_time_it_fires_with_the_first_evaluation() {
    let timing = Timing {
        hold: Span::secs(0),
        ..TIMING
    };
    let (_, notified) = run(timing, &[(5, PAGE)]);
    assert_eq!(notified, [(5, Transition::Fired)]);
}

#[test]
fn an_interrupted_excess_starts_its_hold_time_anew() {
    let (state, notified) = run(
        TIMING,
        &[
            (0, PAGE),
            (50, Evaluation::Smouldering),
            (60, PAGE),
            (110, PAGE),
        ],
    );
    assert_eq!(notified, []);
    assert_eq!(
        state.phase,
        Phase::Pending {
            since: UnixMillis(60_000)
        }
    );
}

#[test]
fn a_short_calm_does_not_resolve() {
    let mut story = vec![(0, PAGE), (60, PAGE)];
    for second in (70..1000).step_by(100) {
        story.extend([
            (second, Evaluation::Calm),
            (second + 90, Evaluation::Smouldering),
        ]);
    }
    let (state, notified) = run(TIMING, &story);
    assert_eq!(notified, [(60, Transition::Fired)]);
    assert!(state.phase.is_firing());
}

#[test]
fn a_lag_or_a_lack_of_data_in_the_middle_neither_fires_nor_resolves() {
    for silence in [Evaluation::Frozen, Evaluation::NoData] {
        let (_, notified) = run(TIMING, &[(0, PAGE), (100, silence), (500, silence)]);
        assert_eq!(notified, [], "{silence:?}");
        let (state, notified) = run(
            TIMING,
            &[(0, PAGE), (60, PAGE), (70, silence), (9000, silence)],
        );
        assert_eq!(notified, [(60, Transition::Fired)], "{silence:?}");
        assert!(state.phase.is_firing());
    }
}

#[test]
fn a_ticket_that_gets_witnesses_becomes_a_page_and_stays_one() {
    let (state, notified) = run(
        TIMING,
        &[
            (0, TICKET),
            (60, TICKET),
            (70, PAGE),
            (80, TICKET),
            (90, PAGE),
        ],
    );
    assert_eq!(
        notified,
        [(60, Transition::Fired), (70, Transition::Escalated)]
    );
    assert_eq!(state.severity, Severity::Page);
}

#[test]
fn a_firing_alert_is_said_again_at_its_interval() {
    let (_, notified) = run(
        TIMING,
        &[
            (0, PAGE),
            (60, PAGE),
            (3659, PAGE),
            (3660, PAGE),
            (3670, PAGE),
        ],
    );
    assert_eq!(
        notified,
        [(60, Transition::Fired), (3660, Transition::Reminded)]
    );
}

#[test]
fn an_objective_that_is_gone_resolves_its_alert_and_says_why() {
    let (firing, _) = run(TIMING, &[(0, PAGE), (60, PAGE)]);
    let (state, transition) = firing.retire(Reason::Unconfigured, UnixMillis(70_000));
    assert_eq!(transition, Some(Transition::Resolved(Reason::Unconfigured)));
    assert_eq!(
        state.retire(Reason::Unconfigured, UnixMillis(80_000)),
        (state, None)
    );
    let (pending, _) = run(TIMING, &[(0, PAGE)]);
    assert_eq!(pending.retire(Reason::Unconfigured, UnixMillis(1)).1, None);
}

#[test]
fn a_state_reads_back_as_it_was_kept() {
    let (state, _) = run(TIMING, &[(0, PAGE), (60, PAGE), (70, Evaluation::Calm)]);
    let json = serde_json::to_string(&state).expect("plain data");
    assert_eq!(
        serde_json::from_str::<State>(&json).expect("own text"),
        state
    );
}

fn evaluation() -> impl Strategy<Value = Evaluation> {
    prop_oneof![
        Just(Evaluation::Frozen),
        Just(Evaluation::NoData),
        Just(PAGE),
        Just(TICKET),
        Just(Evaluation::Smouldering),
        Just(Evaluation::Calm),
    ]
}

fn story() -> impl Strategy<Value = Vec<(i64, Evaluation)>> {
    prop::collection::vec((1..90_i64, evaluation()), 1..200).prop_map(|steps| {
        let mut now = 0;
        let at = |(pause, evaluation)| {
            now += pause;
            (now, evaluation)
        };
        steps.into_iter().map(at).collect()
    })
}

proptest! {
    #[test]
    fn every_resolution_follows_exactly_one_fire(story in story()) {
        let (state, notified) = run(TIMING, &story);
        let mut firing = false;
        for (_, transition) in &notified {
            match transition {
                Transition::Fired => { prop_assert!(!firing); firing = true; }
                Transition::Resolved(_) => { prop_assert!(firing); firing = false; }
                Transition::Escalated | Transition::Reminded => prop_assert!(firing),
            }
        }
        prop_assert_eq!(firing, state.phase.is_firing());
        prop_assert_eq!(state.sequence, notified.len() as u64);
    }

    #[test]
    fn it_never_flaps_faster_than_its_times(story in story()) {
        let (_, notified) = run(TIMING, &story);
        for pair in notified.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            match to.1 {
                Transition::Fired => prop_assert!(to.0 - from.0 >= 60),
                // What is over has been calm for its time, without an excess in between.
                Transition::Resolved(_) => {
                    let last_excess = story.iter().rev().find(|(at, evaluation)| {
                        *at <= to.0 && matches!(evaluation, Evaluation::Exceeded(_) | Evaluation::Smouldering)
                    });
                    prop_assert!(last_excess.is_none_or(|(at, _)| to.0 - at >= 120));
                }
                Transition::Escalated | Transition::Reminded => {}
            }
        }
    }

    #[test]
    fn what_is_frozen_changes_nothing_wherever_it_stands(story in story(), later in 0..100_000_i64) {
        let (state, _) = run(TIMING, &story);
        let now = UnixMillis((story.last().expect("not empty").0 + later) * 1000);
        prop_assert_eq!(step(&state, Evaluation::Frozen, &TIMING, now), (state, None));
        prop_assert_eq!(step(&state, Evaluation::NoData, &TIMING, now), (state, None));
    }

    #[test]
    fn without_an_excess_nothing_is_ever_said(story in story()) {
        let quiet: Vec<_> = story
            .into_iter()
            .filter(|(_, evaluation)| !matches!(evaluation, Evaluation::Exceeded(_)))
            .collect();
        prop_assert_eq!(run(TIMING, &quiet).1, []);
    }
}
