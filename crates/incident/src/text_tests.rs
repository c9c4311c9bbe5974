use super::*;
use crate::Recent;

#[test]
fn what_a_critical_flow_notices_is_told_as_a_share_of_its_sessions() {
    let checkout = FlowImpact {
        name: "checkout".to_owned(),
        sessions: 12,
        all_sessions: 300,
    };
    let text = flow_text(&checkout).expect("it has page loads");
    assert_eq!(text, "checkout: 4 % of sessions (12 of 300 page loads)");
    let unused = FlowImpact {
        all_sessions: 0,
        ..checkout
    };
    assert_eq!(flow_text(&unused), None);
}

#[test]
fn what_is_slow_is_not_said_to_have_affected_nobody() {
    let slow = Impact {
        sessions: 0,
        all_sessions: 6,
        networks: 0,
        failed: 0,
        requests: 88,
        recent: Recent::default(),
        since: UnixMillis(0),
    };
    let text = "None of 88 requests of 6 page loads was blocked.";
    assert_eq!(impact_text(&slow, Failing::Latency, false), text);
    let nowhere = Impact {
        all_sessions: 0,
        requests: 0,
        ..slow.clone()
    };
    let text = "How many page loads it affects is not known.";
    assert_eq!(impact_text(&nowhere, Failing::Latency, false), text);
    let blocked = Impact {
        sessions: 2,
        failed: 3,
        ..slow
    };
    let text = impact_text(&blocked, Failing::Blocked, false);
    assert!(
        text.starts_with("2 of 6 page loads were affected, 3 of 88 requests"),
        "{text}"
    );
    let text = impact_text(&blocked, Failing::HeaderRead, false);
    assert!(text.contains("3 of 88 reads of response headers"), "{text}");
}
