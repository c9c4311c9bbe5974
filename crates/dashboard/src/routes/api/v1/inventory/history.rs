//! `GET /api/v1/inventory/history`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{OfTargets, OfTargetsParams};
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::state::Shared;
use crate::view::inventory_history::{InventoryPoint, points};

/// The inventory is kept for so many days.
const MAX_DAYS: u32 = 400;
const USUAL_DAYS: u32 = 30;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `get` reads")]
pub(crate) struct HistoryParams {
    /// How many days, today among them: 1 to 400; default 30.
    #[param(minimum = 1, maximum = 400)]
    days: Option<u32>,
}

/// The inventory over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryBody {
    /// The end of each day since the inventory is kept, and now.
    points: Vec<InventoryPoint>,
}

/// How many services let whom read, day by day.
#[utoipa::path(get, path = "/api/v1/inventory/history", tag = "data", params(OfTargetsParams, HistoryParams), responses(
    (status = 200, description = "a point a day", body = HistoryBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<HistoryBody>, Problem> {
    let permitted = [names::<OfTargetsParams>(), names::<HistoryParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let of = OfTargets::read(&mut params, &caller, &shared);
    let permitted = format!("1 to {MAX_DAYS}");
    let days = params.parse("days", &permitted).unwrap_or(USUAL_DAYS);
    if !(1..=MAX_DAYS).contains(&days) {
        params.fault("days", &days.to_string(), permitted);
    }
    params.finish()?;
    let now = shared.clock.now();
    let mut steps = shared.queries.inventory_steps(now).await?;
    steps.retain(|step| of.admits(&caller, &step.apps, &step.service));
    Ok(Json(HistoryBody {
        points: points(&steps, now, days),
    }))
}
