//! Operational facts: alerts, incidents, leases.

use observation::{UnixMillis, vocabulary};
use slo::Severity;

use crate::wire::fields;

vocabulary! {
    /// Where an alert is in its life.
    AlertPhase {
        /// Nothing is wrong, or not any more since long.
        Inactive => "inactive",
        /// It is about to fire.
        Pending => "pending",
        /// It fires.
        Firing => "firing",
        /// It is over.
        Resolved => "resolved",
    }
}

fields! {
    /// The state of one alert. A row with a higher version replaces the one before.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct AlertRow in "alerts" {
        /// Identity: a pure function of SLO, rule and group.
        pub id: String,
        /// Grows with every change of the alert.
        pub version: u64,
        /// Configured application.
        pub app: String,
        /// The objective.
        pub slo: String,
        /// The burn-rate rule.
        pub rule: String,
        /// The root cause it is grouped by.
        pub group: String,
        /// How urgent.
        pub severity: Severity,
        /// State of the state machine.
        pub state: AlertPhase,
        /// When it started.
        pub started_at: UnixMillis,
        /// When this row was made.
        pub updated_at: UnixMillis,
        /// When it was resolved, if it was.
        pub resolved_at: Option<UnixMillis>,
        /// Everything else, as JSON of its owner.
        pub body: String,
    }
}

vocabulary! {
    /// Whether an incident lasts.
    IncidentState {
        /// It lasts.
        Open => "open",
        /// It is over.
        Closed => "closed",
    }
}

fields! {
    /// The state of one incident. A row with a higher version replaces the one before.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct IncidentRow in "incidents" {
        /// Identity.
        pub id: String,
        /// Grows with every change of the incident.
        pub version: u64,
        /// The apps that it concerns.
        pub apps: Vec<String>,
        /// How urgent.
        pub severity: Severity,
        /// Whether it lasts.
        pub state: IncidentState,
        /// When it was opened.
        pub opened_at: UnixMillis,
        /// When this row was made.
        pub updated_at: UnixMillis,
        /// When it was closed, if it was.
        pub closed_at: Option<UnixMillis>,
        /// Everything, as JSON of its owner.
        pub body: String,
    }
}

fields! {
    /// A person's word that an incident is over.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ClosingRow in "incident_closings" {
        /// Identity of the incident.
        pub incident: String,
        /// When it was said.
        pub at: UnixMillis,
        /// Who said it.
        pub by: String,
        /// Why.
        pub reason: String,
    }
}

/// A lease that its holder may act under until `expires_at` by the server's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is leased.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// Grows with every change of the holder: a fencing token.
    pub term: u64,
    /// Until when, by the server's clock.
    pub expires_at: UnixMillis,
}
