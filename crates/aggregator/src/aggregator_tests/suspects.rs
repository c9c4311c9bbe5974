//! Which change an incident is told with.

use observation::{MILLIS_PER_MINUTE, Stage};
use slo::Sums;
use store::{Breakdown, ChangeRow, DeployKind, DeployRow, DeploySource, DeployState, Dimension};

use super::failures::failure;
use super::rig::{Hand, Rig};
use super::world::NOON;
use super::*;

fn deploy(id: &str, minutes_before: i64, environment: &str, state: DeployState) -> DeployRow {
    DeployRow {
        id: id.to_owned(),
        at: UnixMillis(NOON - minutes_before * MILLIS_PER_MINUTE),
        app: "shop".to_owned(),
        service: String::new(),
        kind: DeployKind::Deploy,
        reverts: String::new(),
        touches_cors: true,
        author: "ada".to_owned(),
        note: String::new(),
        created_at: UnixMillis(NOON),
        recorded_by: "github".to_owned(),
        version: String::new(),
        environment: environment.to_owned(),
        link: "https://ci.test/1".to_owned(),
        source: DeploySource::Github,
        state,
        rollback_rule: None,
    }
}

fn changed(header: &str, before: &str, from: i64, to: i64) -> (String, ChangeRow) {
    let change = ChangeRow {
        stage: Stage::Preflight,
        header: header.to_owned(),
        what: format!("{header} vanished, it was {before}"),
        before: before.to_owned(),
        after: String::new(),
        from: UnixMillis(NOON + from * 1000),
        to: UnixMillis(NOON + to * 1000),
    };
    ("https://api.test".to_owned(), change)
}

/// What the incident says of the changes before it, after a round in which everything failed.
async fn told(deploys: Vec<DeployRow>, changes: Vec<(String, ChangeRow)>) -> (String, String) {
    let rig = Rig::new();
    rig.healthy_day();
    rig.happen("", 240, 500);
    {
        let mut facts = rig.world.facts();
        facts.failures = vec![failure(240)];
        facts.deploys = deploys;
        facts.header_changes = changes;
        facts.breakdowns = vec![(
            Dimension::Environment,
            Breakdown {
                value: "production".to_owned(),
                sums: Sums {
                    requests: 500,
                    blocked: 240,
                    ..Sums::default()
                },
            },
        )];
    }
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let told = rig.pager.take();
    assert_eq!(told.len(), 1);
    let of = |name: &str| told[0].annotations.get(name).cloned().unwrap_or_default();
    (of("suspect"), of("rollback"))
}

#[tokio::test(start_paused = true)]
async fn only_what_was_deployed_there_before_the_first_failure_is_suspected() {
    let (suspect, rollback) = told(
        vec![
            deploy("old", 50, "production", DeployState::Succeeded),
            deploy("true", 2, "production", DeployState::Started),
            deploy("asked", 1, "production", DeployState::Requested),
            deploy("staging", 1, "staging", DeployState::Succeeded),
            deploy("later", -3, "production", DeployState::Succeeded),
        ],
        Vec::new(),
    )
    .await;
    assert!(suspect.contains("true"), "{suspect}");
    for other in ["asked", "staging", "later"] {
        assert!(!suspect.contains(other), "{suspect}");
    }
    assert_eq!(rollback, "Roll deploy true back to old.");
}

#[tokio::test(start_paused = true)]
async fn a_header_that_snapshots_saw_vanish_is_suspected_before_any_diagnosis() {
    let header = "access-control-allow-headers";
    let (suspect, rollback) = told(
        vec![],
        vec![
            changed(header, "x-tenant", -120, 0),
            // It was there when everything failed already.
            changed("access-control-max-age", "600", 120, 300),
            // The origin of pages that do not fail is nothing that those who see this may know.
            changed("access-control-allow-origin", "https://admin.test", -120, 0),
        ],
    )
    .await;
    assert!(
        suspect.contains("access-control-allow-headers vanished, it was x-tenant"),
        "{suspect}"
    );
    assert!(
        !suspect.contains("admin") && !suspect.contains("max-age"),
        "{suspect}"
    );
    assert_eq!(rollback, format!("Set {header} to `x-tenant` again."));
}

#[tokio::test(start_paused = true)]
async fn that_no_change_explains_it_is_said() {
    let staging = deploy("staging", 1, "staging", DeployState::Succeeded);
    let (suspect, rollback) = told(vec![staging], Vec::new()).await;
    assert_eq!(suspect, "No change that is known explains it.");
    assert_eq!(rollback, "");
}
