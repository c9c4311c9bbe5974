//! `GET /api/v1/endpoints`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::Outcome;
use serde::Serialize;
use slo::Sums;
use store::DiagnosisRow;
use utoipa::{IntoParams, ToSchema};

use super::diagnoses::LOOKED_THROUGH;
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams};
use crate::state::Shared;
use crate::view::failure::FailingEndpoint;
use crate::view::scope::Scope;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameter that `Params::limit` reads"
)]
pub(crate) struct LimitParams {
    /// Most rows, 1 to 500; default 20.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Failing endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndpointsBody {
    #[serde(flatten)]
    scope: Scope,
    /// Failures of the window in all; readable HTTP errors and what the page took back are none.
    total_failures: u64,
    /// One row for each way in which an endpoint fails, most first.
    endpoints: Vec<FailingEndpoint>,
}

/// The endpoints that fail most, and how.
#[utoipa::path(get, path = "/api/v1/endpoints", tag = "data", params(OneAppParams, WindowParams, FilterParams, LimitParams), responses(
    (status = 200, description = "failing endpoints", body = EndpointsBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<EndpointsBody>, Problem> {
    let permitted = [Selection::names(), names::<LimitParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let selection = Selection::read(&mut params, &caller, &shared);
    let limit = params.limit(20);
    params.finish()?;
    let (failures, diagnoses, sums, watermark) = futures::try_join!(
        shared
            .queries
            .top_failures(&selection.filter, selection.interval, limit),
        shared
            .queries
            .diagnoses(&selection.filter.app, LOOKED_THROUGH),
        shared.queries.sli(&selection.filter, selection.interval),
        shared.watermark.read(),
    )?;
    let total_failures = failures_in_all(&sums);
    let view = |failure| {
        let diagnosis = DiagnosisRow::of(&failure, &diagnoses).cloned();
        FailingEndpoint::of(failure, total_failures, diagnosis)
    };
    Ok(Json(EndpointsBody {
        scope: Scope::of(&selection, watermark),
        total_failures,
        endpoints: failures.into_iter().map(view).collect(),
    }))
}

/// What [`store::Reader::top_failures`] counts, over all signatures.
fn failures_in_all(sums: &Sums) -> u64 {
    let failed = |outcome: Outcome| match outcome {
        Outcome::Ok | Outcome::HttpError => false,
        Outcome::Aborted | Outcome::Unloaded | Outcome::Offline => false,
        Outcome::Blocked | Outcome::Network | Outcome::Csp | Outcome::MixedContent => true,
        Outcome::AdBlocked | Outcome::LocalNetwork | Outcome::Unknown => true,
    };
    let requests = sums
        .by_outcome
        .iter()
        .filter(|(outcome, _)| failed(*outcome));
    let requests: u64 = requests.map(|(_, count)| count).sum();
    requests + sums.header_unreadable + sums.preflights_failed
}
