//! `GET /api/v1/preflights`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::Source;
use serde::Serialize;
use utoipa::ToSchema;

use super::endpoints::LimitParams;
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams};
use crate::state::Shared;
use crate::view::preflights::{PreflightCost, PreflightCosts, ReasonCost, options};
use crate::view::rate::Rate;
use crate::view::scope::Scope;

/// What preflights cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreflightsBody {
    #[serde(flatten)]
    scope: Scope,
    /// Requests that need a preflight, of all requests.
    needing_preflight: Rate,
    /// OPTIONS among all requests, as gateways saw them in the same window; `total` is 0 where no
    /// access logs are read.
    options: Rate,
    /// Preflights that a long `Access-Control-Max-Age` saves at most; null where no raw observations
    /// are kept.
    saved_by_max_age: Option<u64>,
    /// The same in milliseconds of waiting; null where no preflight was measured.
    saved_by_max_age_ms: Option<f64>,
    /// Milliseconds of waiting that requests of a simple shape save, which need no preflight.
    saved_by_simple_shape_ms: Option<f64>,
    /// What makes requests need a preflight, most requests first.
    reasons: Vec<ReasonCost>,
    /// By endpoint and shape, most requests first.
    shapes: Vec<PreflightCost>,
}

/// What preflights cost: how many requests need one and why, and what a max-age or a simple shape would
/// save. The sums are of all shapes, also of those beyond `limit`.
#[utoipa::path(get, path = "/api/v1/preflights", tag = "data",
    params(OneAppParams, WindowParams, FilterParams, LimitParams), responses(
    (status = 200, description = "what preflights cost", body = PreflightsBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<PreflightsBody>, Problem> {
    let permitted = [Selection::names(), names::<LimitParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let selection = Selection::read(&mut params, &caller, &shared);
    let limit = params.limit(100);
    params.finish()?;
    let (filter, interval) = (&selection.filter, selection.interval);
    let servers = store::SliFilter {
        source: Source::Gateway,
        ..filter.clone()
    };
    let (rows, sums, seen, audits, watermark) = futures::try_join!(
        shared.queries.preflighted(filter, interval),
        shared.queries.sli(filter, interval),
        shared.queries.sli(&servers, interval),
        shared.queries.inventory(interval.to),
        shared.watermark.read(),
    )?;
    let own = |audit: &store::InventoryRow| audit.apps.contains(&filter.app);
    let audits: Vec<_> = audits.into_iter().filter(own).collect();
    let mut costs = PreflightCosts::of(&rows, &audits);
    costs
        .shapes
        .truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Json(PreflightsBody {
        scope: Scope::of(&selection, watermark),
        needing_preflight: Rate::new(sums.preflighted, sums.requests),
        options: options(&seen),
        saved_by_max_age: costs.saved_by_max_age,
        saved_by_max_age_ms: costs.saved_by_max_age_ms,
        saved_by_simple_shape_ms: costs.saved_by_simple_shape_ms,
        reasons: costs.reasons,
        shapes: costs.shapes,
    }))
}
