//! Every alert and incident this aggregator knows, and which of them are still to be written down.

mod row;

use runtime::Causes as _;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alert::{Alert, AlertId, Notification, Occasion, Outbox, Outcome, Phase, Receipt, Status};
use incident::{Incident, Register};
use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use store::{AlertRow, IncidentRow};
use tokio::time::Instant;

use row::{incident_row, row};

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
pub(crate) struct AlertRegistry {
    alerts: BTreeMap<AlertId, Alert>,
    unsaved: BTreeSet<AlertId>,
    register: Register,
    unsaved_incidents: BTreeSet<String>,
    /// What receivers have not acknowledged of each incident: the latest.
    unsent: BTreeMap<String, Notification>,
    /// What was said about each incident last, acknowledged or not.
    last_sent: BTreeMap<String, Notification>,
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

/// An incident as it is kept, with what receivers have not acknowledged: that is still said after a
/// restart, in the words of its time.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    incident: Incident,
    unsent: Option<Notification>,
    #[serde(rename = "said")]
    last_sent: Option<Notification>,
}

impl AlertRegistry {
    /// Begins a term with what the store knows. Rows that cannot be read are reported and left out:
    /// such an alert or incident begins again.
    pub(crate) fn open(rows: Vec<AlertRow>, incidents: Vec<IncidentRow>, term: u64) -> Self {
        let mut registry = Self {
            term,
            ..Self::default()
        };
        for row in rows {
            match serde_json::from_str::<Alert>(&row.body) {
                Ok(alert) => {
                    registry.alerts.insert(alert.id.clone(), alert);
                }
                Err(error) => {
                    tracing::warn!(alert = row.id, error = %error.with_causes(), "a kept alert cannot be read")
                }
            }
        }
        let mut kept = Vec::with_capacity(incidents.len());
        for row in incidents {
            match serde_json::from_str::<Kept>(&row.body) {
                Ok(Kept {
                    incident,
                    unsent,
                    last_sent,
                }) => {
                    let of = |notice| (incident.id.clone(), notice);
                    registry.unsent.extend(unsent.map(of));
                    registry.last_sent.extend(last_sent.map(of));
                    kept.push(incident);
                }
                Err(error) => {
                    tracing::warn!(incident = row.id, error = %error.with_causes(), "a kept incident cannot be read")
                }
            }
        }
        registry.register = Register::of(kept);
        registry
    }

    /// The incidents.
    pub(crate) const fn register(&self) -> &Register {
        &self.register
    }

    /// Puts the incidents back after a round; those that changed are written down.
    pub(crate) fn put_register(&mut self, register: Register) {
        for incident in register.all() {
            // One that was not announced yet may still turn out to be part of another.
            if incident.is_announced() && self.register.get(&incident.id) != Some(incident) {
                self.unsaved_incidents.insert(incident.id.clone());
            }
        }
        self.register = register;
    }

    /// Puts one incident back.
    pub(crate) fn put_incident(&mut self, incident: Incident) {
        self.unsaved_incidents.insert(incident.id.clone());
        if let Some(known) = self.register.get_mut(&incident.id.clone()) {
            *known = incident;
        }
    }

    /// Receivers have to hear of an incident; it takes the place of what they have not heard yet.
    pub(crate) fn tell(&mut self, notice: Notification) {
        let id = notice.alert.to_string();
        self.unsaved_incidents.insert(id.clone());
        self.last_sent.insert(id.clone(), notice.clone());
        self.unsent.insert(id, notice);
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

    /// The rows of incidents that are to be written.
    pub(crate) fn unsaved_incidents(&mut self, now: UnixMillis) -> Vec<IncidentRow> {
        let mut rows = Vec::with_capacity(self.unsaved_incidents.len());
        for id in &self.unsaved_incidents {
            let Some(incident) = self.register.get(id) else {
                continue;
            };
            self.saves += 1;
            let version = (self.term << TERM_SHIFT) | self.saves;
            rows.push(incident_row(
                incident,
                self.unsent.get(id),
                self.last_sent.get(id),
                version,
                now,
            ));
        }
        rows
    }

    /// Everything that [`AlertRegistry::unsaved`] and [`AlertRegistry::unsaved_incidents`] gave has been written.
    pub(crate) fn saved(&mut self) {
        self.unsaved.clear();
        self.unsaved_incidents.clear();
        let unsent = &self.unsent;
        self.register.sweep(|id| unsent.contains_key(id));
        let register = &self.register;
        self.last_sent.retain(|id, _| register.get(id).is_some());
        if self.alerts.len() > KEPT {
            let under_way = &self.under_way;
            self.alerts.retain(|id, alert| {
                let quiet = matches!(alert.state.phase, Phase::Inactive | Phase::Resolved { .. });
                !quiet || alert.unacknowledged.is_some() || under_way.contains_key(id)
            });
        }
    }

    /// The alerts that belong to no app and have changed since they were last written down.
    pub(crate) fn unsaved_of_no_app(&self) -> Vec<Alert> {
        let unsaved = self.unsaved.iter().filter_map(|id| self.alerts.get(id));
        unsaved
            .filter(|alert| alert.app.is_empty())
            .cloned()
            .collect()
    }

    /// Hands in everything that has not been heard and is not on its way. What is not written down
    /// yet is not said, so that a restart does not say it in other words. What belongs to no app is: it is
    /// about a store or journal that may take nothing.
    pub(crate) fn say(&mut self, outbox: &Outbox) {
        if !outbox.is_ready() {
            return;
        }
        let now = Instant::now();
        let waiting: Vec<Notification> = self
            .alerts
            .values()
            .filter(|alert| !self.unsaved.contains(&alert.id) || alert.app.is_empty())
            .filter_map(|alert| alert.unacknowledged.clone())
            .chain(
                self.unsent
                    .iter()
                    .filter(|(id, notice)| {
                        // One that says nothing new does no harm when it is said twice.
                        notice.occasion == Occasion::Reminder
                            || !self.unsaved_incidents.contains(*id)
                    })
                    .map(|(_, notice)| notice.clone()),
            )
            .filter(|pending| match self.under_way.get(&pending.alert) {
                Some(UnderWay::Queued { sequence }) => *sequence < pending.sequence,
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

    /// Every incident that is open or has been closed lately, in the words that were last said about it: for
    /// receivers that forget what is not renewed. The alerts of no app, which belong to no incident, too.
    pub(crate) fn standing(&self, now: UnixMillis) -> Vec<Notification> {
        let stands = |notice: &Notification| match notice.ends_at {
            None => notice.status == Status::Firing,
            Some(at) => now.0.saturating_sub(at.0) <= RENEWED_RESOLVED,
        };
        let of_no_incident = self.alerts.values().filter(|alert| alert.app.is_empty());
        self.last_sent
            .values()
            .cloned()
            .chain(of_no_incident.filter_map(Alert::notification))
            .filter(stands)
            .collect()
    }

    /// Whether a notification is on its way.
    #[cfg(test)]
    pub(crate) fn is_waiting(&self) -> bool {
        let queued = |state: &UnderWay| matches!(state, UnderWay::Queued { .. });
        self.under_way.values().any(queued)
    }

    /// What has become of a notification.
    pub(crate) fn acknowledge(&mut self, receipt: &Receipt) {
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
            && self
                .unsent
                .get(id.as_str())
                .is_some_and(|notice| notice.sequence <= receipt.sequence)
        {
            self.unsent.remove(id.as_str());
            self.unsaved_incidents.insert(id.to_string());
        }
        if receipt.outcome.is_final()
            && let Some(alert) = self.alerts.get_mut(id)
            && alert.acknowledge(receipt.sequence)
        {
            self.unsaved.insert(id.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use alert::State;

    use super::*;

    fn alert(number: usize, phase: Phase) -> Alert {
        let slo = format!("slo-{number}");
        let state = State {
            phase,
            sequence: 1,
            ..State::default()
        };
        Alert {
            id: AlertId::of(&slo, "fast_burn", []),
            app: "shop".to_owned(),
            slo,
            rule: "fast_burn".to_owned(),
            group: BTreeMap::new(),
            state,
            words: alert::AlertText::default(),
            unacknowledged: None,
        }
    }

    fn pending(number: usize) -> Alert {
        alert(
            number,
            Phase::Pending {
                since: UnixMillis(1),
            },
        )
    }

    #[test]
    fn alerts_that_are_over_are_forgotten_once_there_are_too_many_and_those_that_stand_stay() {
        let mut registry = AlertRegistry::default();
        for number in 0..=KEPT {
            registry.put(pending(number));
        }
        registry.saved();
        assert_eq!(
            registry.alerts().count(),
            KEPT + 1,
            "what stands is never forgotten"
        );
        for number in 10..=KEPT {
            registry.put(alert(number, Phase::Inactive));
        }
        // That they are over is written down first.
        assert_eq!(registry.unsaved(UnixMillis(2)).len(), KEPT + 1 - 10);
        registry.saved();
        let kept: Vec<_> = registry.alerts().map(|alert| alert.state.phase).collect();
        assert_eq!(
            kept,
            vec![
                Phase::Pending {
                    since: UnixMillis(1)
                };
                10
            ]
        );
        registry.put(pending(KEPT));
        registry.saved();
        assert_eq!(
            registry.alerts().count(),
            11,
            "one that comes back begins again"
        );
    }
}
