//! The state machine of one alert: inactive -> pending -> firing -> resolved.

use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use settings::Span;
use slo::Severity;

/// Where an alert stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is wrong.
    #[default]
    Inactive,
    /// Exceeded, but not for long enough.
    Pending {
        /// When it was exceeded first.
        since: UnixMillis,
    },
    /// Someone has been told, or is about to be.
    Firing {
        /// When it began to fire.
        since: UnixMillis,
        /// Since when it has been calm without a break.
        calm_since: Option<UnixMillis>,
        /// When the receivers were last notified.
        #[serde(rename = "said_at")]
        notified_at: UnixMillis,
    },
    /// It is over.
    Resolved {
        /// When it had begun to fire.
        since: UnixMillis,
        /// When it was over.
        at: UnixMillis,
    },
}

impl Phase {
    /// The text that stands for this phase in labels, JSON and columns.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Pending { .. } => "pending",
            Self::Firing { .. } => "firing",
            Self::Resolved { .. } => "resolved",
        }
    }

    /// Whether it fires.
    #[must_use]
    pub const fn is_firing(self) -> bool {
        matches!(self, Self::Firing { .. })
    }
}

/// Where an alert stands, how urgent it is, and how often it was news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where it stands.
    #[serde(flatten)]
    pub phase: Phase,
    /// How urgent it is since it fired; only grows until it is resolved.
    pub severity: Severity,
    /// Counts the transitions: each is one notification.
    pub sequence: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            phase: Phase::Inactive,
            severity: Severity::Ticket,
            sequence: 0,
        }
    }
}

impl State {
    /// Ends the alert whatever is measured: its objective is gone. Resolves it if it fires.
    #[must_use]
    pub fn retire(&self, reason: Reason, now: UnixMillis) -> (Self, Option<Transition>) {
        match self.phase {
            Phase::Firing { since, .. } => self.resolve(since, now, reason),
            Phase::Inactive | Phase::Pending { .. } => (self.at(Phase::Inactive), None),
            Phase::Resolved { .. } => (*self, None),
        }
    }

    const fn at(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    fn resolve(
        &self,
        since: UnixMillis,
        at: UnixMillis,
        reason: Reason,
    ) -> (Self, Option<Transition>) {
        let next = Self {
            phase: Phase::Resolved { since, at },
            sequence: self.sequence + 1,
            ..*self
        };
        (next, Some(Transition::Resolved(reason)))
    }

    fn fire(&self, severity: Severity, now: UnixMillis) -> (Self, Option<Transition>) {
        let next = Self {
            phase: Phase::Firing {
                since: now,
                calm_since: None,
                notified_at: now,
            },
            severity,
            sequence: self.sequence + 1,
        };
        (next, Some(Transition::Fired))
    }
}

/// What a rule says about the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluation {
    /// The pipeline lags: nothing may be concluded, so nothing changes.
    Frozen,
    /// A short window holds nothing: unmeasured time is not uptime, so nothing changes.
    NoData,
    /// The rule wants to fire, with this urgency.
    Exceeded(Severity),
    /// Not enough to fire, too much to be over.
    Smouldering,
    /// Every short window is below its burn rate.
    Calm,
}

/// How long things have to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Exceeded for this long before it fires; 0 fires at once.
    pub hold: Span,
    /// Calm for this long before it is resolved.
    pub resolve_after: Span,
    /// While it fires it is said again at this interval.
    pub remind_after: Span,
}

/// A step that receivers hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition {
    /// It fires.
    Fired,
    /// It has become more urgent.
    Escalated,
    /// It still fires.
    Reminded,
    /// It is over.
    Resolved(Reason),
}

/// Why an alert is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It has been calm for long enough.
    Recovered,
    /// The objective's whole window holds nothing of it anymore.
    Unmeasured,
    /// The objective is no longer configured.
    Unconfigured,
}

impl Reason {
    /// In words, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Recovered => "It has recovered.",
            Self::Unmeasured => {
                "Nothing is measured for it anymore; this does not say that all is well."
            }
            Self::Unconfigured => {
                "The objective is no longer configured; this does not say that all is well."
            }
        }
    }
}

/// One step of one alert: pure, so that a replay of the same evaluations tells the same story.
#[must_use]
pub fn step(
    state: &State,
    evaluation: Evaluation,
    timing: &Timing,
    now: UnixMillis,
) -> (State, Option<Transition>) {
    if matches!(evaluation, Evaluation::Frozen | Evaluation::NoData) {
        return (*state, None);
    }
    match state.phase {
        Phase::Inactive | Phase::Resolved { .. } => match evaluation {
            Evaluation::Exceeded(severity) => begin(state, now, severity, timing, now),
            _ => (*state, None),
        },
        Phase::Pending { since } => match evaluation {
            Evaluation::Exceeded(severity) => begin(state, since, severity, timing, now),
            _ => (state.at(Phase::Inactive), None),
        },
        Phase::Firing {
            since,
            calm_since,
            notified_at,
        } => match evaluation {
            Evaluation::Calm => {
                let calm_since = calm_since.unwrap_or(now);
                if passed(calm_since, timing.resolve_after, now) {
                    return state.resolve(since, now, Reason::Recovered);
                }
                let phase = Phase::Firing {
                    since,
                    calm_since: Some(calm_since),
                    notified_at,
                };
                (state.at(phase), None)
            }
            Evaluation::Exceeded(severity) => keep(
                state,
                (since, notified_at),
                severity.max(state.severity),
                timing,
                now,
            ),
            _ => keep(state, (since, notified_at), state.severity, timing, now),
        },
    }
}

fn begin(
    state: &State,
    since: UnixMillis,
    severity: Severity,
    timing: &Timing,
    now: UnixMillis,
) -> (State, Option<Transition>) {
    if passed(since, timing.hold, now) {
        state.fire(severity, now)
    } else {
        (state.at(Phase::Pending { since }), None)
    }
}

fn keep(
    state: &State,
    (since, notified_at): (UnixMillis, UnixMillis),
    severity: Severity,
    timing: &Timing,
    now: UnixMillis,
) -> (State, Option<Transition>) {
    let transition = if severity > state.severity {
        Some(Transition::Escalated)
    } else if passed(notified_at, timing.remind_after, now) {
        Some(Transition::Reminded)
    } else {
        None
    };
    let next = State {
        phase: Phase::Firing {
            since,
            calm_since: None,
            notified_at: if transition.is_some() {
                now
            } else {
                notified_at
            },
        },
        severity,
        sequence: state.sequence + u64::from(transition.is_some()),
    };
    (next, transition)
}

fn passed(since: UnixMillis, span: Span, now: UnixMillis) -> bool {
    now.0.saturating_sub(since.0) >= span.as_millis()
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
