//! A new incident.

use std::collections::BTreeMap;

use observation::UnixMillis;
use slo::Severity;

use crate::incident::{ClosedAs, Happening, Incident, Phase, identity};
use crate::register::{DIAGNOSIS_WAIT, Register};
use crate::signal::{Sighting, Signal};

/// What fails again so soon after it was closed flaps: it is held open for longer.
const FLAPS_WITHIN: i64 = 3_600_000;

impl Register {
    pub(crate) fn open_new(
        &mut self,
        signal: &Signal,
        sighting: Option<&Sighting>,
        (at, now): (UnixMillis, UnixMillis),
    ) -> String {
        let failing = sighting.map_or(signal.failing, |sighting| sighting.failing);
        let target = sighting.map_or("", |sighting| sighting.target_origin.as_str());
        let place = [target, &signal.service, &signal.app]
            .into_iter()
            .find(|text| !text.is_empty());
        let stage = sighting.and_then(|sighting| sighting.stage);
        let root = sighting.and_then(|sighting| Some(sighting.cause.as_ref()?.root()));
        let signature = format!("{failing} {root:?}");
        let mut id = identity(place.unwrap_or_default(), stage, &signature, at);
        while self.incidents.contains_key(&id) {
            id = identity(&id, stage, &signature, at);
        }
        let first = sighting.map_or(at, |sighting| sighting.first_seen).min(at);
        let mut incident = Incident {
            id: id.clone(),
            target_origin: target.to_owned(),
            service: String::new(),
            failing,
            stage,
            phase: Phase::Waiting {
                until: now.plus(DIAGNOSIS_WAIT),
            },
            opened_at: at,
            started_at: first,
            last_bad: first,
            severity: Severity::Ticket,
            suspicious: false,
            cause: None,
            apps: BTreeMap::new(),
            alerts: Vec::new(),
            suspects: None,
            timeline: Vec::new(),
            labels: signal.labels.clone(),
            runbook: signal.runbook.clone(),
            told_labels: BTreeMap::new(),
            previous: None,
            merged_into: None,
            closing: None,
            relapses: 0,
            notified_sessions: 0,
            notified_at: None,
            sequence: 0,
            max_age: None,
        };
        if let Some(before) = self.before(&incident, signal) {
            let again = before
                .closed()
                .is_some_and(|(then, _)| now.0 - then.0 < FLAPS_WITHIN);
            incident.relapses = if again { before.relapses + 1 } else { 0 };
            incident.previous = Some(before.id.clone());
        }
        incident.note(first, Happening::Started, "First failure.", "");
        incident.note(now, Happening::Opened, "Opened.", "");
        self.incidents.insert(id.clone(), incident);
        id
    }

    /// The latest closed incident of the same place and kind.
    fn before(&self, incident: &Incident, signal: &Signal) -> Option<&Incident> {
        let alike = |known: &&Incident| {
            known.failing == incident.failing
                && if incident.target_origin.is_empty() {
                    known.apps.contains_key(&signal.app)
                } else {
                    known.target_origin == incident.target_origin
                }
        };
        let closed = self.incidents.values().filter(alike).filter_map(|known| {
            let (at, how) = known.closed()?;
            (how != ClosedAs::Merged).then_some((at, known))
        });
        closed
            .max_by_key(|(at, known)| (*at, &known.id))
            .map(|(_, known)| known)
    }
}
