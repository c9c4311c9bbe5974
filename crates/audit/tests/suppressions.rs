//! Findings that someone decided to live with.
#![allow(missing_docs)]

use std::time::Duration;

use audit::{Day, RULES, Suppressions};
use findings::{Case, Finding, SourceLocation};

const FILE: &str = "[[suppress]]\nrule = \"timing-allow-origin-missing\"\nurl = \"https://api.test/*\"\nreason = \"no monitoring there\"\nuntil = 2026-12-31\n";

fn case() -> Case {
    let rule = |id: &str| RULES.iter().find(|rule| rule.id == id).expect("a rule");
    Case {
        name: "https://api.test/x".to_owned(),
        place: SourceLocation {
            file: "targets.txt".to_owned(),
            line: 1,
        },
        took: Duration::ZERO,
        findings: vec![
            Finding::new(rule("timing-allow-origin-missing"), "missing"),
            Finding::new(rule("max-age"), "missing"),
        ],
        suppressed: Vec::new(),
    }
}

/// Rules that are left, and those that are suppressed.
fn applied(url: &str, today_millis: i64) -> (Vec<&'static str>, usize) {
    let (suppressions, problems) = Suppressions::read(FILE);
    assert_eq!(problems, []);
    let mut case = case();
    suppressions.apply(&mut case, url, Day::of_unix_millis(today_millis));
    let left = case
        .findings
        .iter()
        .map(|finding| finding.rule.id)
        .collect();
    (left, case.suppressed.len())
}

#[test]
fn a_suppression_counts_to_the_end_of_its_last_day() {
    let last_moment = 1_798_761_599_999;
    assert_eq!(
        applied("https://api.test/x", last_moment),
        (vec!["max-age"], 1)
    );
    let (left, suppressed) = applied("https://api.test/x", last_moment + 1);
    assert_eq!(
        left,
        [
            "timing-allow-origin-missing",
            "max-age",
            "suppression-expired"
        ]
    );
    assert_eq!(suppressed, 0);
    assert_eq!(applied("https://other.test/x", 0).1, 0, "another URL");
}

#[test]
fn a_suppression_without_reason_rule_or_day_is_refused_with_its_line() {
    for (from, to, line, reason) in [
        ("no monitoring there", " ", 4, "`reason` is empty"),
        (
            "timing-allow-origin-missing",
            "tao",
            2,
            "there is no rule `tao`",
        ),
        ("until = 2026-12-31", "until = 12:00:00", 5, "is a day"),
        ("until = 2026-12-31", "", 1, "missing field `until`"),
        ("reason =", "because =", 4, "unknown field `because`"),
        ("[[suppress]]", "[[supress]]", 1, "unknown field `supress`"),
        ("until = 2026-12-31", "until = ", 5, ""),
    ] {
        let (read, problems) = Suppressions::read(&FILE.replace(from, to));
        assert_eq!(problems.len(), 1, "{to}: {problems:?}");
        assert_eq!(problems[0].0, line, "{to}: {problems:?}");
        assert!(problems[0].1.contains(reason), "{to}: {problems:?}");
        assert_eq!(read, Suppressions::default());
    }
}
