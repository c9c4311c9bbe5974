//! From readings to alerts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use alert::{Alert, AlertId, Evaluation, Graded, Reason, Severity, Transition};
use incident::{Failing, Signal};
use observation::UnixMillis;
use slo::{Judgement, Rule, Sli};
use store::{StoreError, Written};

use crate::alert_registry::AlertRegistry;
use crate::metrics::OF_NO_APP;
use crate::pipeline::is_asked_for;
use crate::sightings::{Sightings, Support};
use crate::slices::Slices;
use crate::words::{Facts, retired};
use crate::{Config, Evidence, GroupBy, Reading, Slo};

/// The text of an alert that fires is written again at this interval, in milliseconds.
const DESCRIBE_AGAIN_AFTER: i64 = 10_000;

/// Turns readings into steps of alerts, and alerts that fire into signals for incidents.
pub(crate) struct AlertDecider {
    pub(crate) sightings: Sightings,
    pub(crate) slices: Slices,
    external_url: String,
    /// When the alerts that fire were last described.
    described: HashMap<AlertId, UnixMillis>,
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

impl AlertDecider {
    pub(crate) fn new(
        source: Arc<dyn Evidence>,
        (config, alert): (&Config, &alert::Config),
        slos: &[Slo],
    ) -> Self {
        Self {
            sightings: Sightings::new(Arc::clone(&source), alert.corroboration),
            slices: Slices::new(source, config, slos),
            external_url: alert.external_url.clone(),
            described: HashMap::new(),
        }
    }

    /// Takes every alert one step, and returns those that fire with what they count. Groups have their
    /// own alerts; then the whole objective has none.
    pub(crate) async fn decide(
        &mut self,
        readings: &[Reading],
        registry: &mut AlertRegistry,
        (at, written): (UnixMillis, Written),
    ) -> Result<Vec<Signal>, StoreError> {
        let mut seen = BTreeSet::new();
        let mut signals = Vec::new();
        for reading in readings {
            if reading.group.is_none() && reading.slo.group_by != GroupBy::None {
                continue;
            }
            let mut rules: Vec<_> = reading.slo.rules.iter().zip(&reading.judgements).collect();
            rules.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.severity));
            let mut paged = false;
            for (rule, judgement) in rules {
                let group = reading.slo.group_labels(reading.group.as_deref());
                let inactive = Alert::quiet(&reading.slo.app, &reading.slo.name, &rule.name, group);
                seen.insert(inactive.id.clone());
                let case = Case {
                    reading,
                    rule,
                    judgement,
                    overshadowed: paged && rule.severity == Severity::Ticket,
                };
                let alert = registry.get(&inactive.id).cloned().unwrap_or(inactive);
                let before = alert.state.phase;
                let (alert, signal) = self.step(alert, &case, registry, at).await?;
                // The round in which a page resolves still counts: its end is told first.
                let fires = before.is_firing() || alert.state.phase.is_firing();
                paged |= rule.severity == Severity::Page && fires;
                signals.extend(signal);
                registry.put(alert);
            }
        }
        signals.extend(
            self.slices
                .signals(&mut self.sightings, registry.register(), (at, written))
                .await?,
        );
        self.sightings.sweep(at);
        self.described.retain(|id, _| seen.contains(id));
        retire_unmeasured(&seen, registry, at);
        Ok(signals)
    }

    async fn step(
        &mut self,
        mut alert: Alert,
        case: &Case<'_>,
        registry: &AlertRegistry,
        at: UnixMillis,
    ) -> Result<(Alert, Option<Signal>), StoreError> {
        let slo = &case.reading.slo;
        if !case.reading.is_measured {
            retire(&mut alert, Reason::Unmeasured, at);
            return Ok((alert, None));
        }
        let support = if case.judgement.exceeded() || alert.state.phase.is_firing() {
            let asked = (case.judgement, case.rule.severity);
            let support = self
                .sightings
                .support(case.reading, asked, registry.register(), at);
            Some(support.await?)
        } else {
            None
        };
        let graded = support
            .as_ref()
            .map(|support| (support.graded, support.witnesses));
        let advanced = alert.advance(
            evaluation(case, graded.map(|(graded, _)| graded)),
            &slo.timing,
            at,
        );
        if let Some(transition) = advanced.or_else(|| self.refreshed(&alert, at)) {
            self.described.insert(alert.id.clone(), at);
            let facts = Facts {
                reading: case.reading,
                rule: case.rule,
                judgement: case.judgement,
                transition: Some(transition),
                graded: graded.filter(|_| case.rule.severity == Severity::Page),
                severity: alert.state.severity,
                external_url: &self.external_url,
            };
            alert.describe(facts.words());
        }
        // Where every failure is over or explained there is nothing to tell.
        let signal = support
            .filter(|support| alert.state.phase.is_firing() && !support.is_over)
            .map(|support| signal(&alert, case, support));
        Ok((alert, signal))
    }

    /// An alert that fires is described again from time to time: its text says how it is now.
    fn refreshed(&self, alert: &Alert, at: UnixMillis) -> Option<Transition> {
        let then = self.described.get(&alert.id);
        let due = then.is_none_or(|then| at.0.saturating_sub(then.0) >= DESCRIBE_AGAIN_AFTER);
        (due && alert.state.phase.is_firing()).then_some(Transition::Fired)
    }
}

/// What an alert that fires means for incidents.
fn signal(alert: &Alert, case: &Case<'_>, support: Support) -> Signal {
    let slo = &case.reading.slo;
    let filter = slo.filter_of(case.reading.group.as_deref());
    let facts = Facts {
        reading: case.reading,
        rule: case.rule,
        judgement: case.judgement,
        transition: None,
        graded: None,
        severity: alert.state.severity,
        external_url: "",
    };
    let row = case
        .judgement
        .worst()
        .or_else(|| case.judgement.rows.first());
    Signal {
        alert: alert.id.to_string(),
        app: slo.app.clone(),
        slo: slo.name.clone(),
        sli: slo.sli.to_string(),
        rule: alert.rule.clone(),
        service: filter.service.unwrap_or_default(),
        failing: failing(slo.sli),
        severity: alert.state.severity,
        suspicious: support.graded == Graded::Suspicious
            && alert.state.severity == Severity::Ticket,
        labels: slo.labels.clone(),
        runbook: slo.runbook.clone(),
        measured: facts.measured_now(),
        budget: facts.left(),
        sightings: support.sightings,
        memory: row.map_or(0, |row| row.row.short.as_millis()),
    }
}

const fn failing(sli: Sli) -> Failing {
    match sli {
        Sli::ExposedHeaderMismatch => Failing::HeaderRead,
        Sli::PreflightLatency => Failing::Latency,
        Sli::UnknownRate => Failing::Unknown,
        _ => Failing::Blocked,
    }
}

fn evaluation(case: &Case<'_>, graded: Option<Graded>) -> Evaluation {
    let severity = graded.map_or(case.rule.severity, Graded::severity);
    crate::evaluation::of(case.judgement, (!case.overshadowed).then_some(severity))
}

fn retire(alert: &mut Alert, reason: Reason, at: UnixMillis) {
    if alert.retire(reason, at).is_some() {
        let words = retired(alert.words.clone(), reason);
        alert.describe(words);
    }
}

/// Groups of objectives that nothing is measured of anymore.
fn retire_unmeasured(seen: &BTreeSet<AlertId>, registry: &mut AlertRegistry, at: UnixMillis) {
    let gone: Vec<_> = registry
        .alerts()
        .filter(|alert| !OF_NO_APP.contains(&&*alert.slo))
        .filter(|alert| !alert.group.is_empty() && !seen.contains(&alert.id))
        .cloned()
        .collect();
    for mut alert in gone {
        retire(&mut alert, Reason::Unmeasured, at);
        registry.put(alert);
    }
}

/// Ends the alerts that the configuration does not ask for anymore.
pub(crate) fn retire_unconfigured(slos: &[Arc<Slo>], registry: &mut AlertRegistry, at: UnixMillis) {
    let gone: Vec<_> = registry
        .alerts()
        .filter(|alert| !OF_NO_APP.contains(&&*alert.slo) && !is_asked_for(alert, slos))
        .cloned()
        .collect();
    for mut alert in gone {
        retire(&mut alert, Reason::Unconfigured, at);
        registry.put(alert);
    }
}

/// How many alerts of each objective fire.
pub(crate) fn firing(registry: &AlertRegistry) -> BTreeMap<(String, Severity), i64> {
    let mut counts = BTreeMap::new();
    for alert in registry
        .alerts()
        .filter(|alert| alert.state.phase.is_firing())
    {
        *counts
            .entry((alert.slo.clone(), alert.state.severity))
            .or_default() += 1;
    }
    counts
}
