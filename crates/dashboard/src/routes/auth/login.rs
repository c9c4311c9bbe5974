//! `GET /auth/login`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use utoipa::IntoParams;

use super::oidc;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::state::Shared;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `get` reads")]
pub(crate) struct LoginParams {
    /// The page to come back to: a path of this server; the start where absent.
    #[param(max_length = 2048)]
    r#return: Option<String>,
}

/// Sends a browser to the identity provider.
#[utoipa::path(get, path = "/auth/login", tag = "sign-in", params(LoginParams), responses(
    (status = 303, description = "to the provider"),
    (status = 404, description = "no provider is configured", body = Problem),
    (status = 502, description = "the provider cannot be asked", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut params = Params::read(query.as_deref(), &names::<LoginParams>());
    let back_to = params.text("return");
    params.finish()?;
    oidc(&shared)?.begin(back_to.as_deref()).await
}
