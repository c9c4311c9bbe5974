use super::*;

const ONSET: UnixMillis = UnixMillis(1_700_049_600_000);
const MINUTE: i64 = 60_000;

fn scope() -> Scope<'static> {
    Scope {
        onset: ONSET,
        service: "cart",
        header: "access-control-allow-headers",
        releases: &[],
        environments: &[],
        steady: &[],
    }
}

fn deployed(id: &str, minutes_before: i64, service: &str) -> Deploy {
    Deploy {
        id: id.to_owned(),
        at: ONSET.plus(-minutes_before * MINUTE),
        app: "shop".to_owned(),
        service: service.to_owned(),
        environment: String::new(),
        touches_cors: false,
        rollback: false,
        version: String::new(),
        link: String::new(),
        note: String::new(),
        author: "pipeline".to_owned(),
        before: String::new(),
    }
}

fn changed(header: &str, from: i64, to: i64) -> Observed {
    Observed {
        header: header.to_owned(),
        what: format!("{header} vanished"),
        before: "x-tenant".to_owned(),
        after: String::new(),
        from: ONSET.plus(from * MINUTE),
        to: ONSET.plus(to * MINUTE),
        app: String::new(),
    }
}

fn first(deploys: &[Deploy], headers: &[Observed]) -> Option<String> {
    rank(scope(), deploys, headers)
        .first()
        .map(|suspect| suspect.id.clone())
}

#[test]
fn the_change_before_the_onset_and_in_scope_stands_first_and_nothing_is_an_answer() {
    let cors = Deploy {
        touches_cors: true,
        ..deployed("cors", 20, "cart")
    };
    for (deploys, expect) in [
        (
            vec![deployed("a", 3, "cart"), deployed("b", 40, "cart")],
            Some("a"),
        ),
        (
            vec![deployed("other", 1, "search"), deployed("own", 15, "cart")],
            Some("own"),
        ),
        (vec![deployed("later", -5, "cart")], None),
        (vec![deployed("yesterday", 25 * 60, "cart")], None),
        (vec![deployed("old", 6 * 60, "cart")], None),
        (vec![deployed("other", 1, "search")], None),
        (vec![deployed("plain", 18, "cart"), cors], Some("cors")),
        (vec![deployed("unscoped", 2, "")], Some("unscoped")),
        (vec![], None),
    ] {
        assert_eq!(first(&deploys, &[]).as_deref(), expect, "{deploys:?}");
    }
}

#[test]
fn a_header_that_vanished_just_then_points_to_the_deploy_that_did_it() {
    let header = "access-control-allow-headers";
    let deploys = [
        deployed("newer", 2, "cart"),
        deployed("culprit", 10, "cart"),
    ];
    let suspects = rank(scope(), &deploys, &[changed(header, -12, -9)]);
    let ids: Vec<_> = suspects.iter().map(|suspect| suspect.id.as_str()).collect();
    assert_eq!(ids[0], "culprit", "{suspects:?}");
    assert!(
        suspects[0].why.contains("changed just then"),
        "{}",
        suspects[0].why
    );
    assert!(ids.contains(&header), "{ids:?}");
    // However sure the header's change is: it is what the deploy did, which can be rolled back.
    let slow = [deployed("culprit", 10, "")];
    let suspects = rank(scope(), &slow, &[changed(header, -12, 1)]);
    let ids: Vec<_> = suspects.iter().map(|suspect| suspect.id.as_str()).collect();
    assert_eq!(ids, ["culprit", header]);
    let alone = rank(scope(), &[], &[changed(header, -3, 0)]);
    assert_eq!(alone[0].kind, SuspectKind::HeaderChange);
    assert_eq!(
        alone[0].undo,
        "Set access-control-allow-headers to `x-tenant` again."
    );
    assert_eq!(rank(scope(), &[], &[changed("vary", -3, 0)]), []);
}

#[test]
fn a_deploy_of_the_service_that_left_its_answers_as_they_were_explains_nothing() {
    let span = |from: i64, to: i64| Steady {
        from: ONSET.plus(from * MINUTE),
        to: ONSET.plus(to * MINUTE),
    };
    let page = Deploy {
        service: String::new(),
        ..deployed("page", 3, "")
    };
    for (deploy, steady, suspected) in [
        (deployed("own", 3, "cart"), vec![], true),
        (deployed("own", 3, "cart"), vec![span(-600, 1)], false),
        // It began to answer so with the deploy, or no one has looked since.
        (deployed("own", 3, "cart"), vec![span(-2, 1)], true),
        (deployed("own", 3, "cart"), vec![span(-600, -1)], true),
        // One of the questions is answered otherwise than before.
        (
            deployed("own", 3, "cart"),
            vec![span(-600, 1), span(0, 1)],
            true,
        ),
        // A page may ask for something new of a server that is as it was.
        (page, vec![span(-600, 1)], true),
    ] {
        let scope = Scope {
            steady: &steady,
            ..scope()
        };
        let found = rank(scope, std::slice::from_ref(&deploy), &[]);
        assert_eq!(!found.is_empty(), suspected, "{deploy:?} {steady:?}");
    }
    let only_its_release = Scope {
        steady: &[span(-600, 1)],
        releases: &["1.4.2".to_owned()],
        ..scope()
    };
    let released = Deploy {
        version: "1.4.2".to_owned(),
        ..deployed("own", 3, "cart")
    };
    assert_eq!(rank(only_its_release, &[released], &[]).len(), 1);
}

#[test]
fn the_same_deploy_explains_less_of_a_service_that_is_deployed_all_the_time() {
    let judged = || deployed("judged", 14, "cart");
    let every = |minutes: i64, service: &str| -> Vec<_> {
        let before = (1..).map(|nth| 14 + nth * minutes);
        let before = before.take_while(|ago| *ago < 24 * 60);
        let others = before.map(|ago| deployed(&format!("{ago}"), ago, service));
        std::iter::once(judged()).chain(others).collect()
    };
    for (deploys, suspected) in [
        (vec![judged()], true),
        (every(480, "cart"), true),
        (every(60, "cart"), false),
        // What is usual of other services, or was announced for later, is no matter.
        (every(60, "search"), true),
        (
            (1..24)
                .map(|nth| deployed("later", -nth * 60, "cart"))
                .chain([judged()])
                .collect(),
            true,
        ),
    ] {
        let found = first(&deploys, &[]);
        assert_eq!(found.is_some(), suspected, "{found:?} of {}", deploys.len());
    }
    // Busy hours are busy, whatever the rest of the day was.
    let busy: Vec<_> = (0..8)
        .map(|nth| deployed("busy", 5 + nth * 25, "cart"))
        .collect();
    let spread: Vec<_> = (0..8)
        .map(|nth| deployed("spread", 5 + nth * 175, "cart"))
        .collect();
    assert_eq!(first(&busy, &[]), None);
    assert_eq!(first(&spread, &[]).as_deref(), Some("spread"));
}

#[test]
fn scores_are_shares_of_what_is_likely() {
    let suspects = rank(
        scope(),
        &[deployed("a", 2, "cart"), deployed("b", 9, "cart")],
        &[],
    );
    let all: f64 = suspects.iter().map(|suspect| suspect.score).sum();
    assert!(suspects[0].score > suspects[1].score, "{suspects:?}");
    assert!((0.8..1.0).contains(&all), "{all}");
}

#[test]
fn what_to_go_back_to_is_named() {
    let deploy = Deploy {
        before: "v41".to_owned(),
        ..deployed("v42", 1, "cart")
    };
    assert_eq!(
        rank(scope(), &[deploy], &[])[0].undo,
        "Roll deploy v42 back to v41."
    );
}

#[test]
fn a_deploy_to_another_environment_is_not_suspected_however_names_are_abbreviated() {
    let failing = ["production".to_owned()];
    for (environment, suspected) in [
        ("production", true),
        ("Prod", true),
        ("", true),
        ("staging", false),
        ("preview-7", false),
    ] {
        let deploy = Deploy {
            environment: environment.to_owned(),
            ..deployed("d", 1, "cart")
        };
        let scope = Scope {
            environments: &failing,
            ..scope()
        };
        let found = rank(scope, std::slice::from_ref(&deploy), &[]);
        assert_eq!(!found.is_empty(), suspected, "{environment}");
        // Pages that state none may be of any.
        assert_eq!(
            rank(self::scope(), &[deploy], &[]).len(),
            1,
            "{environment}"
        );
    }
}

#[test]
fn a_header_seen_to_change_after_the_onset_changed_at_the_latest_then() {
    let header = "access-control-allow-headers";
    let found = rank(scope(), &[], &[changed(header, -2, 3)]);
    assert_eq!(found[0].at, ONSET);
    // It was still there a while after the first failure.
    assert_eq!(rank(scope(), &[], &[changed(header, 2, 5)]), []);
}

#[test]
fn what_one_look_saw_change_is_one_suspect_named_after_what_tells_the_most() {
    let status = Observed {
        what: "the status of the preflight became 404, it was 204".to_owned(),
        before: "204".to_owned(),
        after: "404".to_owned(),
        ..changed(":status", -2, 0)
    };
    let vary = changed("vary", -2, 0);
    let methods = changed("access-control-allow-methods", -2, 0);
    let headers = changed("access-control-allow-headers", -2, 0);
    let later = changed("access-control-max-age", -1, 1);
    let unknown = Scope {
        header: "",
        ..scope()
    };
    let all = [vary, methods, headers.clone(), status.clone(), later];
    let found = rank(unknown, &[], &all);
    let ids: Vec<_> = found.iter().map(|suspect| &*suspect.id).collect();
    assert_eq!(ids.len(), 2, "{found:#?}");
    let one = found.iter().find(|suspect| suspect.id == ":status");
    let one = one.expect("the status");
    assert_eq!(one.undo, "Answer with status 204 again.");
    assert!(
        one.why
            .contains("with it access-control-allow-methods vanished, "),
        "{one:?}"
    );
    // What is known to be at fault tells more than the status.
    let found = rank(scope(), &[], &[status, headers]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].id, "access-control-allow-headers");
    assert!(found[0].why.contains("became 404"), "{found:#?}");
}
