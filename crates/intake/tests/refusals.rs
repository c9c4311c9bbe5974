//! A refusal names the member at fault.

mod support;

use intake::{Class, Reason};
use support::{Edge, PLAIN, beacon};

const GOOD: &str = r#"{"at":-1,"to":"https://api.shop.test","ep":"/x","st":200}"#;

fn check(body: &[u8], reason: &str, field: &str, says: &str) {
    let text = String::from_utf8_lossy(body).into_owned();
    let refusal = Edge::default().accept(PLAIN, body).expect_err(&text);
    let found = (refusal.reason.as_str(), refusal.field.as_str());
    assert_eq!(found, (reason, field), "{text}: {refusal}");
    assert!(refusal.detail.contains(says), "{text}: {refusal}");
}

#[test]
fn a_bad_member_of_a_row_is_named_with_the_row() {
    for (member, reason, field, says) in [
        (r#""st":99"#, "out_of_range", "st", "100 to 599"),
        (r#""st":1.5"#, "wrong_type", "st", "whole number"),
        (r#""st":"200""#, "wrong_type", "st", "a whole number"),
        (r#""st":null"#, "wrong_type", "st", "null"),
        (r#""st":1e400"#, "out_of_range", "st", "number out of range"),
        (r#""st":200,"st":200"#, "duplicate_member", "st", "`st`"),
        (r#""st":200,"n":0"#, "out_of_range", "n", "1 to 1000000"),
        (r#""st":200,"c":2"#, "out_of_range", "c", "1 to 1"),
        (r#""st":200,"ev":7"#, "wrong_type", "ev", "a string"),
        (r#""st":200,"by":"a: b""#, "bad_text", "by", "lower case"),
        (r#""st":200,"m":"a b""#, "bad_method", "m", "token"),
        (r#""st":200,"l":[1]"#, "bad_latency", "l", "pairs"),
        (r#""st":200,"l":[1,"a"]"#, "wrong_type", "l", "whole number"),
        (
            r#""st":200,"pl":[1,2]"#,
            "bad_latency",
            "pl",
            "2 durations of 1",
        ),
        (r#""st":200,"to":"https://a/b""#, "bad_origin", "to", "path"),
        (r#""o":"blo\ncked""#, "bad_text", "o", "control"),
        (r#""o":"blo\u0085cked""#, "bad_text", "o", "control"),
        (r#""k":"request""#, "missing_member", "o", "outcome"),
    ] {
        let row = format!(r#"{{"at":-1,"ep":"/x",{member}}}"#);
        let body = beacon("", &[GOOD, GOOD, GOOD, &row]);
        check(&body, reason, &format!("rows[3].{field}"), says);
    }
    check(&beacon("", &[GOOD, "7"]), "wrong_type", "rows[1]", "a row");
}

#[test]
fn a_bad_member_of_the_beacon_is_named() {
    for (more, reason, field, says) in [
        (r#""age":1,"#, "duplicate_member", "age", "twice"),
        (r#""lab":"yes","#, "wrong_type", "lab", "boolean"),
        (r#""ctx":1,"#, "wrong_type", "ctx", "a string"),
        (r#""rows":[],"#, "no_rows", "rows", "at least one"),
        (r#""env":"a\tb","#, "bad_text", "env", "control"),
    ] {
        check(&beacon(more, &[GOOD]), reason, field, says);
    }
    check(&beacon("", &[]), "no_rows", "rows", "at least one");
    check(b"7", "wrong_type", "", "a beacon");
    check(b"{", "not_json", "", "EOF");
    check(b"{\"v\":\xff}", "not_utf8", "", "byte 5");
    check(&beacon("", &["{]"]), "not_json", "", "column");
}

#[test]
fn deep_nesting_ends_early_whatever_the_depth() {
    for depth in [16, 1_000, 500_000] {
        let deep = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        check(
            &beacon(&format!(r#""z":{deep},"#), &[GOOD]),
            "too_deep",
            "",
            "16 levels",
        );
    }
    let permitted = format!(r#""z":{}{},"#, "[".repeat(15), "]".repeat(15));
    let accepted = Edge::default().accept(PLAIN, &beacon(&permitted, &[GOOD]));
    assert_eq!(accepted.expect("15 levels in one").ignored_members, 1);
}

#[test]
fn only_what_the_key_may_not_send_is_forbidden() {
    let forbidden: Vec<_> = Reason::ALL
        .iter()
        .filter(|reason| reason.class() == Class::Forbidden)
        .collect();
    assert_eq!(
        forbidden,
        [&Reason::PageOriginMismatch, &Reason::PageOriginNotAllowed]
    );
    let labels: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
    assert_eq!(labels.len(), Reason::ALL.len());
}
