//! Whether a failure can belong to an incident, and what an incident learns from one that does.

use observation::UnixMillis;
use slo::Severity;

use crate::incident::{Evidence, Happening, Incident, Slice};
use crate::signal::{Sighting, Signal};

/// Takes over what a replay showed.
pub(crate) fn learn(incident: &mut Incident, sighting: &Sighting, now: UnixMillis) {
    let Some(cause) = &sighting.cause else {
        return;
    };
    let max_age = cause.max_age();
    incident.max_age = incident.max_age.max(max_age);
    let known = incident
        .cause
        .as_ref()
        .map(|known| (known.root(), known.at));
    let (what, text) = match known {
        Some((root, at)) if root == cause.root() => {
            if at < cause.at {
                incident.cause = Some(cause.clone());
            }
            return;
        }
        None => (Happening::CauseKnown, "The cause is known"),
        Some(_) => (Happening::CauseChanged, "The cause is another one now"),
    };
    incident.note(
        now,
        what,
        format!("{text}: {}", crate::text::named(cause)),
        "",
    );
    incident.cause = Some(cause.clone());
    // What did it is looked for again, now that it is known what "it" is.
    incident.suspects = None;
}

/// An alert speaks for an incident.
pub(crate) fn support(
    incident: &mut Incident,
    signal: &Signal,
    (severity, suspicious): (Severity, bool),
    now: UnixMillis,
) {
    let at = incident
        .alerts
        .iter()
        .position(|known| known.alert == signal.alert);
    if let Some(at) = at {
        let known = &mut incident.alerts[at];
        known.severity = known.severity.max(severity);
        known.clean_since = None;
        signal.measured.clone_into(&mut known.measured);
        signal.budget.clone_into(&mut known.budget);
    } else {
        incident.alerts.push(Evidence {
            alert: signal.alert.clone(),
            app: signal.app.clone(),
            slo: signal.slo.clone(),
            sli: signal.sli.clone(),
            rule: signal.rule.clone(),
            severity,
            since: now,
            clean_since: None,
            measured: signal.measured.clone(),
            budget: signal.budget.clone(),
        });
    }
    let first = incident.alerts.len() == 1 && at.is_none();
    incident.suspicious = suspicious && (first || incident.suspicious);
    incident.severity = incident.severity.max(severity);
    for (name, value) in &signal.labels {
        incident
            .labels
            .entry(name.clone())
            .or_insert_with(|| value.clone());
    }
    if incident.runbook.is_empty() {
        signal.runbook.clone_into(&mut incident.runbook);
    }
}

/// Whether a failure can belong to an incident, by place and kind.
pub(crate) fn is_near(incident: &Incident, signal: &Signal, sighting: &Sighting) -> bool {
    let place = if incident.target_origin.is_empty() {
        incident.apps.contains_key(&signal.app)
    } else {
        is_same_place(incident, &sighting.target_origin, &sighting.service)
    };
    place && incident.failing == sighting.failing
}

pub(crate) fn is_same_place(incident: &Incident, target_origin: &str, service: &str) -> bool {
    incident.target_origin == target_origin || (!service.is_empty() && incident.service == service)
}

/// Whether a failure is of the cause, or without one of the endpoints, of an incident that is over.
pub(crate) fn is_of(incident: &Incident, sighting: &Sighting) -> bool {
    if incident.failing != sighting.failing || incident.target_origin != sighting.target_origin {
        return false;
    }
    let slice = Slice {
        method: sighting.method.clone(),
        endpoint: sighting.endpoint.clone(),
    };
    match (&incident.cause, &sighting.cause) {
        (Some(known), Some(cause)) => known.root() == cause.root(),
        _ => incident
            .apps
            .values()
            .any(|part| part.slices.contains(&slice)),
    }
}
