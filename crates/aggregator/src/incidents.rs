//! Incidents: what is asked of the store for them, and their steps.

mod flows;
mod impact;

use runtime::Causes as _;
use std::collections::HashMap;
use std::sync::Arc;

use incident::{
    Before, Closing, Failing, Incident, LOOK_BACK, News, Observed, Phase, Register, Replay, SLACK,
    Scope, Signal, rank, step,
};
use observation::UnixMillis;
use store::{ClosingRow, Dimension, Flow, SliFilter, StoreError, Written};

use crate::alert_registry::AlertRegistry;
use crate::alive::Alive;
use crate::attributes::{answered_steadily, changes, named, replay, split};
use crate::decide::AlertDecider;
use crate::notices::{Notices, opening_labels};
use crate::segments::end;
use crate::slices::RULES;
use crate::{AlertStore, Evidence, Slo};

/// What users notice is counted from raw rows: not more often than this.
const COUNT_EVERY: i64 = 10_000;
/// The latest minutes that tell whether users have recovered.
pub(crate) const RECENT: i64 = 5 * 60_000;
/// Which dimensions fail is looked at again after this; so are deploys, which may be reported late.
const CONTRAST_EVERY: i64 = 60_000;
/// Whether people closed something is asked after this.
const CLOSINGS_EVERY: i64 = 2_000;
/// Values of a dimension that are compared.
const MAX_VALUES: u32 = 50;
/// Incidents whose numbers are counted in one round; the others have their turn in the next.
const COUNTED_AT_ONCE: usize = 10;

/// Takes incidents through their lives.
pub(crate) struct Incidents {
    source: Arc<dyn Evidence>,
    notices: Notices,
    counted: HashMap<String, UnixMillis>,
    compared: HashMap<String, UnixMillis>,
    asked: Option<UnixMillis>,
    closings: Vec<ClosingRow>,
    alive: Alive,
    /// The critical flows of each app.
    flows: Vec<(String, Flow)>,
}

/// When a round takes place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Where the store is complete.
    pub(crate) watermark: UnixMillis,
    /// How much was written when the round began.
    pub(crate) written: Written,
    /// The clock.
    pub(crate) now: UnixMillis,
}

impl Incidents {
    pub(crate) fn new(source: Arc<dyn Evidence>, alert: &alert::Config) -> Self {
        Self {
            alive: Alive::new(Arc::clone(&source)),
            source,
            notices: Notices::new(alert),
            counted: HashMap::new(),
            compared: HashMap::new(),
            asked: None,
            closings: Vec::new(),
            flows: Vec::new(),
        }
    }

    /// One round: failures join incidents, numbers are counted, and each incident takes a step.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn round(
        &mut self,
        (signals, slos): (&[Signal], &[Arc<Slo>]),
        (judge, registry): (&mut AlertDecider, &mut AlertRegistry),
        keep: &dyn AlertStore,
        times: Times,
    ) -> Result<(), StoreError> {
        self.flows = flows::of(slos);
        let before: HashMap<String, Before> = registry
            .register()
            .all()
            .map(|incident| (incident.id.clone(), Before::of(incident)))
            .collect();
        let mut register = registry.register().clone();
        register.observe(signals, times.watermark, times.now);
        self.listen(&register, keep, times).await?;
        let mut room = COUNTED_AT_ONCE;
        let ids: Vec<String> = register
            .all()
            .filter(|incident| is_live(incident, times))
            .map(|i| i.id.clone())
            .collect();
        for id in ids {
            let Some(mut incident) = register.get(&id).cloned() else {
                continue;
            };
            let begun = before
                .get(&id)
                .copied()
                .unwrap_or_else(|| Before::of(&incident));
            if incident.is_open() {
                self.count(&mut incident, judge, &mut room, times).await;
            }
            let observed = self.observed(&incident, judge, slos, times).await;
            let news = step(&mut incident, begun, &observed, times.now);
            if let Some(news) = news {
                self.tell(&mut incident, news, observed.replay, registry, times);
            }
            if let Some(known) = register.get_mut(&id) {
                *known = incident;
            }
        }
        self.counted
            .retain(|id, _| register.get(id).is_some_and(Incident::is_open));
        self.compared
            .retain(|id, _| register.get(id).is_some_and(Incident::is_open));
        registry.put_register(register);
        Ok(())
    }

    /// Sends what fires again, unchanged: receivers resolve by themselves what they do not hear of.
    pub(crate) fn remind(&self, registry: &mut AlertRegistry, now: UnixMillis) {
        for id in registry.register().open() {
            let Some(incident) = registry.register().get(&id).cloned() else {
                continue;
            };
            if self.notices.is_due(&incident, now) {
                let mut incident = incident;
                incident.sequence += 1;
                incident.notified_at = Some(now);
                let notice = self.notices.reminder(&incident, now);
                registry.tell(notice);
                registry.put_incident(incident);
            }
        }
    }

    fn tell(
        &self,
        incident: &mut Incident,
        news: News,
        replay: Replay,
        registry: &mut AlertRegistry,
        times: Times,
    ) {
        if incident.told_labels.is_empty() {
            incident.told_labels = opening_labels(incident);
        }
        let notice = self.notices.notice(incident, news, replay, times.now);
        registry.tell(notice);
    }

    /// What people said since the oldest open incident began.
    async fn listen(
        &mut self,
        register: &Register,
        keep: &dyn AlertStore,
        times: Times,
    ) -> Result<(), StoreError> {
        let oldest = register
            .all()
            .filter(|incident| incident.is_open())
            .map(|incident| incident.opened_at)
            .min();
        let due = self
            .asked
            .is_none_or(|then| times.now.0 - then.0 >= CLOSINGS_EVERY);
        if let Some(oldest) = oldest.filter(|_| due) {
            self.closings = keep.closings(oldest).await?;
            self.asked = Some(times.now);
        }
        Ok(())
    }

    async fn observed(
        &mut self,
        incident: &Incident,
        judge: &mut AlertDecider,
        slos: &[Arc<Slo>],
        times: Times,
    ) -> Observed {
        let by_hand = self
            .closings
            .iter()
            .find(|closing| closing.incident == incident.id)
            .map(|closing| Closing {
                by: closing.by.clone(),
                reason: closing.reason.clone(),
                at: closing.at,
            });
        let asked = |slo: &str| RULES.contains(&slo) || slos.iter().any(|known| known.name == slo);
        let silent = incident
            .impact()
            .is_some_and(|impact| impact.recent.requests == 0);
        Observed {
            replay: replay(incident, judge, times.watermark).await,
            alive: !silent || self.alive.of(incident, judge, times).await,
            by_hand,
            configured: incident.alerts.iter().any(|evidence| asked(&evidence.slo)),
        }
    }

    /// Counts what users notice, finds what distinguishes failing traffic, and looks for the change that
    /// did it: each not more often than it may. An incident without these is better than none.
    async fn count(
        &mut self,
        incident: &mut Incident,
        judge: &AlertDecider,
        room: &mut usize,
        times: Times,
    ) {
        let at = times.watermark;
        let due = |known: &HashMap<String, UnixMillis>, id: &str, every: i64| {
            known.get(id).is_none_or(|then| at.0 - then.0 >= every)
        };
        let (count, compare) = (
            due(&self.counted, &incident.id, COUNT_EVERY),
            due(&self.compared, &incident.id, CONTRAST_EVERY) || incident.suspects.is_none(),
        );
        if !(count || compare) || *room == 0 {
            return;
        }
        *room -= 1;
        let counted = async {
            if count {
                self.impact(incident, judge, at).await?;
            }
            if compare {
                self.contrast(incident, judge, at).await?;
                self.suspect(incident, times.now).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = counted.await {
            tracing::warn!(incident = incident.id, error = %error.with_causes(), "what users notice could not be counted");
        }
        if count {
            self.counted.insert(incident.id.clone(), at);
        }
        if compare {
            self.compared.insert(incident.id.clone(), at);
        }
    }

    async fn contrast(
        &self,
        incident: &mut Incident,
        judge: &AlertDecider,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        if incident.failing != Failing::Blocked {
            return Ok(());
        }
        let target = incident.target_origin.clone();
        for (app, part) in &mut incident.apps {
            let filter = narrowed(judge.slices.filter(app), &target);
            let mut contrast = incident::Contrast::default();
            for (by, word) in [
                (Dimension::Browser, ""),
                (Dimension::Release, "release "),
                (Dimension::PageOrigin, "pages of "),
                (Dimension::Endpoint, ""),
            ] {
                let span = (at.plus(-RECENT).minute(), end(at));
                let values = self.source.breakdown(&filter, by, span, MAX_VALUES).await?;
                split(&values, word, &mut contrast);
            }
            part.contrast = contrast;
            let by = Dimension::Environment;
            let span = (at.plus(-RECENT).minute(), end(at));
            let values = self.source.breakdown(&filter, by, span, MAX_VALUES).await?;
            let failing = values.into_iter().filter(|value| value.sums.blocked > 0);
            let stated = failing.filter(|value| !value.value.is_empty());
            part.environments.extend(stated.map(|value| value.value));
        }
        Ok(())
    }

    async fn suspect(&self, incident: &mut Incident, now: UnixMillis) -> Result<(), StoreError> {
        let onset = incident.started_at;
        let since = onset.plus(-LOOK_BACK);
        let mut deploys = Vec::new();
        for app in incident.apps.keys() {
            let span = (since, onset.plus(SLACK + 1));
            deploys.extend(named(self.source.deploys(app, span).await?));
        }
        let (mut seen, mut steady) = (Vec::new(), Vec::new());
        if !incident.target_origin.is_empty() {
            let target = &incident.target_origin;
            // What changed before the onset may have been looked at only now.
            let span = (since, now.plus(1));
            seen = self.source.header_changes(target, span).await?;
            let states = self.source.header_states(target, span.1).await?;
            steady = answered_steadily(incident, &states);
        }
        let parts = incident.apps.values();
        let affected = parts.clone().flat_map(|part| &part.contrast.affected);
        let releases: Vec<_> = affected
            .filter_map(|value| value.strip_prefix("release ").map(str::to_owned))
            .collect();
        let environments = parts.flat_map(|part| &part.environments).cloned();
        let environments: Vec<_> = environments.collect();
        let cause = incident.cause.as_ref();
        let scope = Scope {
            onset,
            service: &incident.service,
            header: cause.map_or("", |cause| cause.header_name()),
            releases: &releases,
            environments: &environments,
            steady: &steady,
        };
        let suspects = rank(scope, &deploys, &changes(incident, &seen));
        for suspect in &suspects {
            let (what, text) = match suspect.kind {
                incident::SuspectKind::Deploy => (
                    incident::Happening::Deploy,
                    format!("Deploy {}.", suspect.id),
                ),
                incident::SuspectKind::HeaderChange => (
                    incident::Happening::Headers,
                    format!("{} changed.", incident::suspected(&suspect.id)),
                ),
            };
            incident.note(suspect.at, what, text, &suspect.app);
        }
        incident.suspects = Some(suspects);
        Ok(())
    }
}

/// Those that take steps: open ones, and those that were merged just now.
fn is_live(incident: &Incident, times: Times) -> bool {
    match incident.phase {
        Phase::Closed { at, .. } => at == times.now && incident.merged_into.is_some(),
        _ => true,
    }
}

fn narrowed(filter: SliFilter, target_origin: &str) -> SliFilter {
    SliFilter {
        target_origin: Some(target_origin.to_owned()).filter(|target| !target.is_empty()),
        ..filter
    }
}
