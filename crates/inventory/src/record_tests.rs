use browse::ProbeTarget;

use super::*;
use crate::seen::AuditedPolicy;
use crate::targets::Key;

const NOW: i64 = 100 * DAY;
const SHOP: &str = "https://shop.test";
const PARTNER: &str = "https://partner.test";

pub(crate) fn row(target: &Target) -> InventoryRow {
    InventoryRow {
        method: target.method.clone(),
        url: target.place.url.clone(),
        ..empty(target)
    }
}

fn target() -> Target {
    Target {
        key: Key {
            service: "api".to_owned(),
            target_origin: "https://api.test".to_owned(),
            endpoint: "/items".to_owned(),
        },
        apps: vec!["shop".to_owned()],
        method: "GET".to_owned(),
        place: ProbeTarget {
            url: "https://api.test/items".to_owned(),
            made_up: false,
        },
    }
}

fn seen(stance: Stance, findings: &[&'static findings::Rule]) -> AuditedPolicy {
    let tried = |origin: &str, grant| Tried {
        origin: origin.to_owned(),
        source: OriginSource::Listed,
        grant,
    };
    AuditedPolicy {
        stance,
        vary: Vary::Right,
        max_age: Some(600),
        tried: vec![
            tried(SHOP, Grant::Credentialed),
            tried(PARTNER, Grant::Plain),
            tried("https://denied.test", Grant::Denied),
        ],
        findings: findings
            .iter()
            .map(|rule| Finding::new(rule, "It is so.").shown_by(["GET\n -> 200"]))
            .collect(),
    }
}

fn looked(at: i64, seen: AuditedPolicy) -> Looked {
    Looked {
        at: UnixMillis(at),
        found: Ok(seen),
    }
}

fn silent(at: i64) -> Looked {
    Looked {
        at: UnixMillis(at),
        found: Err(Unanswered::NoAnswer("timed out".to_owned())),
    }
}

fn pages(pages: &[(&str, i64, i64)]) -> BTreeMap<String, Calls> {
    let page = |(origin, first, last): &(&str, i64, i64)| {
        let calls = Calls {
            first: UnixMillis(*first),
            last: UnixMillis(*last),
        };
        ((*origin).to_owned(), calls)
    };
    pages.iter().map(page).collect()
}

fn usage(pages: &BTreeMap<String, Calls>, now: i64) -> Usage<'_> {
    Usage {
        pages,
        unused_after: Duration::from_secs(30 * 86_400),
        now: UnixMillis(now),
    }
}

fn record_at(before: Option<&InventoryRow>, at: i64, looked: Looked) -> InventoryRow {
    let pages = pages(&[(SHOP, NOW - 90 * DAY, NOW)]);
    record(before, &target(), looked, usage(&pages, at))
}

fn unused_of(row: &InventoryRow) -> Vec<&str> {
    row.unused().map(|tried| tried.origin.as_str()).collect()
}

fn rules_of(row: &InventoryRow) -> Vec<&str> {
    row.findings
        .iter()
        .map(|found| found.rule.as_str())
        .collect()
}

#[test]
fn an_origin_that_is_let_in_and_not_seen_is_unused_and_one_that_is_denied_is_not() {
    let row = record_at(None, NOW, looked(NOW, seen(Stance::List, &[])));
    assert_eq!(unused_of(&row), [PARTNER]);
    assert_eq!(rules_of(&row), [UNUSED.id]);
    let message = &row.findings[0].message;
    assert!(
        message.contains("https://partner.test (never seen)"),
        "{message}"
    );
    assert!(message.contains("observed for 90 days"), "{message}");
    let long_ago = pages(&[(SHOP, 0, NOW - 31 * DAY), (PARTNER, 0, NOW - 29 * DAY)]);
    let row = refreshed(&row, usage(&long_ago, NOW)).expect("news");
    // What was seen once is not forgotten because the rollups are.
    assert_eq!(unused_of(&row), [""; 0]);
    let later = usage(&long_ago, NOW + 40 * DAY);
    let row = refreshed(&row, later).expect("news");
    assert_eq!(unused_of(&row), [SHOP, PARTNER]);
}

#[test]
fn who_lets_everybody_in_has_no_list_with_unused_entries() {
    for stance in [Stance::CredentialedReflecting, Stance::Wildcard] {
        let row = record_at(None, NOW, looked(NOW, seen(stance, &[])));
        assert_eq!(unused_of(&row), [""; 0], "{stance}");
    }
}

#[test]
fn a_row_goes_on_while_it_tells_the_same_and_findings_keep_their_first_time() {
    let rule = |id: &str| audit::RULES.iter().find(|rule| rule.id == id).expect(id);
    let (vary, timing) = (
        rule("vary-origin-missing"),
        rule("timing-allow-origin-missing"),
    );
    let first = record_at(
        None,
        NOW,
        looked(NOW - 5, seen(Stance::List, &[timing, vary])),
    );
    assert_eq!(rules_of(&first), [vary.id, timing.id, UNUSED.id]);
    assert_eq!(first.findings[0].evidence, ["GET  -> 200"]);
    assert_eq!(
        (first.first_at, first.last_at),
        (UnixMillis(NOW), UnixMillis(NOW - 5))
    );

    let same = looked(NOW + 95, seen(Stance::List, &[vary, timing]));
    let same = record_at(Some(&first), NOW + 100, same);
    assert_eq!(same.first_at, first.first_at);
    assert_eq!(
        (same.last_at, same.updated_at),
        (UnixMillis(NOW + 95), UnixMillis(NOW + 100))
    );

    let worse = looked(NOW + 200, seen(Stance::Wildcard, &[vary]));
    let worse = record_at(Some(&same), NOW + 200, worse);
    assert_eq!(worse.first_at, UnixMillis(NOW + 200));
    assert_eq!(rules_of(&worse), [vary.id]);
    assert_eq!(worse.findings[0].first_at, UnixMillis(NOW - 5));
}

#[test]
fn a_target_that_falls_silent_keeps_what_it_last_answered() {
    let first = record_at(None, NOW, looked(NOW, seen(Stance::Wildcard, &[])));
    let row = record_at(Some(&first), NOW + 10, silent(NOW + 10));
    assert_eq!(
        (row.state, row.stance),
        (AuditState::NoAnswer, Some(Stance::Wildcard))
    );
    assert_eq!(
        (row.reason.as_str(), row.answered_at),
        ("timed out", Some(UnixMillis(NOW)))
    );
    assert_eq!(
        (row.first_at, row.last_at),
        (UnixMillis(NOW + 10), UnixMillis(NOW + 10))
    );
    let still = record_at(Some(&row), NOW + 20, silent(NOW + 20));
    assert_eq!(still.first_at, row.first_at);
    let never = record_at(None, NOW, silent(NOW));
    assert_eq!((never.stance, never.answered_at), (None, None));
    let gone = retired(&first, UnixMillis(NOW + 30));
    assert_eq!(
        (gone.state, gone.first_at),
        (AuditState::Retired, UnixMillis(NOW + 30))
    );
}

#[test]
fn only_news_of_the_traffic_is_written_down() {
    let first = record_at(None, NOW, looked(NOW, seen(Stance::List, &[])));
    let refresh = |last: i64| {
        let pages = pages(&[(SHOP, 0, last)]);
        refreshed(&first, usage(&pages, last))
    };
    assert_eq!(refresh(NOW), None);
    assert_eq!(refresh(NOW + NEWS - 1), None);
    let later = refresh(NOW + NEWS).expect("news");
    assert_eq!(later.first_at, first.first_at, "it tells the same");
    assert_eq!(later.last_at, first.last_at, "it was not audited");
}
