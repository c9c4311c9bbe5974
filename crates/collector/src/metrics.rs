//! What the edge counts.

use intake::{Dimension, Reason};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::outcome::{Outcome, Refused, Served, Shed};

/// Why a connection was ended by the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// No first byte in time.
    FirstByte,
    /// No complete header in time.
    Header,
    /// Nothing asked for a while.
    Idle,
    /// Still busy at the end of the drain.
    Drain,
    /// Too many connections.
    Connections,
    /// Too many connections of one client.
    Client,
}

impl Cut {
    pub(crate) const ALL: &'static [Self] = &[
        Self::FirstByte,
        Self::Header,
        Self::Idle,
        Self::Drain,
        Self::Connections,
        Self::Client,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::FirstByte => "first_byte",
            Self::Header => "header",
            Self::Idle => "idle",
            Self::Drain => "drain",
            Self::Connections => "connections",
            Self::Client => "connections_per_client",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// A family with one closed label, whose counters are found by number instead of by label.
#[derive(Debug)]
struct LabeledCounters {
    family: Family<ReasonLabel, Counter>,
    counters: Box<[(&'static str, Counter)]>,
}

impl LabeledCounters {
    fn new(reasons: impl Iterator<Item = &'static str>) -> Self {
        let family = Family::<ReasonLabel, Counter>::default();
        let counters = reasons
            .map(|reason| (reason, family.get_or_create_owned(&ReasonLabel { reason })))
            .collect();
        Self { family, counters }
    }

    fn inc(&self, at: usize) {
        self.counters[at].1.inc();
    }

    /// Every reason that was counted.
    fn counted(&self) -> Vec<(String, u64)> {
        let counters = self.counters.iter();
        counters
            .map(|(reason, counter)| ((*reason).to_owned(), counter.get()))
            .filter(|(_, count)| *count > 0)
            .collect()
    }
}

/// The metrics of one edge.
#[derive(Debug)]
pub(crate) struct EdgeMetrics {
    /// Beacons that arrived.
    pub(crate) received: Counter,
    appended: Counter,
    refused: LabeledCounters,
    shed: LabeledCounters,
    /// Beacons in progress to the journal.
    pub(crate) requests_in_flight: Gauge,
    /// Bytes of bodies in memory.
    pub(crate) bytes_in_flight: Gauge,
    /// Members of beacons that this build does not know.
    ignored_members: Counter,
    ignored_rows: Counter,
    unknown_words: Counter,
    sdk: SdkCounters,
    overflowed: LabeledCounters,
    served: LabeledCounters,
    /// Open connections.
    pub(crate) connections: Gauge,
    /// Those among them that hold no buffers.
    pub(crate) parked: Gauge,
    /// Connections accepted.
    pub(crate) accepted: Counter,
    cut: LabeledCounters,
    /// Connections that ended with an error of HTTP or of the network.
    pub(crate) broken: Counter,
    /// Failures to accept a connection.
    pub(crate) accept_errors: Counter,
    /// Panics of a request.
    pub(crate) panics: Counter,
    /// Reports of these counts that the journal did not take.
    pub(crate) report_errors: Counter,
}

/// What the SDK in pages says of itself.
#[derive(Debug, Default)]
struct SdkCounters {
    probes: Counter,
    errors: Counter,
    drops: Counter,
}

/// What the outcomes sum up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) received: u64,
    pub(crate) appended: u64,
    pub(crate) shed: Vec<(String, u64)>,
    pub(crate) refused: Vec<(String, u64)>,
}

impl EdgeMetrics {
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let refused = Refused::ALL.iter().map(|refused| refused.as_str());
        let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
        let new = Self {
            received: Counter::default(),
            appended: Counter::default(),
            refused: LabeledCounters::new(refused.chain(reasons)),
            shed: LabeledCounters::new(Shed::ALL.iter().map(|shed| shed.as_str())),
            requests_in_flight: Gauge::default(),
            bytes_in_flight: Gauge::default(),
            ignored_members: Counter::default(),
            ignored_rows: Counter::default(),
            unknown_words: Counter::default(),
            sdk: SdkCounters::default(),
            overflowed: LabeledCounters::new(
                Dimension::ALL.iter().map(|dimension| dimension.as_str()),
            ),
            served: LabeledCounters::new(Served::ALL.iter().map(|served| served.as_str())),
            connections: Gauge::default(),
            parked: Gauge::default(),
            accepted: Counter::default(),
            cut: LabeledCounters::new(Cut::ALL.iter().map(|cut| cut.as_str())),
            broken: Counter::default(),
            accept_errors: Counter::default(),
            panics: Counter::default(),
            report_errors: Counter::default(),
        };
        metrics.register("collector", |registry| {
            new.register_beacons(registry);
            new.register_sdk(registry);
            new.register_connections(registry);
        });
        new
    }

    fn register_beacons(&self, registry: &mut Registry) {
        let counters = [
            ("received", "Beacons that arrived", &self.received),
            (
                "appended",
                "Beacons that the journal made durable",
                &self.appended,
            ),
            (
                "ignored_members",
                "Members of beacons that this build does not know",
                &self.ignored_members,
            ),
            (
                "ignored_rows",
                "Rows whose kind this build does not know, and lines of logs that are not about pages of the application",
                &self.ignored_rows,
            ),
            (
                "unknown_words",
                "Words of beacons that this build does not know",
                &self.unknown_words,
            ),
            ("panics", "Requests that ended in a panic", &self.panics),
            (
                "report_errors",
                "Reports of the counts that the journal did not take; the next one holds them",
                &self.report_errors,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let families = [
            (
                "refused",
                "Beacons refused for good, by reason",
                &self.refused,
            ),
            (
                "shed",
                "Beacons not taken, to be sent again, by reason",
                &self.shed,
            ),
            (
                "overflowed",
                "Texts that became __other__ because the application brought too many, by dimension",
                &self.overflowed,
            ),
            (
                "served",
                "Requests other than beacons, by what was served",
                &self.served,
            ),
        ];
        for (name, help, closed) in families {
            registry.register(name, help, closed.family.clone());
        }
        let help = "Beacons that wait for the journal";
        registry.register("requests_in_flight", help, self.requests_in_flight.clone());
    }

    fn register_sdk(&self, registry: &mut Registry) {
        let sdk = &self.sdk;
        for (name, help, counter) in [
            (
                "sdk_probes",
                "Probes that the SDK says it sent",
                &sdk.probes,
            ),
            (
                "sdk_errors",
                "Errors of its own that the SDK says it caught",
                &sdk.errors,
            ),
            (
                "sdk_drops",
                "Beacons that the SDK says it gave up",
                &sdk.drops,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
    }

    fn register_connections(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "in_flight",
            "Bodies held in memory",
            Unit::Bytes,
            self.bytes_in_flight.clone(),
        );
        registry.register("connections", "Open connections", self.connections.clone());
        let parked = "Open connections that wait and hold no buffers";
        registry.register("connections_parked", parked, self.parked.clone());
        let cut = "Connections that the edge ended, by reason";
        registry.register("connections_cut", cut, self.cut.family.clone());
        let counters = [
            (
                "connections_accepted",
                "Connections accepted",
                &self.accepted,
            ),
            (
                "connections_broken",
                "Connections that ended with an error of HTTP or of the network",
                &self.broken,
            ),
            (
                "accept_errors",
                "Failures to accept a connection",
                &self.accept_errors,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
    }

    /// Counts how a beacon ended, and says so.
    pub(crate) fn settle(&self, outcome: &Outcome) {
        match outcome {
            Outcome::Appended => drop(self.appended.inc()),
            Outcome::Refused(refused) => {
                self.refused.inc(*refused as usize);
                tracing::debug!(reason = refused.as_str(), "beacon refused");
            }
            Outcome::Body(refusal) => {
                self.refused
                    .inc(Refused::ALL.len() + refusal.reason as usize);
                let (reason, field) = (refusal.reason.as_str(), &*refusal.field);
                tracing::debug!(reason, field, "beacon refused");
            }
            Outcome::Shed(shed) => {
                self.shed.inc(*shed as usize);
                tracing::debug!(reason = shed.as_str(), "beacon shed");
            }
        }
    }

    /// Counts what was passed over in an accepted beacon.
    pub(crate) fn passed_over<S>(&self, accepted: &intake::Accepted<S>) {
        for (counter, count) in [
            (&self.ignored_members, accepted.ignored_members),
            (&self.ignored_rows, accepted.ignored_rows),
            (&self.unknown_words, accepted.unknown_words),
            (&self.sdk.probes, accepted.sdk.probes),
            (&self.sdk.errors, accepted.sdk.errors),
            (&self.sdk.drops, accepted.sdk.drops),
        ] {
            if count > 0 {
                counter.inc_by(u64::from(count));
            }
        }
        for (at, &count) in accepted.overflowed.iter().enumerate() {
            if count > 0 {
                self.overflowed.counters[at].1.inc_by(u64::from(count));
            }
        }
    }

    pub(crate) fn cut(&self, cut: Cut) {
        self.cut.inc(cut as usize);
    }

    pub(crate) fn served(&self, served: Served) {
        self.served.inc(served as usize);
    }

    /// What was counted so far. What is received is read last: it is never less than the outcomes.
    pub(crate) fn totals(&self) -> Totals {
        let appended = self.appended.get();
        let (shed, refused) = (self.shed.counted(), self.refused.counted());
        Totals {
            received: self.received.get(),
            appended,
            shed,
            refused,
        }
    }
}
