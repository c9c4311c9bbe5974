//! What the evaluation hands in: alerts that fire, and the failures that they count.

use std::collections::BTreeMap;

use observation::{Stage, UnixMillis, vocabulary};
use slo::Severity;

use crate::Cause;

vocabulary! {
    /// What fails, as browsers see it.
    Failing {
        /// Requests are blocked by CORS.
        Blocked => "blocked",
        /// Response headers cannot be read.
        HeaderRead => "header_read",
        /// Requests fail for a reason that stays unknown.
        Unknown => "unknown",
        /// Preflights are slow.
        Latency => "latency",
    }
}

/// An alert that fires, or a slice that is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Identity of the alert.
    pub alert: String,
    /// Configured application.
    pub app: String,
    /// Name of the objective, or of the rule where no objective is behind it.
    pub slo: String,
    /// The SLI.
    pub sli: String,
    /// The rule.
    pub rule: String,
    /// The service that the objective or its group is limited to, or empty.
    pub service: String,
    /// What fails where no single failure is known.
    pub failing: Failing,
    /// How urgent, where no single failure is known.
    pub severity: Severity,
    /// Whether a page became a ticket for want of witnesses.
    pub suspicious: bool,
    /// Labels that the objective gives to its alerts.
    pub labels: BTreeMap<String, String>,
    /// Runbook of the objective, or empty.
    pub runbook: String,
    /// What was measured, in a sentence.
    pub measured: String,
    /// What is left of the budget, in a sentence.
    pub budget: String,
    /// The failures that it counts and that still happen. Empty where none is known.
    pub sightings: Vec<Sighting>,
    /// The shortest time after which old events no longer keep it firing, in milliseconds.
    pub memory: i64,
}

/// Requests of one kind that fail in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Configured service, or empty.
    pub service: String,
    /// Origin of the server.
    pub target_origin: String,
    /// Path template.
    pub endpoint: String,
    /// Request method.
    pub method: String,
    /// Origins of the pages, most first.
    pub page_origins: Vec<String>,
    /// What fails.
    pub failing: Failing,
    /// Where in the protocol, as browsers report it.
    pub stage: Option<Stage>,
    /// How often, in the rule's long window.
    pub count: u64,
    /// Start of the first minute with one.
    pub first_seen: UnixMillis,
    /// Start of the last minute with one.
    pub last_seen: UnixMillis,
    /// How urgent.
    pub severity: Severity,
    /// Whether a page became a ticket for want of witnesses.
    pub suspicious: bool,
    /// What a replay showed, where it reproduced the failure.
    pub cause: Option<Cause>,
}
