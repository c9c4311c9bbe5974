//! The failures that an alert counts and that still happen, with what replays and witnesses say of them.

use runtime::Causes as _;
use std::collections::HashMap;
use std::sync::Arc;

use alert::{Corroboration, Graded, Severity, Witnesses};
use incident::{Cause, Register, Sighting};
use observation::{MILLIS_PER_MINUTE, Source, UnixMillis};
use slo::{Judgement, Window};
use store::{DiagnosisRow, Failure, SliFilter, StoreError, Witnessed};

use crate::segments::{end, start};
use crate::sighted::sighting;
use crate::{Evidence, Reading};

/// Witnesses are counted from raw rows, which is expensive: not more often than this.
const WITNESSES_EVERY: i64 = 10_000;
/// Failures of a window are read again after this.
const FAILURES_EVERY: i64 = 3_000;
/// Diagnoses are read again after this: a page waits for them.
const DIAGNOSES_EVERY: i64 = 1_000;
/// Failures that are looked through.
const MAX_FAILURES: u32 = 200;
/// What is not asked for anymore is forgotten after this.
const FORGET_AFTER: i64 = 600_000;

/// What was read lately.
type Kept<T> = HashMap<String, (UnixMillis, Arc<Vec<T>>)>;

/// Reads failures, diagnoses and witnesses, each not more often than it may.
pub(crate) struct Sightings {
    source: Arc<dyn Evidence>,
    corroboration: Corroboration,
    failures: Kept<Failure>,
    diagnoses: Kept<DiagnosisRow>,
    witnesses: Kept<Witnessed>,
    /// Of each app, how many networks use it.
    networks: HashMap<String, (UnixMillis, u64)>,
}

/// What supports a rule that is exceeded.
pub(crate) struct Support {
    pub(crate) sightings: Vec<Sighting>,
    /// How urgent the most urgent of it is.
    pub(crate) graded: Graded,
    /// The witnesses that were found, where a page was wanted.
    pub(crate) witnesses: Witnesses,
    /// Failures are known, and each is over or explained by an incident that is.
    pub(crate) is_over: bool,
}

impl Sightings {
    pub(crate) fn new(source: Arc<dyn Evidence>, corroboration: Corroboration) -> Self {
        Self {
            source,
            corroboration,
            failures: Kept::new(),
            diagnoses: Kept::new(),
            witnesses: Kept::new(),
            networks: HashMap::new(),
        }
    }

    pub(crate) fn sweep(&mut self, at: UnixMillis) {
        fn keep<T>(kept: &mut Kept<T>, at: UnixMillis) {
            kept.retain(|_, (then, _)| at.0 - then.0 < FORGET_AFTER);
        }
        keep(&mut self.failures, at);
        keep(&mut self.diagnoses, at);
        keep(&mut self.witnesses, at);
        self.networks
            .retain(|_, (then, _)| at.0 - then.0 < FORGET_AFTER);
    }

    /// What a rule counts at `at`, without what an incident explains that is over.
    ///
    /// # Errors
    /// [`StoreError`] where witnesses cannot be counted: a page hangs on them.
    pub(crate) async fn support(
        &mut self,
        reading: &Reading,
        (judgement, wanted): (&Judgement, Severity),
        register: &Register,
        at: UnixMillis,
    ) -> Result<Support, StoreError> {
        let filter = reading.slo.filter_of(reading.group.as_deref());
        let row = judgement.worst().or_else(|| judgement.rows.first());
        let (long, short) = row.map_or((Window::hours(1), Window::minutes(5)), |row| {
            (row.row.long, row.row.short)
        });
        let diagnoses = self.diagnoses(&filter.app, at).await;
        let mut known = false;
        let mut found: Vec<Sighting> = self
            .failures(&filter, (start(long, at), end(at)), at)
            .await
            .iter()
            .filter(|failure| reading.slo.may_count(failure))
            .inspect(|_| known = true)
            .map(|failure| sighting(failure, &diagnoses, wanted))
            .filter(|sighting| sighting.last_seen.0 + MILLIS_PER_MINUTE > start(short, at).0)
            .collect();
        let explained = self.recount(&mut found, &filter, register, at).await;
        let limit = row.map_or(0.0, |row| row.row.burn) * reading.slo.objective.allowance();
        let total = row.map_or(0, |row| row.long.total);
        weighty(&mut found, limit, total, !explained);
        let mut support = self.grade(found, (&filter, wanted), at).await?;
        support.is_over = known && support.sightings.is_empty();
        Ok(support)
    }

    /// What has been seen since an incident that is over explains the rest, counted again. Says whether
    /// there was such an incident.
    async fn recount(
        &mut self,
        found: &mut Vec<Sighting>,
        filter: &SliFilter,
        register: &Register,
        at: UnixMillis,
    ) -> bool {
        let mut explained = false;
        let mut kept = Vec::with_capacity(found.len());
        for mut sighting in std::mem::take(found) {
            let Some(until) = register.explained_until(&sighting) else {
                kept.push(sighting);
                continue;
            };
            explained = true;
            if sighting.last_seen <= until {
                continue;
            }
            let mut narrow = filter.clone();
            narrow.target_origin = Some(sighting.target_origin.clone());
            let since = until.plus(MILLIS_PER_MINUTE);
            let fresh = self.failures(&narrow, (since, end(at)), at).await;
            let same = |failure: &&Failure| {
                failure.endpoint == sighting.endpoint
                    && failure.method == sighting.method
                    && failure.stage == sighting.stage
            };
            sighting.count = fresh.iter().filter(same).map(|failure| failure.count).sum();
            sighting.first_seen = since;
            kept.push(sighting);
        }
        *found = kept;
        explained
    }

    /// How urgent each sighting is: a page needs witnesses, or a replay that reproduces it and is not one network's
    /// alone.
    async fn grade(
        &mut self,
        mut sightings: Vec<Sighting>,
        (filter, wanted): (&SliFilter, Severity),
        at: UnixMillis,
    ) -> Result<Support, StoreError> {
        let mut support = Support {
            sightings: Vec::new(),
            graded: Graded::AsWanted(wanted),
            witnesses: Witnesses::default(),
            is_over: false,
        };
        if wanted == Severity::Page {
            let witnesses = self.witnesses(filter, at).await?;
            let mut paged = false;
            for sighting in &mut sightings {
                let seen = witnesses.iter().filter(|row| is_about(row, sighting));
                let seen: Vec<_> = seen.map(counted).collect();
                let mut believed = self.believes(&seen);
                if let (false, Some(cause)) = (believed, &sighting.cause) {
                    let asked = witnesses.iter().filter(|row| is_asked(row, sighting));
                    let most = asked.map(counted).max_by_key(|seen| seen.networks);
                    let most = most.unwrap_or_default();
                    believed = self.replay_suffices(cause, most, (filter, at)).await?;
                }
                sighting.suspicious = !believed;
                if !believed {
                    sighting.severity = Severity::Ticket;
                }
                paged |= believed;
            }
            let all: Vec<_> = witnesses.iter().map(counted).collect();
            paged |= sightings.is_empty() && self.believes(&all);
            support.witnesses = all
                .iter()
                .copied()
                .max_by_key(|seen| seen.sessions)
                .unwrap_or_default();
            if !paged {
                support.graded = Graded::Suspicious;
            }
        }
        support.sightings = sightings;
        Ok(support)
    }

    /// Whether a replay that reproduces a failure, which `seen` saw of an app, is enough for a page: the server was
    /// seen to change, or more than one network of several says so, or it was no page that said so.
    ///
    /// # Errors
    /// [`StoreError`] where networks cannot be counted.
    pub(crate) async fn replay_suffices(
        &mut self,
        cause: &Cause,
        seen: Witnesses,
        (filter, at): (&SliFilter, UnixMillis),
    ) -> Result<bool, StoreError> {
        // Servers prove who they are with a secret, and know no witnesses.
        let is_forgeable = filter.source == Source::Browser;
        if !is_forgeable || !cause.changes.is_empty() {
            return Ok(true);
        }
        let app_networks = self.networks(filter, at).await?;
        Ok(self.corroboration.replay_suffices(seen, app_networks))
    }

    /// How many networks use the app of `filter`, whatever else the filter limits.
    async fn networks(&mut self, filter: &SliFilter, at: UnixMillis) -> Result<u64, StoreError> {
        if let Some((then, known)) = self.networks.get(&filter.app)
            && at.0 - then.0 < WITNESSES_EVERY
        {
            return Ok(*known);
        }
        let whole = SliFilter {
            lab: filter.lab,
            ..SliFilter::app(&filter.app)
        };
        let span = (start(self.corroboration.window, at), end(at));
        let networks = self.source.networks(&whole, span).await?;
        self.networks.insert(filter.app.clone(), (at, networks));
        Ok(networks)
    }

    /// Whether one of the slices has witnesses enough.
    pub(crate) fn believes(&self, seen: &[Witnesses]) -> bool {
        let none = [Witnesses::default()];
        let seen = if seen.is_empty() { &none } else { seen };
        let page = Graded::AsWanted(Severity::Page);
        seen.iter()
            .any(|seen| self.corroboration.grade(Severity::Page, *seen) == page)
    }

    async fn witnesses(
        &mut self,
        filter: &SliFilter,
        at: UnixMillis,
    ) -> Result<Arc<Vec<Witnessed>>, StoreError> {
        let key = format!("{filter:?}");
        if let Some(known) = fresh(&self.witnesses, &key, at, WITNESSES_EVERY) {
            return Ok(known);
        }
        let span = (start(self.corroboration.window, at), end(at));
        let read = Arc::new(self.source.witnesses(filter, span).await?);
        self.witnesses.insert(key, (at, Arc::clone(&read)));
        Ok(read)
    }

    async fn failures(
        &mut self,
        filter: &SliFilter,
        span: (UnixMillis, UnixMillis),
        at: UnixMillis,
    ) -> Arc<Vec<Failure>> {
        let key = format!("{filter:?} {}", (span.1.0 - span.0.0) / MILLIS_PER_MINUTE);
        if let Some(known) = fresh(&self.failures, &key, at, FAILURES_EVERY) {
            return known;
        }
        match self.source.failures(filter, span, MAX_FAILURES).await {
            Ok(failures) => {
                let read = Arc::new(failures);
                self.failures.insert(key, (at, Arc::clone(&read)));
                read
            }
            // An alert without its failures is better than none.
            Err(error) => {
                tracing::warn!(app = filter.app, error = %error.with_causes(), "the failures behind an alert are not known");
                self.failures
                    .get(&key)
                    .map(|(_, known)| Arc::clone(known))
                    .unwrap_or_default()
            }
        }
    }

    /// What replays of an app's failures showed. An alert without it is better than none.
    pub(crate) async fn diagnoses(&mut self, app: &str, at: UnixMillis) -> Arc<Vec<DiagnosisRow>> {
        if let Some(known) = fresh(&self.diagnoses, app, at, DIAGNOSES_EVERY) {
            return known;
        }
        match self.source.diagnoses(app).await {
            Ok(diagnoses) => {
                let read = Arc::new(diagnoses);
                self.diagnoses
                    .insert(app.to_owned(), (at, Arc::clone(&read)));
                read
            }
            Err(error) => {
                tracing::warn!(app, error = %error.with_causes(), "what the prober found is not known");
                self.diagnoses
                    .get(app)
                    .map(|(_, known)| Arc::clone(known))
                    .unwrap_or_default()
            }
        }
    }
}

fn fresh<T>(kept: &Kept<T>, key: &str, at: UnixMillis, every: i64) -> Option<Arc<Vec<T>>> {
    let (then, known) = kept.get(key)?;
    (at.0 - then.0 < every).then(|| Arc::clone(known))
}

/// Leaves the failures that would exceed the rule by themselves, all of one kind together, or else the most
/// frequent, where `any`.
#[expect(clippy::cast_precision_loss, reason = "a share of requests")]
fn weighty(found: &mut Vec<Sighting>, limit: f64, total: u64, any: bool) {
    let key = |sighting: &Sighting| {
        let root = sighting.cause.as_ref().map(Cause::root);
        let stage = root.is_none().then_some(sighting.stage);
        (
            sighting.target_origin.clone(),
            sighting.failing,
            root,
            stage,
        )
    };
    let mut counts = std::collections::BTreeMap::new();
    for sighting in &*found {
        *counts.entry(key(sighting)).or_insert(0) += sighting.count;
    }
    let most = counts
        .iter()
        .max_by_key(|&(_, count)| *count)
        .map(|(key, _)| key.clone());
    found.retain(|sighting| {
        let key = key(sighting);
        let count: u64 = counts[&key];
        count as f64 >= limit * total as f64 || (any && Some(&key) == most.as_ref())
    });
}

pub(crate) fn counted(row: &Witnessed) -> Witnesses {
    Witnesses {
        sessions: row.sessions,
        networks: row.networks,
        all_networks: row.all_networks,
    }
}

fn is_about(row: &Witnessed, sighting: &Sighting) -> bool {
    let same = |of: &str, with: &str| of.is_empty() || of == with;
    same(&row.target_origin, &sighting.target_origin)
        && same(&row.endpoint, &sighting.endpoint)
        && same(&row.method, &sighting.method)
}

/// Whether they are witnesses of the very question; an endpoint or a server as a whole is asked others, too.
fn is_asked(row: &Witnessed, sighting: &Sighting) -> bool {
    row.target_origin == sighting.target_origin
        && row.endpoint == sighting.endpoint
        && row.method == sighting.method
}
