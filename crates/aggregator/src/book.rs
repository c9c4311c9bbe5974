//! Every alert this aggregator knows, and which of them are still to be written down.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alert::{Alert, AlertId, Notification, Outbox, Outcome, Phase, Receipt};
use observation::UnixMillis;
use store::{AlertPhase, AlertRow};
use tokio::time::Instant;

/// Alerts that are over and quiet are forgotten beyond this number; the store still has them.
const KEPT: usize = 5_000;
/// What could not be said is said again after this pause.
const SAY_AGAIN_AFTER: Duration = Duration::from_secs(60);
/// What a silence holds back is offered again after this: it is sent soon after the silence ends.
const OFFER_SILENCED_AFTER: Duration = Duration::from_secs(10);
/// How long a resolved alert counts as standing, in milliseconds: longer than any receiver asks for.
const RENEWED_RESOLVED: i64 = 10 * 60 * 1000;
/// Saves of one term; the term is in the bits above.
const TERM_SHIFT: u32 = 40;

/// The alerts of the aggregator that leads.
#[derive(Debug, Default)]
pub(crate) struct Book {
    alerts: BTreeMap<AlertId, Alert>,
    unsaved: BTreeSet<AlertId>,
    /// Notifications on their way, or resting until they are tried again.
    under_way: BTreeMap<AlertId, UnderWay>,
    term: u64,
    saves: u64,
}

#[derive(Debug, Clone, Copy)]
enum UnderWay {
    Queued { sequence: u64 },
    Resting { until: Instant },
}

impl Book {
    /// Begins a term with what the store knows. Rows that cannot be read are reported and left out:
    /// such an alert begins anew.
    pub(crate) fn open(rows: Vec<AlertRow>, term: u64) -> Self {
        let mut book = Self {
            term,
            ..Self::default()
        };
        for row in rows {
            match serde_json::from_str::<Alert>(&row.body) {
                Ok(alert) => {
                    book.alerts.insert(alert.id.clone(), alert);
                }
                Err(error) => tracing::warn!(alert = row.id, %error, "a kept alert cannot be read"),
            }
        }
        book
    }

    pub(crate) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.values()
    }

    pub(crate) fn get(&self, id: &AlertId) -> Option<&Alert> {
        self.alerts.get(id)
    }

    /// Puts an alert back after a step; it is written down if it has changed.
    pub(crate) fn put(&mut self, alert: Alert) {
        let known = self.alerts.get(&alert.id);
        // An alert that has never left its quiet state is no news for the store.
        let changed = known.map_or(alert.state.phase != Phase::Inactive, |known| {
            *known != alert
        });
        if changed {
            self.unsaved.insert(alert.id.clone());
            self.alerts.insert(alert.id.clone(), alert);
        }
    }

    /// The rows that are to be written, and what they were made of.
    pub(crate) fn unsaved(&mut self, now: UnixMillis) -> Vec<AlertRow> {
        let ids: Vec<_> = self.unsaved.iter().cloned().collect();
        ids.iter()
            .filter_map(|id| {
                let alert = self.alerts.get(id)?;
                self.saves += 1;
                // A later leader has a higher term, so that its rows replace those of a zombie.
                let version = (self.term << TERM_SHIFT) | self.saves;
                Some(row(alert, version, now))
            })
            .collect()
    }

    /// Everything that [`Book::unsaved`] gave has been written.
    pub(crate) fn saved(&mut self) {
        self.unsaved.clear();
        if self.alerts.len() > KEPT {
            let under_way = &self.under_way;
            self.alerts.retain(|id, alert| {
                let quiet = matches!(alert.state.phase, Phase::Inactive | Phase::Resolved { .. });
                !quiet || alert.unsaid.is_some() || under_way.contains_key(id)
            });
        }
    }

    /// Whether an alert has changed since it was last written down.
    pub(crate) fn is_unsaved(&self, id: &AlertId) -> bool {
        self.unsaved.contains(id)
    }

    /// Hands in everything that has not been heard and is not on its way. What is not written down
    /// yet is not said, so that a restart does not say it in other words; `except` is.
    pub(crate) fn say(&mut self, outbox: &Outbox, except: &AlertId) {
        if !outbox.is_ready() {
            return;
        }
        let now = Instant::now();
        let waiting: Vec<Notification> = self
            .alerts
            .values()
            .filter(|alert| !self.unsaved.contains(&alert.id) || alert.id == *except)
            .filter_map(|alert| alert.unsaid.clone())
            .filter(|unsaid| match self.under_way.get(&unsaid.alert) {
                Some(UnderWay::Queued { sequence }) => *sequence < unsaid.sequence,
                Some(UnderWay::Resting { until }) => *until <= now,
                None => true,
            })
            .collect();
        for notification in waiting {
            let (alert, sequence) = (notification.alert.clone(), notification.sequence);
            let state = match outbox.offer(notification) {
                Ok(()) => UnderWay::Queued { sequence },
                Err(_) => UnderWay::Resting {
                    until: now + SAY_AGAIN_AFTER,
                },
            };
            self.under_way.insert(alert, state);
        }
    }

    /// Every alert that fires or has been resolved lately, in the words that were last said of it: for
    /// receivers that forget what is not renewed.
    pub(crate) fn standing(&self, now: UnixMillis) -> Vec<Notification> {
        let stands = |alert: &&Alert| match alert.state.phase {
            Phase::Firing { .. } => true,
            Phase::Resolved { at, .. } => now.0.saturating_sub(at.0) <= RENEWED_RESOLVED,
            Phase::Inactive | Phase::Pending { .. } => false,
        };
        let alerts = self.alerts.values().filter(stands);
        alerts.filter_map(Alert::notification).collect()
    }

    /// Whether a notification is on its way.
    #[cfg(test)]
    pub(crate) fn is_waiting(&self) -> bool {
        let queued = |state: &UnderWay| matches!(state, UnderWay::Queued { .. });
        self.under_way.values().any(queued)
    }

    /// What has become of a notification.
    pub(crate) fn heard(&mut self, receipt: &Receipt) {
        let id = &receipt.alert;
        if let Some(UnderWay::Queued { sequence }) = self.under_way.get(id).copied()
            && sequence == receipt.sequence
        {
            if receipt.outcome.is_final() {
                self.under_way.remove(id);
            } else {
                let pause = match receipt.outcome {
                    Outcome::Silenced => OFFER_SILENCED_AFTER,
                    _ => SAY_AGAIN_AFTER,
                };
                let until = Instant::now() + pause;
                self.under_way
                    .insert(id.clone(), UnderWay::Resting { until });
            }
        }
        if receipt.outcome.is_final()
            && let Some(alert) = self.alerts.get_mut(id)
            && alert.heard(receipt.sequence)
        {
            self.unsaved.insert(id.clone());
        }
    }
}

fn row(alert: &Alert, version: u64, now: UnixMillis) -> AlertRow {
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
