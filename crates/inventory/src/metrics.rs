//! What the inventory holds, and how its audits went.

use std::collections::BTreeSet;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use store::{AuditState, InventoryRow, Stance, StanceCounts};

use crate::judge;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStance {
    stance: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRule {
    rule: &'static str,
}

/// A service that never answered has no stance.
const UNKNOWN: &str = "unknown";

/// Metrics of the inventory. The gauges are those of the process that keeps it; 0 in the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    services: Family<OfStance, Gauge>,
    targets: Family<OfState, Gauge>,
    findings: Family<OfRule, Gauge>,
    unused: Gauge,
    audits: Family<OfState, Counter>,
    pub(crate) changes: Counter,
    pub(crate) store_failures: Counter,
    pub(crate) waiting: Gauge,
    pub(crate) leads: Gauge,
}

/// What came of audits; a retired target is not audited.
const STATES: [AuditState; 3] = [
    AuditState::Answered,
    AuditState::NoAnswer,
    AuditState::Refused,
];

impl Metrics {
    pub(crate) fn register(metrics: &runtime::Metrics) -> Self {
        let this = Self::default();
        for state in STATES.map(AuditState::as_str) {
            drop(this.audits.get_or_create(&OfState { state }));
        }
        this.holds(std::iter::empty());
        metrics.register("inventory", |registry| {
            let help = "Services with a target that lets these read; one may count in several";
            registry.register("services", help, this.services.clone());
            let help = "Targets by the outcome of their last audit";
            registry.register("targets", help, this.targets.clone());
            let help = "Targets with a finding, by rule";
            registry.register("findings", help, this.findings.clone());
            let help = "Origins that are allowed by a list and that no page comes from";
            registry.register("unused_origins", help, this.unused.clone());
            let help = "Audits by outcome";
            registry.register("audits", help, this.audits.clone());
            let help = "Audits that found something else than the one before";
            registry.register("changes", help, this.changes.clone());
            let help = "Rounds and rows that the store failed; they are tried again";
            registry.register("store_failures", help, this.store_failures.clone());
            let help = "Targets that are due and wait for their audit";
            registry.register("waiting", help, this.waiting.clone());
            let help = "1 while this process is the one that keeps the inventory";
            registry.register("leads", help, this.leads.clone());
        });
        this
    }

    pub(crate) fn audited(&self, state: AuditState) {
        let state = state.as_str();
        self.audits.get_or_create(&OfState { state }).inc();
    }

    /// Says what the inventory holds.
    pub(crate) fn holds<'a>(&self, rows: impl Iterator<Item = &'a InventoryRow> + Clone) {
        let told = rows.clone();
        let services = StanceCounts::of(told.map(|row| (row.service.as_str(), row.stance)));
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let stances = Stance::ALL.iter().copied().map(Some).chain([None]);
        for stance in stances {
            let n = count(services.with(stance));
            let stance = stance.map_or(UNKNOWN, Stance::as_str);
            self.services.get_or_create(&OfStance { stance }).set(n);
        }
        for state in STATES {
            let n = rows.clone().filter(|row| row.state == state).count();
            let state = state.as_str();
            self.targets.get_or_create(&OfState { state }).set(count(n));
        }
        for rule in judge::rules().map(|rule| rule.id) {
            let has = |row: &&InventoryRow| row.findings.iter().any(|found| found.rule == rule);
            let n = rows.clone().filter(has).count();
            self.findings.get_or_create(&OfRule { rule }).set(count(n));
        }
        let unused: BTreeSet<_> = rows
            .flat_map(|row| {
                row.unused()
                    .map(|tried| (&row.target_origin, &tried.origin))
            })
            .collect();
        self.unused.set(count(unused.len()));
    }
}
