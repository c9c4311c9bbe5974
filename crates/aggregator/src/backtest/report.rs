//! What a replay found.

use observation::{UnixMillis, vocabulary};
use serde::{Deserialize, Serialize};
use slo::{Severity, Sli, Window};

vocabulary! {
    /// How it is known that enough page loads and networks saw the blocks of a page.
    Support {
        /// They were counted.
        Counted => "counted",
        /// Raw reports of that time are not kept any more.
        Assumed => "assumed",
        /// The alert needs none.
        NotNeeded => "not_needed",
    }
}

/// What objectives would have raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The first minute that was replayed, RFC 3339.
    pub from: String,
    /// The end, exclusive, RFC 3339.
    pub to: String,
    /// Alerts that would have been pages, immediately or later.
    pub pages: usize,
    /// Alerts that would have been tickets.
    pub tickets: usize,
    /// Every objective.
    pub slos: Vec<SloSummary>,
    /// Every alert, in order of time.
    pub alerts: Vec<Firing>,
    /// What limits the answer.
    pub notes: Vec<String>,
}

/// One objective over the time that was replayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SloSummary {
    /// Its name.
    pub name: String,
    /// The application.
    pub app: String,
    /// What is measured.
    pub sli: Sli,
    /// The share of good events that is promised.
    pub objective: f64,
    /// The window of the error budget.
    pub window: Window,
    /// Bad events of the time that was replayed.
    pub bad: u64,
    /// All events of it.
    pub total: u64,
    /// Share of the budget that was spent in the window that ends with the replay; none without events.
    pub budget_consumed: Option<f64>,
    /// How many pages.
    pub pages: usize,
    /// How many tickets.
    pub tickets: usize,
}

/// One alert that would have fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Firing {
    /// The objective.
    pub slo: String,
    /// The application.
    pub app: String,
    /// What is measured.
    pub sli: Sli,
    /// The rule.
    pub rule: String,
    /// The group; none for the whole objective.
    pub group: Option<String>,
    /// The most urgent it was.
    pub severity: Severity,
    /// When it fired, RFC 3339.
    pub fired_at: String,
    /// Whether it was exceeded in the first minute of the replay already, so that it may have fired before.
    pub from_the_start: bool,
    /// When a ticket became a page, RFC 3339.
    pub escalated_at: Option<String>,
    /// When it was over, RFC 3339; none where it still fires at the end.
    pub resolved_at: Option<String>,
    /// For how long, as far as it was replayed.
    pub lasted_seconds: i64,
    /// The long window of the row that was exceeded.
    pub long: Window,
    /// Its burn rate in it when it fired.
    pub burn_rate: f64,
    /// Bad events in it when it fired.
    pub bad: u64,
    /// All events in it when it fired.
    pub total: u64,
    /// Share of the objective's budget that was spent when it fired.
    pub budget_consumed: f64,
    /// The same when it was over, or at the end.
    pub budget_consumed_at_end: f64,
    /// How it is known that enough page loads and networks saw it.
    pub support: Support,
}

/// What of an alert is kept until it is over.
#[derive(Debug)]
pub struct Replayed {
    pub(super) firing: Firing,
    pub(super) since: UnixMillis,
}

impl Report {
    pub(super) fn new(from: UnixMillis, to: UnixMillis) -> Self {
        Self {
            from: alert::rfc3339(from),
            to: alert::rfc3339(to),
            pages: 0,
            tickets: 0,
            slos: Vec::new(),
            alerts: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(super) fn sort(&mut self) {
        self.alerts
            .sort_by(|a, b| (&a.fired_at, &a.slo, &a.rule).cmp(&(&b.fired_at, &b.slo, &b.rule)));
        self.pages = self.slos.iter().map(|slo| slo.pages).sum();
        self.tickets = self.slos.iter().map(|slo| slo.tickets).sum();
    }
}
