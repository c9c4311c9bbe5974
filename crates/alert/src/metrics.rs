//! What becomes of notifications.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

/// How a notification ended at one receiver. Every one ends exactly once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The receiver took it.
    Delivered,
    /// The receiver will never take it.
    Refused,
    /// The receiver's address is one that must not be called.
    Forbidden,
    /// A silence holds it back; it is said when the silence ends and the alert still fires.
    Silenced,
    /// The receiver could not be reached before the deadline.
    GaveUp,
    /// The queue of the receiver was full.
    Overflow,
    /// The process stopped first; it is said again after the next start.
    Stopped,
}

impl Outcome {
    /// Every value, the best first.
    pub const ALL: &'static [Self] = &[
        Self::Delivered,
        Self::Refused,
        Self::Forbidden,
        Self::Silenced,
        Self::GaveUp,
        Self::Overflow,
        Self::Stopped,
    ];

    /// The text that stands for this value in labels and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Forbidden => "forbidden",
            Self::Silenced => "silenced",
            Self::GaveUp => "gave_up",
            Self::Overflow => "overflow",
            Self::Stopped => "stopped",
        }
    }

    /// Whether saying it again is of no use: it was taken, or it never will be.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Refused | Self::Forbidden)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.as_str().encode(encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    receiver: String,
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Receiver {
    receiver: String,
}

/// Metrics of all receivers; their names come from the configuration, so they are few.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    ended: Family<Ended, Counter>,
    renewals: Family<Ended, Counter>,
    retries: Family<Receiver, Counter>,
    queued: Family<Receiver, Gauge>,
    seconds: Family<Receiver, Histogram>,
    pub(crate) silenced: Counter,
    pub(crate) unrecorded: Counter,
}

const SECONDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0, 900.0];

impl Metrics {
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self {
            ended: Family::default(),
            renewals: Family::default(),
            retries: Family::default(),
            queued: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            silenced: Counter::default(),
            unrecorded: Counter::default(),
        };
        metrics.register("alert", |registry| {
            registry.register(
                "notifications",
                "Notifications by receiver and how they ended",
                this.ended.clone(),
            );
            registry.register(
                "retries",
                "Attempts that were repeated, by receiver",
                this.retries.clone(),
            );
            registry.register(
                "renewals",
                "Times that what stands was sent again, by receiver and how it ended",
                this.renewals.clone(),
            );
            registry.register(
                "silenced",
                "Notifications that a silence held back",
                this.silenced.clone(),
            );
            registry.register(
                "deliveries_unrecorded",
                "Deliveries that the delivery log has no entry of, because they ended faster than they could be written",
                this.unrecorded.clone(),
            );
            registry.register(
                "queued",
                "Notifications that wait or are in progress, by receiver",
                this.queued.clone(),
            );
            registry.register_with_unit(
                "delivery",
                "Time from queueing to the end of a notification, retries included",
                Unit::Seconds,
                this.seconds.clone(),
            );
        });
        this
    }

    /// The metrics of one receiver, all at 0.
    pub(crate) fn of(&self, receiver: &str) -> Meter {
        let label = Receiver {
            receiver: receiver.to_owned(),
        };
        let ended = |&outcome: &Outcome| {
            let label = Ended {
                receiver: receiver.to_owned(),
                outcome,
            };
            (outcome, self.ended.get_or_create(&label).clone())
        };
        let renewed = |outcome| {
            let label = Ended {
                receiver: receiver.to_owned(),
                outcome,
            };
            (outcome, self.renewals.clone(), label)
        };
        Meter {
            renewals: [Outcome::Delivered, Outcome::GaveUp].map(renewed).into(),
            ended: Outcome::ALL.iter().map(ended).collect(),
            retries: self.retries.get_or_create(&label).clone(),
            queued: self.queued.get_or_create(&label).clone(),
            seconds: self.seconds.get_or_create(&label).clone(),
        }
    }
}

/// The metrics of one receiver.
#[derive(Debug, Clone)]
pub(crate) struct Meter {
    ended: Vec<(Outcome, Counter)>,
    /// Made when they are needed: few receivers are renewed.
    renewals: Vec<(Outcome, Family<Ended, Counter>, Ended)>,
    pub(crate) retries: Counter,
    pub(crate) queued: Gauge,
    pub(crate) seconds: Histogram,
}

impl Meter {
    pub(crate) fn ended(&self, outcome: Outcome) {
        if let Some((_, counter)) = self.ended.iter().find(|(known, _)| *known == outcome) {
            counter.inc();
        }
    }

    pub(crate) fn renewed(&self, outcome: Outcome) {
        for (_, family, label) in self.renewals.iter().filter(|(known, ..)| *known == outcome) {
            family.get_or_create(label).inc();
        }
    }
}
