//! How alerts and incidents are written down.

use alert::{Alert, Notification, Phase};
use incident::Incident;
use observation::UnixMillis;
use store::{AlertPhase, AlertRow, IncidentRow, IncidentState};

use super::Kept;

pub(super) fn incident_row(
    incident: &Incident,
    unsent: Option<&Notification>,
    last_sent: Option<&Notification>,
    version: u64,
    now: UnixMillis,
) -> IncidentRow {
    let closed = incident.closed();
    let kept = Kept {
        incident: incident.clone(),
        unsent: unsent.cloned(),
        last_sent: last_sent.cloned(),
    };
    IncidentRow {
        id: incident.id.clone(),
        version,
        apps: incident.apps.keys().cloned().collect(),
        severity: incident.severity,
        state: if closed.is_some() {
            IncidentState::Closed
        } else {
            IncidentState::Open
        },
        opened_at: incident.opened_at,
        updated_at: now,
        closed_at: closed.map(|(at, _)| at),
        body: serde_json::to_string(&kept).expect("texts and numbers are always encodable"),
    }
}

pub(super) fn row(alert: &Alert, version: u64, now: UnixMillis) -> AlertRow {
    let (started_at, resolved_at) = match alert.state.phase {
        // It never fired: nothing lasts.
        Phase::Inactive => (now, Some(now)),
        Phase::Pending { since } | Phase::Firing { since, .. } => (since, None),
        Phase::Resolved { since, at } => (since, Some(at)),
    };
    let group: Vec<_> = alert
        .group
        .iter()
        .map(|(label, value)| format!("{label}={value}"))
        .collect();
    AlertRow {
        id: alert.id.to_string(),
        version,
        app: alert.app.clone(),
        slo: alert.slo.clone(),
        rule: alert.rule.clone(),
        group: group.join(", "),
        severity: alert.state.severity,
        state: stored(alert.state.phase),
        started_at,
        updated_at: now,
        resolved_at,
        body: serde_json::to_string(alert).expect("texts and numbers are always encodable"),
    }
}

const fn stored(phase: Phase) -> AlertPhase {
    match phase {
        Phase::Inactive => AlertPhase::Inactive,
        Phase::Pending { .. } => AlertPhase::Pending,
        Phase::Firing { .. } => AlertPhase::Firing,
        Phase::Resolved { .. } => AlertPhase::Resolved,
    }
}
