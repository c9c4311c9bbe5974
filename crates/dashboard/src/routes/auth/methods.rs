//! `GET /auth/methods`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::params::Params;
use crate::problem::Problem;
use crate::state::Shared;

/// The ways in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MethodsBody {
    /// Whether a token opens the API.
    token: bool,
    /// Where a browser signs in at the identity provider; null where none is configured. `return` takes the page to come
    /// back to.
    login: Option<&'static str>,
}

/// How someone may show who they are. With neither way, no one has to, or a proxy does it for them.
#[utoipa::path(get, path = "/auth/methods", tag = "sign-in", responses(
    (status = 200, description = "the ways in", body = MethodsBody),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Result<Json<MethodsBody>, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let gate = &shared.front.gate;
    Ok(Json(MethodsBody {
        token: gate.has_tokens(),
        login: gate.login.oidc.as_ref().map(|_| "/auth/login"),
    }))
}
