//! `GET`, `POST /api/v1/silences` and `DELETE /api/v1/silences/{id}`.

use std::sync::Arc;

use alert::SilenceKind;
use axum::extract::{Path, RawQuery, State};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body;
use crate::params::Params;
use crate::problem::Problem;
use crate::silencing::{self, SilenceReport, SilenceView};
use crate::state::Shared;

const KIND: SilenceKind = SilenceKind::Silence;

/// Silences.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilencesBody {
    /// What holds first, then what will hold, then what is over: kept for 90 days.
    silences: Vec<SilenceView>,
}

/// Silences: those of the configuration and those that were recorded.
#[utoipa::path(get, path = "/api/v1/silences", tag = "operation", operation_id = "list_silences", responses(
    (status = 200, description = "all that the token may see", body = SilencesBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<SilencesBody>, Problem> {
    Params::read_list(query.as_deref(), &[]).finish()?;
    let silences = silencing::list(KIND, &caller, &shared).await?;
    Ok(Json(SilencesBody { silences }))
}

/// Records one: no receiver is notified about the alerts that it matches while it holds. They fire, are shown and
/// logged, and are sent once it is over if they still fire.
#[utoipa::path(post, path = "/api/v1/silences", tag = "operation", operation_id = "record_silences", request_body = SilenceReport, responses(
    (status = 201, description = "recorded", body = SilenceView),
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
) -> Result<(StatusCode, Json<SilenceView>), Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let report: SilenceReport = body::json(&headers, &bytes)?;
    let view = silencing::record(KIND, report, &caller, &shared).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Takes one back: from now on its alerts are sent again.
#[utoipa::path(delete, path = "/api/v1/silences/{id}", tag = "operation", operation_id = "delete_silences", params(
    ("id" = String, Path, description = "its identity"),
), responses(
    (status = 204, description = "taken back"),
    (status = 403, description = "the caller may not, or it is in the configuration", body = Problem),
    (status = 404, description = "not known, or of an app that the token may not see", body = Problem),
))]
pub(crate) async fn delete(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    silencing::take_back(KIND, &id, &caller, &shared).await?;
    Ok(StatusCode::NO_CONTENT)
}
