//! The inventory that the fake answers with.

use super::*;

fn found(rule: &str, level: FindingLevel) -> FoundRow {
    FoundRow {
        rule: rule.into(),
        key: String::new(),
        level,
        title: format!("What {rule} is"),
        message: "It is so.".into(),
        evidence: vec!["GET https://api.test/items -> 200".into()],
        fix: vec!["Mend it.".into()],
        first_at: NOW.plus(-86_400_000),
    }
}

/// Three targets: one that trusts everybody, one with a list, one of another app that is silent.
pub fn inventory() -> Vec<InventoryRow> {
    let tried = |origin: &str, grant, unused: bool| TriedOrigin {
        origin: origin.into(),
        source: OriginSource::Listed,
        grant,
        last_seen: (!unused).then_some(NOW),
        unused,
    };
    let list = InventoryRow {
        service: "catalog".into(),
        target_origin: "https://api.test".into(),
        endpoint: "/items".into(),
        apps: vec!["shop".into(), "admin".into()],
        method: "GET".into(),
        url: "https://api.test/items".into(),
        made_up: false,
        first_at: NOW.plus(-3 * 86_400_000),
        last_at: NOW.plus(-60_000),
        updated_at: NOW,
        answered_at: Some(NOW.plus(-60_000)),
        observed_since: Some(NOW.plus(-40 * 86_400_000)),
        state: AuditState::Answered,
        reason: String::new(),
        stance: Some(Stance::List),
        vary: Vary::Missing,
        max_age: Some(172_800),
        origins: vec![
            tried("https://shop.test", Grant::Credentialed, false),
            tried("https://partner.test", Grant::Plain, true),
        ],
        findings: vec![
            found("vary-origin-missing", FindingLevel::Warning),
            found("unused-origin", FindingLevel::Note),
        ],
    };
    vec![
        list.clone(),
        InventoryRow {
            service: "reviews".into(),
            first_at: NOW.plus(-86_400_000),
            stance: Some(Stance::CredentialedReflecting),
            vary: Vary::Right,
            max_age: None,
            origins: Vec::new(),
            findings: vec![found("origin-reflected", FindingLevel::Error)],
            ..list.clone()
        },
        InventoryRow {
            service: "back-office".into(),
            apps: vec!["admin".into()],
            first_at: NOW.plus(-60_000),
            state: AuditState::NoAnswer,
            reason: "timed_out: timed out in phase connect".into(),
            stance: None,
            vary: Vary::NotNeeded,
            max_age: None,
            answered_at: None,
            observed_since: None,
            origins: Vec::new(),
            findings: Vec::new(),
            ..list
        },
    ]
}
