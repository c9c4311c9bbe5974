//! Objectives, and what is left of their budgets.

use std::collections::BTreeMap;

use alert::Owners;
use serde::Serialize;
use slo::{BudgetState, ErrorBudget, Sli, Sums};
use store::SliFilter;
use utoipa::ToSchema;
use utoipa::openapi::Object;

use super::rate::Rate;
use super::words::one_of;
use crate::auth::Caller;
use crate::corrections::{Corrected, may_read};
use crate::interval::Interval;
use crate::state::SloSpec;
use crate::timestamp::Timestamp;

/// An objective and how it stands at the watermark.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SloStatus {
    /// Its name.
    pub name: String,
    /// The app.
    pub app: String,
    /// What is measured.
    #[schema(schema_with = sli_words)]
    pub sli: Sli,
    /// What it is limited to, by the names of the filters: `{"service": "cart"}`; empty for all.
    #[schema(value_type = BTreeMap<String, String>)]
    pub limited_to: BTreeMap<&'static str, String>,
    /// Share that has to be good: 0.999.
    pub objective: f64,
    /// Ratio that is allowed: 0.001.
    pub target: f64,
    /// The window of the budget: `30d`; of a calendar the usual length.
    pub window: String,
    /// What the budget is for, where that is not a rolling window: `month (Europe/Berlin)`; null otherwise.
    pub calendar: Option<String>,
    /// Start of the window that was evaluated.
    pub from: Timestamp,
    /// Its end: the watermark, or now while there is none.
    pub to: Timestamp,
    /// What was counted in the window.
    pub measured: Rate,
    /// Whether it is kept: `ok`, `breach` (the budget of the window is overspent) or `no_data`.
    #[schema(schema_with = state_words)]
    pub state: BudgetState,
    /// Share of the error budget that is left: 1 all, 0 none, negative when overspent; null
    /// without data.
    pub budget_remaining: Option<f64>,
    /// The same without announced work; null where no maintenance window applies.
    pub corrected: Option<CorrectedStatus>,
    /// Team that owns the service that it is limited to; null where it is limited to none, or nothing
    /// is configured.
    pub owner: Option<String>,
    /// What to do when it is in danger: its own runbook, else that of the service; null where nothing
    /// is configured.
    pub runbook_url: Option<String>,
}

/// How an objective stands without announced work: what was measured then is in neither number.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CorrectedStatus {
    /// What was counted outside of it.
    pub measured: Rate,
    /// Whether it is kept: `ok`, `breach` or `no_data`.
    #[schema(schema_with = state_words)]
    pub state: BudgetState,
    /// Share of the error budget that is left; null without data.
    pub budget_remaining: Option<f64>,
    /// What was counted within it.
    pub excluded: Rate,
    /// Minutes that are left out, of some or all of what is measured.
    pub excluded_minutes: i64,
    /// The maintenance windows that apply.
    pub by: Vec<CorrectionView>,
}

/// A maintenance window that corrects an objective.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct CorrectionView {
    /// Its identity, as `GET /api/v1/maintenance` has it.
    pub id: String,
    /// Who asked for it; null where the token may not see it.
    pub author: Option<String>,
    /// What for; null where the token may not see it.
    pub reason: Option<String>,
}

impl SloStatus {
    /// Adds how it stands without announced work.
    pub(crate) fn corrected(mut self, spec: &SloSpec, by: &Corrected, caller: &Caller) -> Self {
        let measured = slo::Ratio::new(
            self.measured.bad.saturating_sub(by.excluded.bad),
            self.measured.total.saturating_sub(by.excluded.total),
        );
        let budget = ErrorBudget::of(measured, spec.objective);
        let view = |window: &alert::Silence| {
            let readable = may_read(window, caller);
            CorrectionView {
                id: window.id.clone(),
                author: readable.then(|| window.author.clone()),
                reason: readable.then(|| window.reason.clone()),
            }
        };
        self.corrected = Some(CorrectedStatus {
            measured: measured.into(),
            state: ErrorBudget::state(budget),
            budget_remaining: budget.map(|budget| budget.remaining),
            excluded: by.excluded.into(),
            excluded_minutes: by.minutes,
            by: by.by.iter().map(view).collect(),
        });
        self
    }

    /// How `spec` stands with `sums` of `interval`.
    pub(crate) fn of(spec: &SloSpec, sums: &Sums, interval: Interval, owners: &Owners) -> Self {
        let owner = spec.filter.service.as_ref();
        let owner = owner.and_then(|service| owners.of(service));
        let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let measured = spec.sli.ratio(sums, spec.filter.source);
        let budget = ErrorBudget::of(measured, spec.objective);
        Self {
            name: spec.name.clone(),
            app: spec.filter.app.clone(),
            sli: spec.sli,
            limited_to: limited_to(&spec.filter),
            objective: spec.objective.share(),
            target: spec.objective.allowance(),
            window: spec.window.to_string(),
            calendar: spec.calendar.map(|calendar| calendar.to_string()),
            from: Timestamp(interval.from),
            to: Timestamp(interval.to),
            measured: measured.into(),
            state: ErrorBudget::state(budget),
            budget_remaining: budget.map(|budget| budget.remaining),
            corrected: None,
            owner: owner.and_then(|owner| stated(&owner.team)),
            runbook_url: stated(&spec.runbook)
                .or_else(|| owner.and_then(|owner| stated(&owner.runbook))),
        }
    }
}

fn limited_to(filter: &SliFilter) -> BTreeMap<&'static str, String> {
    let limits = filter.limits().into_iter();
    let flow = filter.flow.iter().map(|flow| ("flow", flow.name.as_str()));
    limits
        .chain(flow)
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

fn sli_words() -> Object {
    one_of(Sli::ALL.iter().map(|sli| sli.as_str()))
}

fn state_words() -> Object {
    one_of(BudgetState::ALL.iter().map(|state| state.as_str()))
}
