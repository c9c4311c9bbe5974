//! Objectives, and what is left of their budgets.

use std::collections::BTreeMap;

use alert::Owners;
use serde::Serialize;
use slo::{ErrorBudget, Ratio, Sli as Indicator};
use store::{SliFilter, SliSums};
use utoipa::ToSchema;

use super::rate::Rate;
use super::sli::Sli;
use crate::interval::Interval;
use crate::stamp::Stamp;
use crate::state::SloSpec;

/// An objective and how it stands at the watermark.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SloStatus {
    /// Its name.
    pub name: String,
    /// The app.
    pub app: String,
    /// What is measured: `block_rate`, `preflight_failure_rate`, `credentialed_failure_rate`,
    /// `exposed_header_mismatch`, `preflight_latency`, `unknown_rate`.
    #[schema(value_type = String)]
    pub sli: Indicator,
    /// What it is limited to, by the names of the filters: `{"service": "cart"}`; empty for all.
    #[schema(value_type = BTreeMap<String, String>)]
    pub limited_to: BTreeMap<&'static str, String>,
    /// Share that has to be good: 0.999.
    pub objective: f64,
    /// Ratio that is allowed: 0.001.
    pub target: f64,
    /// The window of the budget: `30d`.
    pub window: String,
    /// Start of the window that was evaluated.
    pub from: Stamp,
    /// Its end: the watermark, or now while nothing was ever received.
    pub to: Stamp,
    /// What was counted in the window.
    pub measured: Rate,
    /// Whether it is kept.
    pub state: SloState,
    /// Share of the error budget that is left: 1 all, 0 none, negative when overspent; null
    /// without data.
    pub budget_remaining: Option<f64>,
    /// Team that owns the service that it is limited to; null where it is limited to none, or nothing
    /// is configured.
    pub owner: Option<String>,
    /// What to do when it is in danger: its own runbook, else that of the service; null where nothing
    /// is configured.
    pub runbook_url: Option<String>,
}

/// Whether an objective is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SloState {
    /// Kept so far.
    Ok,
    /// The budget of the window is spent.
    Breach,
    /// Nothing was seen: neither kept nor missed.
    NoData,
}

impl SloStatus {
    /// How `spec` stands with `sums` of `interval`.
    pub(crate) fn of(spec: &SloSpec, sums: &SliSums, interval: Interval, owners: &Owners) -> Self {
        let owner = spec.filter.service.as_ref();
        let owner = owner.and_then(|service| owners.of(service));
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let measured = measured(spec.sli, &Sli::of(sums, spec.filter.source));
        let budget = ErrorBudget::of(Ratio::new(measured.bad, measured.total), spec.objective);
        Self {
            name: spec.name.clone(),
            app: spec.filter.app.clone(),
            sli: spec.sli,
            limited_to: limits(&spec.filter),
            objective: spec.objective.share(),
            target: spec.objective.allowance(),
            window: spec.window.to_string(),
            from: Stamp(interval.from),
            to: Stamp(interval.to),
            measured,
            state: match budget {
                None => SloState::NoData,
                Some(budget) if budget.remaining < 0.0 => SloState::Breach,
                Some(_) => SloState::Ok,
            },
            budget_remaining: budget.map(|budget| budget.remaining),
            owner: owner.and_then(|owner| stated(&owner.team)),
            runbook_url: stated(&spec.runbook)
                .or_else(|| owner.and_then(|owner| stated(&owner.runbook))),
        }
    }
}

fn measured(indicator: Indicator, sli: &Sli) -> Rate {
    match indicator {
        Indicator::BlockRate => Rate::new(sli.block_rate.bad, sli.block_rate.total),
        Indicator::PreflightFailureRate => sli.preflight_failure_rate,
        Indicator::CredentialedFailureRate => Rate::new(
            sli.credentialed_failure_rate.bad,
            sli.credentialed_failure_rate.total,
        ),
        Indicator::ExposedHeaderMismatch => sli.exposed_header_mismatch,
        Indicator::PreflightLatency => Rate::new(
            sli.preflight_latency_ms.slow,
            sli.preflight_latency_ms.measured,
        ),
        Indicator::UnknownRate => sli.unknown_rate,
    }
}

fn limits(filter: &SliFilter) -> BTreeMap<&'static str, String> {
    let limits = [
        ("service", &filter.service),
        ("page_origin", &filter.page_origin),
        ("target_origin", &filter.target_origin),
        ("endpoint", &filter.endpoint),
        ("release", &filter.release),
        ("environment", &filter.environment),
    ];
    let stated = limits
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)));
    stated.collect()
}
