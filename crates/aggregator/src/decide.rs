//! From readings to alerts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use alert::{
    Alert, AlertId, Corroboration, Evaluation, Graded, Reason, Severity, Transition, Witnesses,
};
use observation::UnixMillis;
use slo::{Judgement, Rule, Window};
use store::{DiagnosisRow, Failure, StoreError};

use crate::book::Book;
use crate::pipeline::is_asked_for;
use crate::segments::{end, start};
use crate::words::{DIAGNOSIS, Facts, retired};
use crate::{GroupBy, Reading, Slo, Source};

/// Witnesses are counted from raw rows, which is dear: not more often than this.
const COUNT_AGAIN_AFTER: i64 = 10_000;
/// An alert that fires without a diagnosis is looked at for one: not more often than this,
const LOOK_AGAIN_AFTER: i64 = 3_000;
/// and for so long after it began.
const DIAGNOSED_WITHIN: i64 = 600_000;
/// Failures that are looked through for the most frequent one that the SLI counts.
const LOOKED_THROUGH: u32 = 20;

/// Turns readings into steps of alerts.
pub(crate) struct Judge {
    source: Arc<dyn Source>,
    corroboration: Corroboration,
    external_url: String,
    counted: HashMap<AlertId, (UnixMillis, Witnesses)>,
    /// When alerts that fire without a diagnosis were last looked at for one.
    looked: HashMap<AlertId, UnixMillis>,
}

/// One rule of one reading.
struct Case<'a> {
    reading: &'a Reading,
    rule: &'a Rule,
    judgement: &'a Judgement,
    /// A page of the same objective and group fires: a ticket about the same is no news before that
    /// is over.
    overshadowed: bool,
}

impl Judge {
    pub(crate) fn new(source: Arc<dyn Source>, alert: &alert::Config) -> Self {
        Self {
            source,
            corroboration: alert.corroboration,
            external_url: alert.external_url.clone(),
            counted: HashMap::new(),
            looked: HashMap::new(),
        }
    }

    /// Takes every alert one step. Groups have their own alerts; then the whole objective has none.
    pub(crate) async fn decide(
        &mut self,
        readings: &[Reading],
        book: &mut Book,
        at: UnixMillis,
    ) -> Result<(), StoreError> {
        let mut seen = BTreeSet::new();
        for reading in readings {
            if reading.group.is_none() && reading.slo.group_by != GroupBy::None {
                continue;
            }
            let mut rules: Vec<_> = reading.slo.rules.iter().zip(&reading.judgements).collect();
            rules.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.severity));
            let mut paged = false;
            for (rule, judgement) in rules {
                let group = reading.slo.group_labels(reading.group.as_deref());
                let quiet = Alert::quiet(&reading.slo.app, &reading.slo.name, &rule.name, group);
                seen.insert(quiet.id.clone());
                let case = Case {
                    reading,
                    rule,
                    judgement,
                    overshadowed: paged && rule.severity == Severity::Ticket,
                };
                let alert = book.get(&quiet.id).cloned().unwrap_or(quiet);
                let before = alert.state.phase;
                let alert = self.step(alert, &case, at).await?;
                // The round in which a page resolves still counts: its end is told first.
                let fires = before.is_firing() || alert.state.phase.is_firing();
                paged |= rule.severity == Severity::Page && fires;
                book.put(alert);
            }
        }
        self.counted.retain(|id, _| seen.contains(id));
        self.looked.retain(|id, _| seen.contains(id));
        retire_unmeasured(&seen, book, at);
        Ok(())
    }

    async fn step(
        &mut self,
        mut alert: Alert,
        case: &Case<'_>,
        at: UnixMillis,
    ) -> Result<Alert, StoreError> {
        let slo = &case.reading.slo;
        if case.reading.ratio.is_empty() {
            retire(&mut alert, Reason::Unmeasured, at);
            return Ok(alert);
        }
        let graded = self.grade(&alert, case, at).await?;
        let evaluation = evaluation(case, graded);
        let advanced = alert.advance(evaluation, &slo.timing, at);
        if advanced.is_none() && !self.may_learn(&alert, at) {
            return Ok(alert);
        }
        let culprit = self.culprit(case, advanced, at).await;
        let diagnosis = match &culprit {
            Some(culprit) => self.diagnosis(&slo.app, culprit).await,
            None => None,
        };
        let learnt = || diagnosis.as_ref().and_then(|_| alert.learn(at));
        let Some(transition) = advanced.or_else(learnt) else {
            return Ok(alert);
        };
        let facts = Facts {
            reading: case.reading,
            rule: case.rule,
            judgement: case.judgement,
            transition,
            graded,
            severity: alert.state.severity,
            culprit: culprit.as_ref(),
            diagnosis: diagnosis.as_ref(),
            external_url: &self.external_url,
        };
        alert.say(facts.words());
        Ok(alert)
    }

    /// How many saw it, where a page hangs on it.
    async fn grade(
        &mut self,
        alert: &Alert,
        case: &Case<'_>,
        at: UnixMillis,
    ) -> Result<Option<(Graded, Witnesses)>, StoreError> {
        let wanted = case.rule.severity;
        let paged = alert.state.phase.is_firing() && alert.state.severity == Severity::Page;
        if wanted != Severity::Page || paged || !case.judgement.exceeded() {
            return Ok(None);
        }
        let known = self.counted.get(&alert.id);
        let known = known.filter(|(then, _)| at.0 - then.0 < COUNT_AGAIN_AFTER);
        let witnesses = if let Some((_, witnesses)) = known {
            *witnesses
        } else {
            let witnesses = self.witnesses(case, at).await?;
            self.counted.insert(alert.id.clone(), (at, witnesses));
            witnesses
        };
        Ok(Some((
            self.corroboration.grade(wanted, witnesses),
            witnesses,
        )))
    }

    async fn witnesses(&self, case: &Case<'_>, at: UnixMillis) -> Result<Witnesses, StoreError> {
        let filter = case.reading.slo.filter_of(case.reading.group.as_deref());
        let span = (start(self.corroboration.window, at), end(at));
        let found = self.source.witnesses(&filter, span).await?;
        Ok(Witnesses {
            sessions: found.sessions,
            networks: found.networks,
        })
    }

    /// Whether an alert that fires without a diagnosis is looked at for one: now and then, for as
    /// long as one may still come.
    fn may_learn(&mut self, alert: &Alert, at: UnixMillis) -> bool {
        let alert::Phase::Firing { since, .. } = alert.state.phase else {
            return false;
        };
        if alert.words.annotations.contains_key(DIAGNOSIS) || at.0 - since.0 > DIAGNOSED_WITHIN {
            return false;
        }
        let last = self.looked.get(&alert.id);
        if last.is_some_and(|last| at.0 - last.0 < LOOK_AGAIN_AFTER) {
            return false;
        }
        self.looked.insert(alert.id.clone(), at);
        true
    }

    /// What replaying the failure showed, where that says more than the report itself. An alert
    /// without it is better than none.
    async fn diagnosis(&self, app: &str, failure: &Failure) -> Option<DiagnosisRow> {
        match self.source.diagnoses(app).await {
            Ok(diagnoses) => DiagnosisRow::of(failure, &diagnoses)
                .filter(|diagnosis| diagnosis.is_reproduced())
                .cloned(),
            Err(error) => {
                tracing::warn!(app, %error, "what the prober found is not known");
                None
            }
        }
    }

    /// The most frequent failure that the SLI counts. An alert without it is better than none.
    async fn culprit(
        &self,
        case: &Case<'_>,
        transition: Option<Transition>,
        at: UnixMillis,
    ) -> Option<Failure> {
        if matches!(transition, Some(Transition::Resolved(_))) {
            return None;
        }
        let slo = &case.reading.slo;
        let filter = slo.filter_of(case.reading.group.as_deref());
        let window = case
            .judgement
            .worst()
            .map_or(Window::hours(1), |row| row.row.long);
        let span = (start(window, at), end(at));
        match self.source.failures(&filter, span, LOOKED_THROUGH).await {
            Ok(failures) => failures.into_iter().find(|failure| slo.may_count(failure)),
            Err(error) => {
                tracing::warn!(slo = slo.name, %error, "the most frequent failure is not known");
                None
            }
        }
    }
}

fn evaluation(case: &Case<'_>, graded: Option<(Graded, Witnesses)>) -> Evaluation {
    let severity = graded.map_or(case.rule.severity, |(graded, _)| graded.severity());
    crate::evaluation::of(case.judgement, (!case.overshadowed).then_some(severity))
}

fn retire(alert: &mut Alert, reason: Reason, at: UnixMillis) {
    if alert.retire(reason, at).is_some() {
        let words = retired(alert.words.clone(), reason);
        alert.say(words);
    }
}

/// Groups that nothing is measured of anymore.
fn retire_unmeasured(seen: &BTreeSet<AlertId>, book: &mut Book, at: UnixMillis) {
    let gone: Vec<_> = book
        .alerts()
        .filter(|alert| !alert.group.is_empty() && !seen.contains(&alert.id))
        .cloned()
        .collect();
    for mut alert in gone {
        retire(&mut alert, Reason::Unmeasured, at);
        book.put(alert);
    }
}

/// Ends the alerts that the configuration does not ask for anymore.
pub(crate) fn retire_unconfigured(
    slos: &[Arc<Slo>],
    pipeline: &AlertId,
    book: &mut Book,
    at: UnixMillis,
) {
    let gone: Vec<_> = book
        .alerts()
        .filter(|alert| alert.id != *pipeline && !is_asked_for(alert, slos))
        .cloned()
        .collect();
    for mut alert in gone {
        retire(&mut alert, Reason::Unconfigured, at);
        book.put(alert);
    }
}

/// How many alerts of each objective fire.
pub(crate) fn firing(book: &Book) -> BTreeMap<(String, Severity), i64> {
    let mut counts = BTreeMap::new();
    for alert in book.alerts().filter(|alert| alert.state.phase.is_firing()) {
        *counts
            .entry((alert.slo.clone(), alert.state.severity))
            .or_default() += 1;
    }
    counts
}
