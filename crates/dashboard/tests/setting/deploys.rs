//! The deploys that the fake keeps.

use store::DeployRow;

pub fn one(rows: &[DeployRow], app: &str, id: &str) -> Option<DeployRow> {
    let mut found = rows.iter().filter(|row| row.app == app && row.id == id);
    found.next().cloned()
}

/// Those of the same app, service and environment before `deploy` that took effect, latest first.
pub fn before(rows: &[DeployRow], deploy: &DeployRow) -> Vec<DeployRow> {
    let mut found = rows.to_vec();
    found.retain(|row| {
        (&row.app, &row.service, &row.environment)
            == (&deploy.app, &deploy.service, &deploy.environment)
            && row.id != deploy.id
            && row.at <= deploy.at
            && row.state.took_effect()
    });
    found.sort_by_key(|row| std::cmp::Reverse(row.at));
    found
}

pub fn replace(rows: &mut Vec<DeployRow>, deploy: &DeployRow) {
    rows.retain(|row| (&row.app, &row.id) != (&deploy.app, &deploy.id));
    rows.push(deploy.clone());
}
