//! `GET` and `POST /api/v1/deploys`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::report::DeployReport;
use crate::rollback;
use crate::selection::{OneAppParams, WindowParams, app, interval};
use crate::state::Shared;
use crate::view::deploy::{Deploy, rollback_rate};
use crate::view::rate::Rate;

/// Deploys.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeploysBody {
    /// M6: rollbacks among deploys that touch CORS configuration, of `total` other such deploys.
    change_rollback_rate: Rate,
    /// In order of time.
    deploys: Vec<Deploy>,
}

/// The deploys of a window, and M6.
#[utoipa::path(get, path = "/api/v1/deploys", tag = "operation", params(OneAppParams, WindowParams), responses(
    (status = 200, description = "the deploys", body = DeploysBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<DeploysBody>, Problem> {
    let permitted = [names::<OneAppParams>(), names::<WindowParams>()].concat();
    let mut params = Params::read_list(query.as_deref(), &permitted);
    let app = app(&mut params, &caller, &shared);
    let (interval, _) = interval(&mut params, shared.clock.now());
    params.finish()?;
    let rows = shared.queries.deploys(&app, interval).await?;
    let deploys: Vec<Deploy> = rows.into_iter().map(Deploy::from).collect();
    Ok(Json(DeploysBody {
        change_rollback_rate: rollback_rate(&deploys),
        deploys,
    }))
}

/// Records a deploy. The same `id` of the same app again replaces what was recorded under it, so that a pipeline
/// may repeat a call that failed. It is a rollback where `kind` or `reverts` says so, where the first line of `note`
/// is the title of a revert, or where `version` was deployed before the one that it replaces; `rollback_rule` tells.
#[utoipa::path(post, path = "/api/v1/deploys", tag = "operation", request_body = DeployReport, responses(
    (status = 201, description = "recorded", body = Deploy),
    (status = 400, description = "a field is at fault", body = Problem),
    (status = 403, description = "the caller may not record", body = Problem),
    (status = 415, description = "the body is not JSON", body = Problem),
))]
pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Deploy>), Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let report: DeployReport = body::json(&headers, &bytes)?;
    let mut row = report.accept(&caller, &shared)?;
    let earlier = shared.queries.deploys_before(&row).await?;
    let title = row.note.lines().next().unwrap_or_default().to_owned();
    rollback::mark(&mut row, &title, &earlier);
    shared.queries.save_deploy(&row).await?;
    tracing::info!(
        id = row.id,
        app = row.app,
        author = row.author,
        recorded_by = row.recorded_by,
        "deploy recorded"
    );
    Ok((StatusCode::CREATED, Json(Deploy::from(row))))
}
