//! Diagnoses and header snapshots, written and read back from a real engine.

mod support;

use observation::{Kind, Outcome, Stage, UnixMillis};
use store::{ChangeRow, DiagnosisRow, FixRow, HeaderLine, SignatureRow, SnapshotRow, Store};
use support::fold::Fold;
use support::traffic::{APP, Traffic};
use testkit::Engine;

const START: UnixMillis = UnixMillis(1_795_000_000_000);

async fn store() -> Store {
    let engine = Engine::shared().await;
    let store = Store::embedded(&engine.config(), engine.access());
    store.migrate().await.expect("migrated");
    store
}

fn line(name: &str, value: &str) -> HeaderLine {
    HeaderLine {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn diagnosis(app: &str, id: &str, at: i64) -> DiagnosisRow {
    DiagnosisRow {
        id: id.to_owned(),
        at: START.plus(at),
        signature: SignatureRow {
            app: app.to_owned(),
            kind: Kind::Request,
            page_origin: "https://shop.test".to_owned(),
            target_origin: "https://api.test".to_owned(),
            endpoint: "/cart/:id".to_owned(),
            service: "api".to_owned(),
            method: "PUT".to_owned(),
            headers: "content-type,x-tenant".to_owned(),
            credentialed: true,
            preflighted: true,
            outcome: Outcome::Blocked,
            stage: Some(Stage::Preflight),
            first_seen: START,
            last_seen: START,
        },
        result: store::ReplayOutcome::Reproduced,
        why: store::ReplayReason::AsReported,
        detail: "Blocked as reported.".to_owned(),
        url: "https://api.test/cart/1".to_owned(),
        remote: "192.0.2.1".to_owned(),
        cause: "HeaderDisallowedByPreflightResponse".to_owned(),
        parameter: "x-tenant".to_owned(),
        stage: Some(Stage::Preflight),
        hop: 3,
        status: 204,
        explanation: "'\"\\ \u{1f980}".to_owned(),
        offending: vec![line("vary", "Origin"), line("vary", "Accept")],
        fixes: vec![FixRow {
            place: store::FixPlace::Preflight,
            header: "access-control-allow-headers".to_owned(),
            value: "x-tenant".to_owned(),
            change: "List it.".to_owned(),
        }],
        changes: vec![ChangeRow {
            stage: Stage::Preflight,
            header: ":status".to_owned(),
            what: "it changed".to_owned(),
            before: "204".to_owned(),
            after: "500".to_owned(),
            from: START.plus(1),
            to: START.plus(2),
        }],
    }
}

#[tokio::test]
async fn the_latest_diagnosis_of_each_signature_reads_back_as_written() {
    let store = store().await;
    let rows = [
        diagnosis("shop", "a", 0),
        diagnosis("shop", "a", 5000),
        diagnosis("shop", "b", 3000),
        diagnosis("other", "a", 9000),
    ];
    store.save_diagnoses(&rows).await.expect("written");
    store
        .save_diagnoses(&rows[..1])
        .await
        .expect("written again");
    let reader = store.reader();
    let found = reader.diagnoses(Some("shop"), 10).await.expect("read");
    assert_eq!(found, [rows[1].clone(), rows[2].clone()]);
    let found = reader.diagnoses(None, 2).await.expect("read");
    assert_eq!(found, [rows[3].clone(), rows[1].clone()]);
}

#[tokio::test]
async fn a_snapshot_grows_until_its_target_changes_and_the_state_before_is_kept() {
    let store = store().await;
    let row = |first: i64, last: i64, value: &str| SnapshotRow {
        page_origin: "https://shop.test".to_owned(),
        url: "https://api.test/cart/1".to_owned(),
        asked: "PUT x-tenant".to_owned(),
        stage: Stage::Preflight,
        first_at: START.plus(first),
        last_at: START.plus(last),
        status: 204,
        headers: vec![line("access-control-allow-headers", value)],
    };
    let other_page = SnapshotRow {
        page_origin: "https://evil.test".to_owned(),
        ..row(0, 9000, "")
    };
    for rows in [
        [row(0, 0, "ancient"), other_page],
        [row(1000, 1000, "before"), row(1000, 3000, "before")],
        [row(1000, 2000, "before"), row(4000, 4000, "after")],
    ] {
        store.save_snapshots(&rows).await.expect("written");
    }
    let found = store
        .reader()
        .snapshots("https://shop.test", "https://api.test/cart/1")
        .await
        .expect("read");
    assert_eq!(found, [row(4000, 4000, "after"), row(1000, 3000, "before")]);
    let changes = async |target: &str, from: i64, to: i64| {
        let span = (START.plus(from), START.plus(to));
        let changes = store.reader().header_changes(target, span.0, span.1).await;
        let times = |change: &ChangeRow| (change.from.0 - START.0, change.to.0 - START.0);
        let changes = changes.expect("read");
        changes.iter().map(times).collect::<Vec<_>>()
    };
    let target = "https://api.test";
    assert_eq!(changes(target, 0, 9999).await, [(0, 1000), (3000, 4000)]);
    assert_eq!(changes(target, 2000, 9999).await, [(3000, 4000)]);
    assert_eq!(changes(target, 0, 4000).await, [(0, 1000)]);
    assert_eq!(changes("https://api.tes", 0, 9999).await, []);
}

#[tokio::test]
async fn signatures_are_what_failed_and_what_passes_is_named_by_its_target() {
    let store = store().await;
    let mut traffic = Traffic::new(1, START, 10.0, 2);
    let records: Vec<_> = (0..300).map(|_| traffic.record()).collect();
    let batch = Fold::new(100).batch(records);
    store.write(&batch).await.expect("written");
    let reader = store.reader();
    let failing = reader
        .failing_signatures(START.plus(-60_000))
        .await
        .expect("read");
    let told = |row: &SignatureRow, outcome: Outcome| {
        batch.observations.iter().any(|seen| {
            let seen_at = (&seen.origin.app, seen.observation.at.minute());
            seen_at == (&row.app, row.last_seen)
                && seen.origin.page_origin(&seen.observation) == row.page_origin
                && seen.observation.endpoint == row.endpoint
                && seen.observation.method == row.method
                && seen.observation.outcome == outcome
                && seen.observation.parameter == row.headers
        })
    };
    assert!(failing.iter().any(|row| row.outcome == Outcome::Blocked));
    for row in &failing {
        assert_eq!(row.app, APP);
        assert!(told(row, row.outcome), "{row:?}");
        assert_ne!(row.outcome, Outcome::Ok);
    }
    let unique: std::collections::BTreeSet<_> = failing
        .iter()
        .map(|row| SignatureRow {
            first_seen: START,
            last_seen: START,
            ..row.clone()
        })
        .collect();
    assert_eq!(unique.len(), failing.len());
    let passing = reader
        .passing_signatures(START.plus(-60_000), 3)
        .await
        .expect("read");
    assert_eq!(passing.len(), 3);
    assert!(
        passing
            .iter()
            .all(|row| told(row, Outcome::Ok) && !row.service.is_empty())
    );
    let later = reader.failing_signatures(START.plus(3_600_000)).await;
    assert_eq!(later.expect("read"), []);
}
