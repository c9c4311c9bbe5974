//! `GET /api/v1/slos`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::UnixMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::alerts::AppParams;
use crate::auth::Caller;
use crate::corrections::Corrections;
use crate::interval::Interval;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::app;
use crate::state::{Shared, SloSpec};
use crate::timestamp::Timestamp;
use crate::view::slo::SloStatus;

/// Objectives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlosBody {
    /// The time at which they were evaluated: the watermark; null while a partition of the log has no progress,
    /// and they were evaluated now.
    watermark: Option<Timestamp>,
    /// Whether the watermark stands too far back for alerts: these are frozen meanwhile.
    lagging: bool,
    /// In the order of the configuration.
    slos: Vec<SloStatus>,
}

/// Every configured objective, evaluated at the watermark over its own window.
#[utoipa::path(get, path = "/api/v1/slos", tag = "operation", params(AppParams), responses(
    (status = 200, description = "the objectives", body = SlosBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<SlosBody>, Problem> {
    let mut params = Params::read_list(query.as_deref(), &names::<AppParams>());
    let only = params
        .given("app")
        .then(|| app(&mut params, &caller, &shared));
    params.finish()?;
    let wanted = |spec: &&SloSpec| match &only {
        Some(only) => *only == spec.filter.app,
        None => caller.may_see(&spec.filter.app),
    };
    let wanted: Vec<&SloSpec> = shared.slos.iter().filter(wanted).collect();
    let now = shared.clock.now();
    let watermark = shared.watermark.read().await?;
    let late = shared.front.config.lagging_after.as_millis();
    Ok(Json(SlosBody {
        watermark: watermark.map(Timestamp),
        lagging: watermark.is_some_and(|watermark| now.0 - watermark.0 > late),
        slos: evaluate(&shared, &caller, &wanted, watermark.unwrap_or(now)).await?,
    }))
}

/// The objectives, each over its own window up to `at`.
async fn evaluate(
    shared: &Shared,
    caller: &Caller,
    specs: &[&SloSpec],
    at: UnixMillis,
) -> Result<Vec<SloStatus>, Problem> {
    let own = |spec: &SloSpec| {
        let window = spec
            .calendar
            .map_or(spec.window, |calendar| calendar.elapsed(at));
        Interval::ending_at(at, window.as_millis())
    };
    statuses(shared, caller, specs, own).await
}

/// The objectives, all over one interval.
pub(crate) async fn evaluate_over(
    shared: &Shared,
    caller: &Caller,
    specs: &[&SloSpec],
    within: Interval,
) -> Result<Vec<SloStatus>, Problem> {
    statuses(shared, caller, specs, |_| within).await
}

/// Objectives on the same traffic and time share one query.
async fn statuses(
    shared: &Shared,
    caller: &Caller,
    specs: &[&SloSpec],
    window: impl Fn(&SloSpec) -> Interval,
) -> Result<Vec<SloStatus>, Problem> {
    let mut asked: Vec<(&SloSpec, Interval, slo::Sums)> = Vec::new();
    let mut statuses = Vec::with_capacity(specs.len());
    let mut corrections = Corrections::read(shared).await?;
    for spec in specs {
        let interval = window(spec);
        let same = |(other, at, _): &&(&SloSpec, Interval, slo::Sums)| {
            other.filter == spec.filter && *at == interval
        };
        let sums = match asked.iter().find(same) {
            Some((.., sums)) => sums.clone(),
            None => {
                let sums = shared.queries.sli(&spec.filter, interval).await?;
                asked.push((spec, interval, sums.clone()));
                sums
            }
        };
        let status = SloStatus::of(spec, &sums, interval, &shared.owners);
        let corrected = corrections.of(spec, interval, shared).await?;
        statuses.push(match corrected {
            Some(by) => status.corrected(spec, &by, caller),
            None => status,
        });
    }
    Ok(statuses)
}
