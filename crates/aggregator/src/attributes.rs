//! What the rows of the store say of an incident: deploys, header changes, dimensions, replays.

use std::collections::{BTreeMap, HashMap};

use incident::{HeaderChange, Incident, Replay, Steady};
use observation::{Stage, UnixMillis};
use store::{ChangeRow, DeployKind, DeployRow, SnapshotRow};
use url::Url;
use web::EndpointTemplate;

use crate::decide::AlertDecider;

/// Values of a dimension that are named.
const NAMED: usize = 3;

/// Deploys that changed something, with the one of the same service and environment before each.
pub(crate) fn named(rows: Vec<DeployRow>) -> Vec<incident::Deploy> {
    let mut last: HashMap<(String, String), String> = HashMap::new();
    let deploy = |row: DeployRow| {
        let of = (row.service.clone(), row.environment.clone());
        let before = last.insert(of, row.id.clone());
        incident::Deploy {
            before: before.unwrap_or_default(),
            id: row.id,
            at: row.at,
            app: row.app,
            service: row.service,
            environment: row.environment,
            touches_cors: row.touches_cors || row.kind == DeployKind::Config,
            rollback: row.kind == DeployKind::Rollback,
            version: row.version,
            note: row.note,
            author: row.author,
            link: row.link,
        }
    };
    let effective = rows.into_iter().filter(|row| row.state.took_effect());
    effective.map(deploy).collect()
}

/// A change of a target's header as a row has it.
pub(crate) fn header_change(row: &ChangeRow) -> HeaderChange {
    HeaderChange {
        header: row.header.clone(),
        what: row.what.clone(),
        before: row.before.clone(),
        after: row.after.clone(),
        from: row.from,
        to: row.to,
        app: String::new(),
    }
}

/// The changes of its target that may be told about an incident: those that its diagnosis came with, and those
/// that snapshots saw. One whose value names pages is of their app; of pages that do not fail it is left out.
pub(crate) fn changes(incident: &Incident, seen: &[ChangeRow]) -> Vec<HeaderChange> {
    let diagnosed = incident.cause.iter().flat_map(|cause| &cause.changes);
    let mut changes: Vec<HeaderChange> = Vec::new();
    for change in diagnosed.cloned().chain(seen.iter().map(header_change)) {
        let same = |known: &HeaderChange| {
            (&known.header, &known.before, &known.after)
                == (&change.header, &change.before, &change.after)
        };
        if changes.iter().any(same) {
            continue;
        }
        if let Some(app) = concerned(incident, &change) {
            changes.push(HeaderChange { app, ..change });
        }
    }
    changes
}

/// How the target answered the requests that fail, as snapshots saw it: of each question that a page asks there, the
/// last answer that was first seen before the onset, or the first one where there was none. A preflight that does not ask
/// for the header at fault is another question.
pub(crate) fn answered_steadily(incident: &Incident, states: &[SnapshotRow]) -> Vec<Steady> {
    let header = incident
        .cause
        .as_ref()
        .map_or("", |cause| cause.parameter.as_str());
    let is_asked = |row: &&SnapshotRow| {
        let mut words = row.asked.split([' ', ',']);
        let method = words.next().unwrap_or_default();
        let names_it = row.stage != Stage::Preflight
            || header.is_empty()
            || words.any(|name| name.eq_ignore_ascii_case(header));
        let path = Url::parse(&row.url);
        let path = path.as_ref().map_or("", Url::path);
        let fails = |part: &incident::AppPart| {
            part.page_origins.contains(&row.page_origin)
                && part.slices.iter().any(|slice| {
                    let template = EndpointTemplate::read(&slice.endpoint);
                    slice.method == method && template.is_ok_and(|own| own.matches(path))
                })
        };
        names_it
            && incident.stage.is_none_or(|stage| stage == row.stage)
            && incident.apps.values().any(fails)
    };
    let mut last: BTreeMap<_, Steady> = BTreeMap::new();
    for row in states.iter().filter(is_asked) {
        let state = Steady {
            from: row.first_at,
            to: row.last_at,
        };
        let question = (&row.page_origin, &row.url, &row.asked, row.stage);
        let known = last.entry(question).or_insert(state);
        let (is_before, known_is_before) = (
            state.from <= incident.started_at,
            known.from <= incident.started_at,
        );
        // The earliest of those after it, the latest of those before.
        let is_better = match (is_before, known_is_before) {
            (true, true) => state.from > known.from,
            (false, false) => state.from < known.from,
            (is_before, _) => is_before,
        };
        if is_better {
            *known = state;
        }
    }
    last.into_values().collect()
}

/// The app whose pages a change names; empty where it names none, nothing where it names other pages.
fn concerned(incident: &Incident, change: &HeaderChange) -> Option<String> {
    if !matches!(
        change.header.as_str(),
        "access-control-allow-origin" | "timing-allow-origin"
    ) {
        return Some(String::new());
    }
    let mut concerned = String::new();
    for value in [&change.before, &change.after] {
        for origin in value.split(',').map(str::trim) {
            if matches!(origin, "" | "*" | "null") {
                continue;
            }
            let of = |part: &incident::AppPart| part.page_origins.contains(origin);
            let (app, _) = incident.apps.iter().find(|(_, part)| of(part))?;
            app.clone_into(&mut concerned);
        }
    }
    Some(concerned)
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
pub(crate) async fn replay(
    incident: &Incident,
    judge: &mut AlertDecider,
    at: UnixMillis,
) -> Replay {
    let (Some(cause), Some(since)) = (&incident.cause, incident.recovering_since()) else {
        return Replay::Impossible;
    };
    let mut shown = Replay::NotAsked;
    for (app, part) in &incident.apps {
        for row in judge.sightings.diagnoses(app, at).await.iter() {
            let signature = &row.signature;
            let of_it = signature.target_origin == incident.target_origin
                && part.slices.iter().any(|slice| {
                    slice.method == signature.method && slice.endpoint == signature.endpoint
                });
            if !of_it || row.at < since {
                continue;
            }
            if row.is_reproduced() && crate::sighted::cause(row).root() == cause.root() {
                return Replay::Fails;
            }
            if row.result == store::ReplayOutcome::NotReproduced {
                shown = Replay::Passes;
            }
        }
    }
    shown
}
