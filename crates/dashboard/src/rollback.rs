//! Which deploys are rollbacks (M6), and by which rule.

use store::{DeployKind, DeployRow, RollbackRule};

/// Marks `row` as a rollback where a rule says so. `earlier` are the deploys of its app, service and environment
/// before it, latest first; `title` is that of its change.
pub(crate) fn mark(row: &mut DeployRow, title: &str, earlier: &[DeployRow]) {
    if !row.state.took_effect() {
        return;
    }
    let Some(rule) = rule(row, title, earlier) else {
        return;
    };
    row.rollback_rule = Some(rule);
    row.kind = DeployKind::Rollback;
    if row.reverts.is_empty() && rule == RollbackRule::EarlierVersion {
        row.reverts = previous(earlier).map_or_else(String::new, |before| before.id.clone());
    }
    // What takes a change of CORS configuration back changes it, too.
    let reverted = earlier.iter().find(|before| before.id == row.reverts);
    row.touches_cors |= reverted.is_some_and(|before| before.touches_cors);
}

/// What is said counts for more than what is concluded.
fn rule(row: &DeployRow, title: &str, earlier: &[DeployRow]) -> Option<RollbackRule> {
    if row.kind == DeployKind::Rollback || !row.reverts.is_empty() {
        // What was concluded before is no statement.
        return Some(row.rollback_rule.unwrap_or(RollbackRule::Stated));
    }
    if is_revert(title) {
        return Some(RollbackRule::Revert);
    }
    // The rule of Datadog's rollback detection: another version than before, and one that was there earlier.
    let came_back = !row.version.is_empty()
        && previous(earlier).is_some_and(|before| before.version != row.version)
        && earlier.iter().any(|before| before.version == row.version);
    came_back.then_some(RollbackRule::EarlierVersion)
}

/// The deploy before, of those that state a version.
fn previous(earlier: &[DeployRow]) -> Option<&DeployRow> {
    earlier.iter().find(|before| !before.version.is_empty())
}

/// Titles as `git revert`, GitHub and Conventional Commits write them.
fn is_revert(title: &str) -> bool {
    let title = title.trim_start();
    title.starts_with("Revert \"") || title.starts_with("revert:") || title.starts_with("revert(")
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;
    use store::{DeploySource, DeployState};

    use super::*;

    fn deploy(id: &str, version: &str) -> DeployRow {
        DeployRow {
            id: id.to_owned(),
            at: UnixMillis(0),
            app: "shop".to_owned(),
            service: "cart".to_owned(),
            kind: DeployKind::Deploy,
            reverts: String::new(),
            touches_cors: id == "cors",
            author: String::new(),
            note: String::new(),
            created_at: UnixMillis(0),
            recorded_by: String::new(),
            version: version.to_owned(),
            environment: String::new(),
            link: String::new(),
            source: DeploySource::Api,
            state: DeployState::Succeeded,
            rollback_rule: None,
        }
    }

    #[test]
    fn a_rollback_is_one_by_the_first_rule_that_says_so() {
        let earlier = [deploy("cors", "2"), deploy("b", "1"), deploy("a", "0")];
        for (version, title, reverts, expect) in [
            ("3", "", "", None),
            ("2", "", "", None),
            ("1", "", "", Some((RollbackRule::EarlierVersion, "cors"))),
            ("0", "", "", Some((RollbackRule::EarlierVersion, "cors"))),
            ("3", "Revert \"x\"", "", Some((RollbackRule::Revert, ""))),
            ("3", "revert: x", "", Some((RollbackRule::Revert, ""))),
            ("3", "Reverting is easy", "", None),
            ("1", "", "b", Some((RollbackRule::Stated, "b"))),
            ("", "", "", None),
        ] {
            let mut row = deploy("new", version);
            row.reverts = reverts.to_owned();
            mark(&mut row, title, &earlier);
            let found = row.rollback_rule.map(|rule| (rule, row.reverts.as_str()));
            assert_eq!(found, expect, "{version} {title} {reverts}");
            assert_eq!(row.kind == DeployKind::Rollback, expect.is_some());
            assert_eq!(row.touches_cors, row.reverts == "cors");
        }
    }

    #[test]
    fn what_has_not_taken_effect_takes_nothing_back() {
        let mut row = deploy("new", "1");
        row.state = DeployState::Requested;
        mark(
            &mut row,
            "Revert \"x\"",
            &[deploy("b", "2"), deploy("a", "1")],
        );
        assert_eq!(row.rollback_rule, None);
    }

    #[test]
    fn deploys_without_a_version_stand_between_none() {
        let mut row = deploy("new", "1");
        let earlier = [deploy("c", ""), deploy("b", "2"), deploy("a", "1")];
        mark(&mut row, "", &earlier);
        assert_eq!(row.reverts, "b");
    }
}
