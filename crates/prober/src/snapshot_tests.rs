use super::*;

const PAGE: &str = "https://shop.test";
const URL: &str = "https://api.test/cart/1";
const TARGET: (&str, &str) = (PAGE, URL);

fn seen(asked: &str, status: u16, headers: &[(&str, &str)]) -> TargetSnapshot {
    let answer = Answer {
        status,
        headers: headers.iter().copied().collect(),
    };
    TargetSnapshot::of(asked.to_owned(), Stage::Preflight, &answer)
}

const GOOD: &[(&str, &str)] = &[
    ("Access-Control-Allow-Headers", "content-type, X-Tenant"),
    ("Vary", "Origin"),
    ("date", "never the same"),
];

#[test]
fn a_state_that_stays_is_one_row_that_grows() {
    let first = compare(TARGET, &[seen("PUT", 204, GOOD)], &[], UnixMillis(1000));
    assert!(first.changes.is_empty() && !first.changed_now);
    let second = compare(
        TARGET,
        &[seen("PUT", 204, GOOD)],
        &first.rows,
        UnixMillis(2000),
    );
    let times = (second.rows[0].first_at, second.rows[0].last_at);
    assert_eq!(times, (UnixMillis(1000), UnixMillis(2000)));
    assert!(second.changes.is_empty() && !second.changed_now);
}

#[test]
fn a_change_says_what_and_between_which_times() {
    let before = compare(TARGET, &[seen("PUT", 204, GOOD)], &[], UnixMillis(1000)).rows;
    for (status, headers, expected) in [
        (
            204,
            vec![
                ("access-control-allow-headers", "content-type"),
                ("vary", "Origin"),
            ],
            vec!["X-Tenant vanished from access-control-allow-headers"],
        ),
        (
            204,
            vec![("vary", "Origin")],
            vec!["access-control-allow-headers vanished, it was content-type, X-Tenant"],
        ),
        (
            500,
            vec![
                GOOD[0],
                ("vary", "Origin, Accept"),
                ("access-control-max-age", "5"),
            ],
            vec![
                "the status of the preflight became 500, it was 204",
                "access-control-max-age appeared: 5",
                "Accept was added to vary",
            ],
        ),
        (
            204,
            vec![
                ("access-control-allow-headers", "x-tenant,content-type"),
                ("vary", "Origin"),
            ],
            vec!["access-control-allow-headers is written differently"],
        ),
    ] {
        let now = compare(
            TARGET,
            &[seen("PUT", status, &headers)],
            &before,
            UnixMillis(4000),
        );
        let what: Vec<_> = now
            .changes
            .iter()
            .map(|change| change.what.as_str())
            .collect();
        assert_eq!(what, expected);
        assert!(now.changed_now);
        let change = &now.changes[0];
        assert_eq!(
            (change.from, change.to),
            (UnixMillis(1000), UnixMillis(4000))
        );
    }
}

#[test]
fn a_change_is_told_for_a_day_and_once_for_all_questions() {
    let bad = [
        ("access-control-allow-headers", "content-type"),
        ("vary", "Origin"),
    ];
    let asked = ["PUT", "PUT x-tenant"];
    let all = |headers: &[(&str, &str)]| asked.map(|asked| seen(asked, 204, headers));
    let first = compare(TARGET, &all(GOOD), &[], UnixMillis(1000)).rows;
    let second = compare(TARGET, &all(&bad), &first, UnixMillis(2000));
    assert_eq!(second.changes.len(), 1);
    // The store gives the latest state of each question first.
    let kept = [second.rows.clone(), first].concat();
    let third = compare(TARGET, &all(&bad), &kept, UnixMillis(3000));
    assert_eq!(third.changes, second.changes);
    assert!(!third.changed_now);
    let next_day = compare(TARGET, &all(&bad), &kept, UnixMillis(2000 + NEWS));
    assert!(next_day.changes.is_empty());
}
