//! Which incident a failure belongs to: grouping by root cause.

use std::collections::{BTreeMap, BTreeSet};

use observation::UnixMillis;

use crate::incident::{ClosedAs, Incident, Phase, Slice};
use crate::membership::{is_near, is_of, learn, support};
use crate::signal::{Failing, Sighting, Signal};

/// A page waits for a diagnosis at most for so long.
pub(crate) const DIAGNOSIS_WAIT: i64 = 3_000;
/// Closed incidents that are remembered here, the latest.
const MAX_CLOSED: usize = 200;
/// Incidents of one app that are open at most: more of its failures join its oldest, wherever and why they fail.
const MAX_OPEN_OF_APP: usize = 500;
/// Incidents that are open at most, of all apps; one that has none may open its first all the same.
const MAX_OPEN: usize = 2_000;

/// All incidents that are open, and the latest closed ones.
#[derive(Debug, Clone, Default)]
pub struct Register {
    pub(crate) incidents: BTreeMap<String, Incident>,
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
        let mut links = Links::new();
        // The failures whose cause is known first: the others may belong to them.
        for known in [true, false] {
            for signal in signals {
                for sighting in &signal.sightings {
                    if sighting.cause.is_some() == known {
                        let id = self.place(signal, sighting, (at, now));
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
        (at, now): (UnixMillis, UnixMillis),
    ) -> Option<String> {
        if self.is_explained(sighting) {
            return None;
        }
        let found = self.find(signal, sighting);
        let crowded_into = match found {
            Some(_) => None,
            None => self.without_room(&signal.app),
        };
        let is_crowded = crowded_into.is_some();
        let id = match found.or(crowded_into) {
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
        incident.last_bad = incident.last_bad.max(sighting.last_seen);
        support(
            incident,
            signal,
            (sighting.severity, sighting.suspicious),
            now,
        );
        // What only shares the room says nothing about the place and the cause of the incident.
        if is_crowded {
            return Some(id);
        }
        if incident.target_origin.is_empty() {
            sighting
                .target_origin
                .clone_into(&mut incident.target_origin);
        }
        incident.stage = incident.stage.or(sighting.stage);
        learn(incident, sighting, now);
        self.teach(&id, signal, sighting, now);
        Some(id)
    }

    /// An incident of unknown cause that has the same failure has the same cause.
    fn teach(&mut self, placed: &str, signal: &Signal, sighting: &Sighting, now: UnixMillis) {
        if sighting.cause.is_none() {
            return;
        }
        let slice = Slice {
            method: sighting.method.clone(),
            endpoint: sighting.endpoint.clone(),
        };
        for other in self.incidents.values_mut() {
            let unknown = other.is_open() && other.cause.is_none() && other.id != placed;
            let has = other
                .apps
                .get(&signal.app)
                .is_some_and(|part| part.slices.contains(&slice));
            if unknown && has && is_near(other, signal, sighting) {
                learn(other, sighting, now);
            }
        }
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

    /// The open incident that a failure is part of. One of another known cause never is: a second cause is a
    /// second incident, also at an endpoint that the first one has.
    fn find(&self, signal: &Signal, sighting: &Sighting) -> Option<String> {
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
            same.or_else(|| open.iter().filter(open_to).find(has_slice))
                .or_else(|| open.iter().filter(open_to).find(same_stage))
        } else {
            open.iter()
                .find(has_slice)
                .or_else(|| open.iter().find(same_stage))
        };
        found.map(|incident| incident.id.clone())
    }

    /// The oldest open incident of an app for which no more are opened.
    fn without_room(&self, app: &str) -> Option<String> {
        let open = || self.incidents.values().filter(|one| one.is_open());
        let own = || open().filter(|one| one.apps.contains_key(app));
        let is_full = own().count() >= MAX_OPEN_OF_APP || open().count() >= MAX_OPEN;
        // Of several the first by identity, as they are kept in its order.
        let oldest = own().min_by_key(|one| one.opened_at);
        oldest.filter(|_| is_full).map(|one| one.id.clone())
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

/// Whether a failing kind is one that browsers block.
#[must_use]
pub const fn is_of_cors(failing: Failing) -> bool {
    matches!(failing, Failing::Blocked | Failing::HeaderRead)
}
