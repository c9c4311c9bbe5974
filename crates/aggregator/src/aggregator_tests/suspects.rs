//! Which change an incident is told with.

use observation::{MILLIS_PER_MINUTE, Stage};
use slo::Sums;
use store::{
    Breakdown, ChangeRow, DeployKind, DeployRow, DeploySource, DeployState, Dimension, SnapshotRow,
};

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
async fn sent(deploys: Vec<DeployRow>, changes: Vec<(String, ChangeRow)>) -> (String, String) {
    told_of(deploys, changes, Vec::new()).await
}

/// The same where snapshots saw how the target answered.
async fn told_of(
    deploys: Vec<DeployRow>,
    changes: Vec<(String, ChangeRow)>,
    states: Vec<SnapshotRow>,
) -> (String, String) {
    let rig = Rig::new();
    rig.healthy_day();
    rig.happen("", 240, 500);
    {
        let mut facts = rig.world.facts();
        facts.failures = vec![store::Failure {
            service: "cart".to_owned(),
            ..failure(240)
        }];
        facts.deploys = deploys;
        facts.header_changes = changes;
        facts.header_states = states;
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
    let sent = rig.pager.take();
    assert_eq!(sent.len(), 1);
    let of = |name: &str| sent[0].annotations.get(name).cloned().unwrap_or_default();
    (of("suspect"), of("rollback"))
}

#[tokio::test(start_paused = true)]
async fn only_what_was_deployed_there_before_the_first_failure_is_suspected() {
    let (suspect, rollback) = sent(
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
    let (suspect, rollback) = sent(
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
    let (suspect, rollback) = sent(vec![staging], Vec::new()).await;
    assert_eq!(suspect, "No change that is known explains it.");
    assert_eq!(rollback, "");
}

#[tokio::test(start_paused = true)]
async fn a_deploy_of_the_service_that_left_the_answers_to_what_fails_alone_explains_nothing() {
    let state = |page: &str, path: &str, asked: &str| SnapshotRow {
        page_origin: page.to_owned(),
        url: format!("https://api.test{path}"),
        asked: asked.to_owned(),
        stage: Stage::Preflight,
        first_at: UnixMillis(NOON - 86_400_000),
        last_at: UnixMillis(NOON + 1000),
        status: 204,
        headers: Vec::new(),
    };
    let own = || state("https://shop.test", "/cart/7", "PUT x-tenant");
    for (states, suspected) in [
        (vec![own()], false),
        (
            vec![own(), state("https://shop.test", "/other", "PUT x-tenant")],
            false,
        ),
        // Of another page, place or method nothing follows.
        (
            vec![state("https://blog.test", "/cart/7", "PUT x-tenant")],
            true,
        ),
        (
            vec![state("https://shop.test", "/other", "PUT x-tenant")],
            true,
        ),
        (vec![state("https://shop.test", "/cart/7", "DELETE")], true),
        // Pages began to ask for more than what was answered all the time.
        (
            vec![
                own(),
                SnapshotRow {
                    first_at: UnixMillis(NOON),
                    ..state("https://shop.test", "/cart/8", "PUT x-tenant")
                },
            ],
            true,
        ),
        (vec![], true),
    ] {
        let deploy = DeployRow {
            service: "cart".to_owned(),
            ..deploy("d-42", 2, "production", DeployState::Succeeded)
        };
        let (suspect, _) = told_of(vec![deploy], Vec::new(), states.clone()).await;
        assert_eq!(suspect.contains("d-42"), suspected, "{suspect} {states:#?}");
    }
}
