//! `POST /auth/logout`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header;
use serde::Serialize;
use utoipa::ToSchema;

use super::oidc;
use crate::audit::{Audit, Step};
use crate::auth::{Unsigned, same_origin};
use crate::problem::Problem;
use crate::state::Shared;

/// What is left to do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LogoutBody {
    /// Where the browser signs out of the provider, too; null where it has no such place, or there was no session.
    provider: Option<String>,
}

/// Ends the session of a browser.
#[utoipa::path(post, path = "/auth/logout", tag = "sign-in", responses(
    (status = 200, description = "there is no session now", body = LogoutBody),
    (status = 403, description = "a page of another origin asks", body = Problem),
    (status = 404, description = "no provider is configured", body = Problem),
))]
pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let oidc = oidc(&shared)?;
    same_origin(&request, Unsigned::Refused)?;
    let client = shared.front.client(&request);
    let (person, url, cookie) = oidc.end(request.headers()).await;
    if let Some(person) = person {
        Audit::signed(&person.name, client, Step::Out);
    }
    let body = LogoutBody {
        provider: url.map(String::from),
    };
    Ok(([(header::SET_COOKIE, cookie)], Json(body)).into_response())
}
