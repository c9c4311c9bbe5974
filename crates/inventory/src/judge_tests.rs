use cors::Headers;
use store::OriginSource;

use super::*;

fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
    Answer {
        status,
        headers: headers.iter().copied().collect::<Headers>(),
    }
}

const ORIGIN: &str = "access-control-allow-origin";
const CREDENTIALS: (&str, &str) = ("access-control-allow-credentials", "true");

fn stranger(preflight: Answer, response: Option<Answer>) -> Stranger {
    Stranger {
        preflight,
        response,
    }
}

#[test]
fn every_rule_that_is_named_here_is_a_rule_of_the_audit() {
    for id in [
        REFLECTED,
        NULL,
        WILDCARD_CREDENTIALS,
        PREFLIGHT,
        MAX_AGE,
        VARY,
    ] {
        assert_eq!(rule(id).id, id);
    }
    assert!(!RULES.iter().any(|rule| rule.id == UNUSED.id));
}

#[test]
fn who_lets_a_stranger_in_is_open_and_the_worst_answer_counts() {
    let nothing = || answer(204, &[]);
    let star = || answer(204, &[(ORIGIN, "*")]);
    let star_credentials = || answer(200, &[(ORIGIN, "*"), CREDENTIALS]);
    let named = || answer(200, &[(ORIGIN, STRANGER)]);
    let named_credentials = || answer(200, &[(ORIGIN, STRANGER), CREDENTIALS]);
    let failed = || answer(500, &[(ORIGIN, STRANGER), CREDENTIALS]);
    for (preflight, response, expected) in [
        (nothing(), nothing(), None),
        (nothing(), star(), Some(Stance::Wildcard)),
        (star(), nothing(), Some(Stance::Wildcard)),
        (star(), named(), Some(Stance::Reflecting)),
        (
            nothing(),
            star_credentials(),
            Some(Stance::WildcardWithCredentials),
        ),
        (
            named_credentials(),
            named(),
            Some(Stance::CredentialedReflecting),
        ),
        (failed(), nothing(), None),
        (nothing(), failed(), Some(Stance::CredentialedReflecting)),
        (
            answer(200, &[(ORIGIN, "https://app.test")]),
            nothing(),
            None,
        ),
    ] {
        let told = format!("{preflight:?} {response:?}");
        let found = openness(&stranger(preflight, Some(response)), true);
        assert_eq!(found, expected, "{told}");
    }
}

#[test]
fn a_grant_needs_the_origin_byte_for_byte_and_a_preflight_that_succeeds() {
    const APP: &str = "https://app.test";
    for (answer, read, preflight) in [
        (answer(200, &[]), Grant::Denied, Grant::Denied),
        (answer(200, &[(ORIGIN, APP)]), Grant::Plain, Grant::Plain),
        (
            answer(401, &[(ORIGIN, APP), CREDENTIALS]),
            Grant::Credentialed,
            Grant::Denied,
        ),
        (
            answer(204, &[(ORIGIN, "*"), CREDENTIALS]),
            Grant::Plain,
            Grant::Plain,
        ),
        (
            answer(200, &[(ORIGIN, "https://app.test/")]),
            Grant::Denied,
            Grant::Denied,
        ),
        (
            answer(200, &[(ORIGIN, APP), (ORIGIN, APP)]),
            Grant::Denied,
            Grant::Denied,
        ),
    ] {
        assert_eq!(grant(&answer, APP, true), read, "{answer:?}");
        assert_eq!(grant(&answer, APP, false), preflight, "{answer:?}");
    }
}

#[test]
fn a_target_that_is_closed_to_strangers_trusts_null_or_a_list_or_nobody() {
    let tried = |grant| Tried {
        origin: "https://app.test".to_owned(),
        source: OriginSource::Traffic,
        grant,
    };
    let (no, yes) = (answer(200, &[]), answer(200, &[(ORIGIN, "null")]));
    for (null, tried, expected) in [
        (&no, vec![], Stance::Closed),
        (&no, vec![tried(Grant::Denied)], Stance::Closed),
        (
            &no,
            vec![tried(Grant::Denied), tried(Grant::Plain)],
            Stance::List,
        ),
        (&yes, vec![tried(Grant::Plain)], Stance::NullTrusted),
    ] {
        assert_eq!(closed(null, &tried, true), expected);
    }
}

#[test]
fn preflights_alone_tell_of_reflection_null_wildcards_refusal_and_age() {
    let quiet = || answer(403, &[]);
    let let_in = [Tried {
        origin: "https://app.test".to_owned(),
        source: OriginSource::Traffic,
        grant: Grant::Credentialed,
    }];
    type Case<'a> = (Answer, Answer, &'a [Tried], Option<u32>, &'a [&'a str]);
    let cases: [Case<'_>; 7] = [
        (quiet(), quiet(), &[], Some(600), &[]),
        (
            answer(204, &[(ORIGIN, STRANGER), CREDENTIALS]),
            quiet(),
            &[],
            None,
            &["origin-reflected error"],
        ),
        (
            answer(204, &[(ORIGIN, STRANGER)]),
            quiet(),
            &[],
            Some(86_401),
            &["origin-reflected note", "max-age note"],
        ),
        (
            answer(204, &[(ORIGIN, "*"), CREDENTIALS]),
            answer(204, &[(ORIGIN, "*"), CREDENTIALS]),
            &[],
            Some(86_400),
            &["wildcard-with-credentials warning"],
        ),
        (
            quiet(),
            answer(204, &[(ORIGIN, "null"), CREDENTIALS]),
            &[],
            None,
            &["null-origin error"],
        ),
        (
            answer(405, &[]),
            quiet(),
            &[],
            None,
            &["preflight-refused warning"],
        ),
        (answer(405, &[]), quiet(), &let_in, None, &[]),
    ];
    for (preflight, null, tried, age, expected) in cases {
        let told = format!("{preflight:?} {null:?}");
        let stranger = stranger(preflight, None);
        let found = of_preflights("https://api.test/cart/1", &stranger, &null, tried, age);
        let found: Vec<_> = found
            .iter()
            .map(|finding| format!("{} {}", finding.rule.id, finding.level))
            .collect();
        assert_eq!(found, expected, "{told}");
    }
}
