//! `GET`, `POST /api/v1/partner-links` and `DELETE /api/v1/partner-links/{id}`.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::body;
use crate::params::Params;
use crate::partner::{self, PartnerLinkMade, PartnerLinkReport, PartnerLinkView};
use crate::problem::Problem;
use crate::state::Shared;

/// Links for partners.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerLinksBody {
    /// The latest first; those that are over are kept for 90 days.
    partner_links: Vec<PartnerLinkView>,
}

/// The links for partners of the apps that an admin may see.
#[utoipa::path(get, path = "/api/v1/partner-links", tag = "operation", responses(
    (status = 200, description = "the links, without their secrets", body = PartnerLinksBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
    (status = 403, description = "the caller is not an admin", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<PartnerLinksBody>, Problem> {
    Params::read_list(query.as_deref(), &[]).finish()?;
    let partner_links = partner::list(&caller, &shared).await?;
    Ok(Json(PartnerLinksBody { partner_links }))
}

/// Makes a link that shows a partner the SLI of one page origin and how to mend what fails there, and nothing else.
#[utoipa::path(post, path = "/api/v1/partner-links", tag = "operation", request_body = PartnerLinkReport, responses(
    (status = 201, description = "made; its secret is shown here alone", body = PartnerLinkMade),
    (status = 400, description = "a field is at fault", body = Problem),
    (status = 403, description = "the caller is not an admin", body = Problem),
    (status = 415, description = "the body is not JSON", body = Problem),
))]
pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<PartnerLinkMade>), Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let report: PartnerLinkReport = body::json(&headers, &bytes)?;
    let made = partner::make(report, &caller, &shared).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revokes one: from now on it says so, and shows nothing.
#[utoipa::path(delete, path = "/api/v1/partner-links/{id}", tag = "operation", params(
    ("id" = String, Path, description = "its identity"),
), responses(
    (status = 204, description = "revoked"),
    (status = 403, description = "the caller is not an admin", body = Problem),
    (status = 404, description = "not known, or of an app that the caller may not see", body = Problem),
))]
pub(crate) async fn delete(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    partner::revoke(&id, &caller, &shared).await?;
    Ok(StatusCode::NO_CONTENT)
}
