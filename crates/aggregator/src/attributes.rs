//! What the rows of the store say of an incident: deploys, dimensions, replays.

use std::collections::HashMap;

use incident::{Incident, Replay};
use observation::UnixMillis;
use store::{DeployKind, DeployRow};

use crate::decide::Judge;

/// Values of a dimension that are named.
const NAMED: usize = 3;

/// Deploys with the one of the same service before each.
pub(crate) fn named(rows: Vec<DeployRow>) -> Vec<incident::Deploy> {
    let mut last: HashMap<String, String> = HashMap::new();
    let deploy = |row: DeployRow| {
        let before = last.insert(row.service.clone(), row.id.clone());
        incident::Deploy {
            before: before.unwrap_or_default(),
            id: row.id,
            at: row.at,
            app: row.app,
            service: row.service,
            touches_cors: row.touches_cors || row.kind == DeployKind::Config,
            rollback: row.kind == DeployKind::Rollback,
            note: row.note,
            author: row.author,
        }
    };
    rows.into_iter().map(deploy).collect()
}

/// Values of which most requests fail, and those of which none does; neither where all are alike.
pub(crate) fn split(values: &[store::Breakdown], word: &str, contrast: &mut incident::Contrast) {
    let used = values
        .iter()
        .filter(|value| value.sums.requests > 0 && !value.value.is_empty());
    let (affected, healthy): (Vec<_>, Vec<_>) =
        used.partition(|value| value.sums.blocked * 2 >= value.sums.requests);
    let healthy: Vec<_> = healthy
        .into_iter()
        .filter(|value| value.sums.blocked == 0)
        .collect();
    if affected.is_empty() || healthy.is_empty() {
        return;
    }
    let name = |value: &&store::Breakdown| format!("{word}{}", value.value);
    contrast
        .affected
        .extend(affected.iter().take(NAMED).map(name));
    contrast
        .healthy
        .extend(healthy.iter().take(NAMED).map(name));
}

/// What replaying the failures shows since the rules are clean.
pub(crate) async fn replay(incident: &Incident, judge: &mut Judge, at: UnixMillis) -> Replay {
    let (Some(cause), Some(since)) = (&incident.cause, incident.recovering_since()) else {
        return Replay::Impossible;
    };
    let mut shown = Replay::NotAsked;
    for (app, part) in &incident.apps {
        for row in judge.sightings.diagnoses(app, at).await.iter() {
            let told = &row.signature;
            let of_it = told.target_origin == incident.target_origin
                && part
                    .slices
                    .iter()
                    .any(|slice| slice.method == told.method && slice.endpoint == told.endpoint);
            if !of_it || row.at < since {
                continue;
            }
            if row.is_reproduced() && crate::sightings::cause(row).root() == cause.root() {
                return Replay::Fails;
            }
            if row.result == store::ReplayOutcome::NotReproduced {
                shown = Replay::Passes;
            }
        }
    }
    shown
}
