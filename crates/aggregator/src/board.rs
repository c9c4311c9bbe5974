//! The latest evaluation, for those who show it.

use alert::Phase;
use observation::{UnixMillis, vocabulary};
use serde::Serialize;
use slo::{ErrorBudget, Judgement, Ratio, Sli, Window};

use crate::Reading;

vocabulary! {
    /// How the aggregator is.
    #[derive(Default)]
    Condition {
        /// It has not finished its first round.
        #[default]
        Starting => "starting",
        /// It leads and evaluates.
        Leading => "leading",
        /// Another aggregator leads.
        Standby => "standby",
        /// It leads, and the pipeline is too far behind to evaluate: SLO alerts are frozen.
        Frozen => "frozen",
        /// The store cannot be reached or refuses; it is tried again.
        Unreachable => "unreachable",
    }
}

/// The latest evaluation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Board {
    /// How the aggregator is.
    pub condition: Condition,
    /// When this was made.
    pub at: UnixMillis,
    /// Where the windows ended; none before the first evaluation.
    pub watermark: Option<UnixMillis>,
    /// How far the watermark is behind, in milliseconds.
    pub lag: i64,
    /// What is wrong, in words; empty where nothing is.
    pub problem: String,
    /// Every objective, and its groups after it.
    pub slos: Vec<SloStatus>,
}

/// One objective, or one group of it, as it stood at the watermark.
#[derive(Debug, Clone, Serialize)]
pub struct SloStatus {
    /// Its name.
    pub name: String,
    /// The application.
    pub app: String,
    /// What is measured.
    pub sli: Sli,
    /// The group; none for the whole objective.
    pub group: Option<String>,
    /// The share of good events that is promised.
    pub objective: f64,
    /// The window of the error budget.
    pub window: Window,
    /// What was measured in it.
    pub ratio: Ratio,
    /// What is left of the budget; none without events.
    pub budget: Option<ErrorBudget>,
    /// What each rule makes of it, and how its alert stands.
    pub rules: Vec<RuleStatus>,
}

/// One rule of an objective.
#[derive(Debug, Clone, Serialize)]
pub struct RuleStatus {
    /// Its name.
    pub name: String,
    /// What it makes of the present.
    pub judgement: Judgement,
    /// How its alert stands.
    pub phase: &'static str,
}

impl SloStatus {
    pub(crate) fn of(reading: &Reading, phase: impl Fn(&str) -> Phase) -> Self {
        let slo = &reading.slo;
        let rules = slo.rules.iter().zip(&reading.judgements);
        Self {
            name: slo.name.clone(),
            app: slo.app.clone(),
            sli: slo.sli,
            group: reading.group.clone(),
            objective: slo.objective.share(),
            window: slo.window,
            ratio: reading.ratio,
            budget: reading.budget,
            rules: rules
                .map(|(rule, judgement)| RuleStatus {
                    name: rule.name.clone(),
                    judgement: judgement.clone(),
                    phase: phase(&rule.name).as_str(),
                })
                .collect(),
        }
    }
}
