//! Which incident a failure belongs to: grouping by root cause.

use std::collections::{BTreeMap, BTreeSet};

use observation::UnixMillis;
use slo::Severity;

use crate::cause::Root;
use crate::incident::{ClosedAs, Evidence, Happening, Incident, Phase, Slice, identity};
use crate::signal::{Failing, Sighting, Signal};

/// A page waits for a diagnosis at most for so long.
pub const DIAGNOSIS_WAIT: i64 = 3_000;
/// Closed incidents that are remembered here, the latest.
const MAX_CLOSED: usize = 200;
/// Incidents that are open at most: more failures join the one of their place, whatever their cause.
const MAX_OPEN: usize = 500;
/// Minutes are the resolution of rollups.
const MINUTE: i64 = observation::MILLIS_PER_MINUTE;

/// All incidents that are open, and the latest closed ones.
#[derive(Debug, Clone, Default)]
pub struct Register {
    incidents: BTreeMap<String, Incident>,
}

/// Which incidents a signal belongs to this time: alert and incident.
pub type Links = BTreeSet<(String, String)>;

impl Register {
    /// The register with what was kept.
    #[must_use]
    pub fn of(kept: impl IntoIterator<Item = Incident>) -> Self {
        let incidents = kept
            .into_iter()
            .map(|incident| (incident.id.clone(), incident));
        Self {
            incidents: incidents.collect(),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Incident> {
        self.incidents.get(id)
    }

    /// One of them, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Incident> {
        self.incidents.get_mut(id)
    }

    /// Identities of those that are open.
    #[must_use]
    pub fn open(&self) -> Vec<String> {
        let open = self
            .incidents
            .values()
            .filter(|incident| incident.is_open());
        open.map(|incident| incident.id.clone()).collect()
    }

    /// Forgets the oldest closed incidents beyond what is remembered, except those that `keep`.
    pub fn sweep(&mut self, keep: impl Fn(&str) -> bool) {
        let mut closed: Vec<_> = self
            .incidents
            .values()
            .filter_map(|incident| Some((incident.closed()?.0, incident.id.clone())))
            .filter(|(_, id)| !keep(id))
            .collect();
        closed.sort_unstable();
        let beyond = closed.len().saturating_sub(MAX_CLOSED);
        for (_, id) in closed.into_iter().take(beyond) {
            self.incidents.remove(&id);
        }
    }

    /// Until when failures of a place are explained by an incident that is over or about to be: what a
    /// slow rule still remembers of it is no news.
    #[must_use]
    pub fn explained_until(&self, sighting: &Sighting) -> Option<UnixMillis> {
        let over = self
            .incidents
            .values()
            .filter(|incident| match incident.phase {
                Phase::Closed { how, .. } => how != ClosedAs::Merged,
                Phase::Recovering { .. } => true,
                Phase::Waiting { .. } | Phase::Open => false,
            });
        over.filter(|incident| is_of(incident, sighting))
            .map(|incident| incident.last_bad)
            .max()
    }

    /// Takes in the alerts that fire: each failure joins the incident with its cause or opens one.
    /// Incidents that a diagnosis shows to have one cause become one.
    ///
    /// `at` is where the store is complete, `now` the time.
    pub fn observe(&mut self, signals: &[Signal], at: UnixMillis, now: UnixMillis) -> Links {
        let roots: BTreeSet<Root> = signals
            .iter()
            .flat_map(|signal| &signal.sightings)
            .filter_map(|sighting| sighting.cause.as_ref().map(crate::Cause::root))
            .collect();
        let mut links = Links::new();
        // The failures whose cause is known first: the others may belong to them.
        for known in [true, false] {
            for signal in signals {
                for sighting in &signal.sightings {
                    if sighting.cause.is_some() == known {
                        let id = self.place(signal, sighting, &roots, (at, now));
                        links.extend(id.map(|id| (signal.alert.clone(), id)));
                    }
                }
            }
        }
        for signal in signals.iter().filter(|signal| signal.sightings.is_empty()) {
            let id = self.place_whole(signal, (at, now));
            links.extend(id.map(|id| (signal.alert.clone(), id)));
        }
        self.merge(now);
        links.retain(|(_, id)| self.get(id).is_some_and(Incident::is_open));
        self.end_evidence(&links, now);
        links
    }

    /// Joins a failure to its incident.
    fn place(
        &mut self,
        signal: &Signal,
        sighting: &Sighting,
        roots: &BTreeSet<Root>,
        (at, now): (UnixMillis, UnixMillis),
    ) -> Option<String> {
        if self.is_explained(sighting) {
            return None;
        }
        let id = match self.find(signal, sighting, roots) {
            Some(id) => id,
            None => self.open_new(signal, Some(sighting), (at, now)),
        };
        let incident = self.incidents.get_mut(&id)?;
        let slice = Slice {
            method: sighting.method.clone(),
            endpoint: sighting.endpoint.clone(),
        };
        incident.add(
            &signal.app,
            Some(slice),
            &sighting.page_origins,
            &sighting.service,
        );
        if incident.target_origin.is_empty() {
            sighting
                .target_origin
                .clone_into(&mut incident.target_origin);
        }
        incident.stage = incident.stage.or(sighting.stage);
        incident.last_bad = incident.last_bad.max(sighting.last_seen);
        learn(incident, sighting, now);
        support(
            incident,
            signal,
            (sighting.severity, sighting.suspicious),
            now,
        );
        Some(id)
    }

    /// Joins an alert of which no single failure is known.
    fn place_whole(
        &mut self,
        signal: &Signal,
        (at, now): (UnixMillis, UnixMillis),
    ) -> Option<String> {
        let alike = |incident: &&Incident| {
            incident.failing == signal.failing
                && incident.apps.contains_key(&signal.app)
                && (signal.service.is_empty()
                    || incident.service.is_empty()
                    || incident.service == signal.service)
        };
        // What a slower rule still remembers of an incident that is over is no news.
        let remembered = |incident: &&Incident| {
            let over = incident
                .recovering_since()
                .or(incident.closed().map(|(at, _)| at));
            let known = incident
                .alerts
                .iter()
                .any(|known| known.alert == signal.alert);
            !known && over.is_some_and(|at| now.0 - at.0 < signal.memory)
        };
        if self
            .incidents
            .values()
            .filter(alike)
            .any(|incident| remembered(&incident))
        {
            return None;
        }
        let open = self
            .incidents
            .values()
            .filter(|incident| incident.is_open())
            .filter(alike);
        let oldest = open.min_by_key(|incident| (incident.opened_at, &incident.id));
        let Some(id) = oldest.map(|incident| incident.id.clone()) else {
            let id = self.open_new(signal, None, (at, now));
            let incident = self.incidents.get_mut(&id)?;
            incident.add(&signal.app, None, &[], &signal.service);
            support(incident, signal, (signal.severity, signal.suspicious), now);
            return Some(id);
        };
        let incident = self.incidents.get_mut(&id)?;
        incident.last_bad = incident.last_bad.max(at);
        support(incident, signal, (signal.severity, signal.suspicious), now);
        Some(id)
    }

    fn is_explained(&self, sighting: &Sighting) -> bool {
        self.explained_until(sighting)
            .is_some_and(|until| sighting.last_seen <= until)
    }

    fn find(&self, signal: &Signal, sighting: &Sighting, roots: &BTreeSet<Root>) -> Option<String> {
        let mut open: Vec<_> = self
            .incidents
            .values()
            .filter(|incident| incident.is_open() && is_near(incident, signal, sighting))
            .collect();
        open.sort_by_key(|incident| (incident.opened_at, incident.id.clone()));
        let slice = Slice {
            method: sighting.method.clone(),
            endpoint: sighting.endpoint.clone(),
        };
        let has_slice = |incident: &&&Incident| {
            incident
                .apps
                .get(&signal.app)
                .is_some_and(|part| part.slices.contains(&slice))
        };
        let root_of = |incident: &Incident| incident.cause.as_ref().map(crate::Cause::root);
        let same_stage = |incident: &&&Incident| {
            incident.stage.is_none() || sighting.stage.is_none() || incident.stage == sighting.stage
        };
        let found = if let Some(root) = sighting.cause.as_ref().map(crate::Cause::root) {
            let same = open
                .iter()
                .find(|incident| root_of(incident).as_ref() == Some(&root));
            let open_to = |incident: &&&Incident| root_of(incident).is_none();
            // Its own cause is seen nowhere anymore: what fails there now is its new cause.
            let outlived = |incident: &&&Incident| {
                has_slice(incident)
                    && root_of(incident).is_some_and(|known| !roots.contains(&known))
            };
            same.or_else(|| open.iter().filter(open_to).find(has_slice))
                .or_else(|| open.iter().filter(open_to).find(same_stage))
                .or_else(|| open.iter().find(outlived))
        } else {
            open.iter()
                .find(has_slice)
                .or_else(|| open.iter().find(same_stage))
        };
        let found = found.or_else(|| {
            open.first()
                .filter(|_| self.incidents.len() > MAX_OPEN + MAX_CLOSED)
        });
        found.map(|incident| incident.id.clone())
    }

    fn open_new(
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
            told_sessions: 0,
            told_at: None,
            sequence: 0,
            max_age: None,
        };
        incident.previous = self.before(&incident, signal);
        incident.note(first, Happening::Started, "First failure.", "");
        incident.note(now, Happening::Opened, "Opened.", "");
        self.incidents.insert(id.clone(), incident);
        id
    }

    /// The latest closed incident of the same place and kind.
    fn before(&self, incident: &Incident, signal: &Signal) -> Option<String> {
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
            (how != ClosedAs::Merged).then_some((at, &known.id))
        });
        closed.max().map(|(_, id)| id.clone())
    }

    /// Of open incidents with one cause only the oldest goes on.
    fn merge(&mut self, now: UnixMillis) {
        let mut open: Vec<_> = self
            .incidents
            .values()
            .filter(|incident| incident.is_open() && incident.cause.is_some())
            .map(|incident| (incident.opened_at, incident.id.clone()))
            .collect();
        open.sort_unstable();
        let mut kept: Vec<String> = Vec::new();
        for (_, id) in open {
            let elder = kept
                .iter()
                .find(|elder| self.share_a_cause(elder, &id))
                .cloned();
            match elder {
                Some(elder) => self.absorb(&elder, &id, now),
                None => kept.push(id),
            }
        }
    }

    fn share_a_cause(&self, one: &str, other: &str) -> bool {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else {
            return false;
        };
        let roots = [one, other].map(|incident| incident.cause.as_ref().map(crate::Cause::root));
        one.failing == other.failing
            && roots[0] == roots[1]
            && is_same_place(one, &other.target_origin, &other.service)
    }

    fn absorb(&mut self, elder: &str, younger: &str, now: UnixMillis) {
        let Some(mut merged) = self.incidents.remove(younger) else {
            return;
        };
        let announced = merged.is_announced();
        if let Some(elder) = self.incidents.get_mut(elder) {
            for (app, part) in &merged.apps {
                let pages: Vec<_> = part.page_origins.iter().cloned().collect();
                elder.add(app, None, &pages, &part.service);
                for slice in &part.slices {
                    elder.add(app, Some(slice.clone()), &[], "");
                }
            }
            for evidence in &merged.alerts {
                if !elder
                    .alerts
                    .iter()
                    .any(|known| known.alert == evidence.alert)
                {
                    elder.alerts.push(evidence.clone());
                }
            }
            elder.severity = elder.severity.max(merged.severity);
            elder.suspicious &= merged.suspicious;
            elder.started_at = elder.started_at.min(merged.started_at);
            elder.last_bad = elder.last_bad.max(merged.last_bad);
            if announced {
                let text =
                    format!("Incident {younger} has the same cause and was merged into this one.");
                elder.note(now, Happening::Absorbed, text, "");
            }
        }
        // Nobody has heard of one that was not announced: it never was.
        if announced {
            merged.merged_into = Some(elder.to_owned());
            merged.phase = Phase::Closed {
                at: now,
                how: ClosedAs::Merged,
            };
            let text = format!("Merged into {elder}: a diagnosis shows the same cause.");
            merged.note(now, Happening::Closed, text, "");
            self.incidents.insert(younger.to_owned(), merged);
        }
    }

    /// What no longer supports an incident is clean.
    fn end_evidence(&mut self, links: &Links, now: UnixMillis) {
        for incident in self
            .incidents
            .values_mut()
            .filter(|incident| incident.is_open())
        {
            let id = incident.id.clone();
            for evidence in &mut incident.alerts {
                if !links.contains(&(evidence.alert.clone(), id.clone())) {
                    evidence.clean_since.get_or_insert(now);
                }
            }
        }
    }
}

/// Takes over what a replay showed.
fn learn(incident: &mut Incident, sighting: &Sighting, now: UnixMillis) {
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
fn support(
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
fn is_near(incident: &Incident, signal: &Signal, sighting: &Sighting) -> bool {
    let place = if incident.target_origin.is_empty() {
        incident.apps.contains_key(&signal.app)
    } else {
        is_same_place(incident, &sighting.target_origin, &sighting.service)
    };
    place && incident.failing == sighting.failing
}

fn is_same_place(incident: &Incident, target_origin: &str, service: &str) -> bool {
    incident.target_origin == target_origin || (!service.is_empty() && incident.service == service)
}

/// Whether a failure is of the cause, or without one of the endpoints, of an incident that is over.
fn is_of(incident: &Incident, sighting: &Sighting) -> bool {
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

/// Whether a failing kind is one that browsers block.
#[must_use]
pub const fn is_of_cors(failing: Failing) -> bool {
    matches!(failing, Failing::Blocked | Failing::HeaderRead)
}

const _: () = assert!(DIAGNOSIS_WAIT < MINUTE);
