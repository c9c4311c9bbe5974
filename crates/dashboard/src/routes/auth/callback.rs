//! `GET /auth/callback`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use url::form_urlencoded;
use utoipa::IntoParams;

use super::oidc;
use crate::audit::{Audit, Step};
use crate::login::Returned;
use crate::problem::Problem;
use crate::state::Shared;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct CallbackParams {
    /// What the provider gives for a token.
    #[param(max_length = 8192)]
    code: Option<String>,
    /// Which sign-in it belongs to.
    #[param(max_length = 8192)]
    state: Option<String>,
    /// Why the provider signed no one in.
    #[param(max_length = 8192)]
    error: Option<String>,
}

/// Where the identity provider sends a browser back to: it gets a session, and goes to where it came from. Providers add
/// parameters of their own, which are not read.
#[utoipa::path(get, path = "/auth/callback", tag = "sign-in", params(CallbackParams), responses(
    (status = 303, description = "signed in"),
    (status = 400, description = "the sign-in is over, or was begun in another browser, or is not confirmed", body = Problem),
    (status = 403, description = "nothing is granted to this person", body = Problem),
    (status = 404, description = "no provider is configured", body = Problem),
    (status = 502, description = "the provider cannot be asked", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    request: Request,
) -> Result<Response, Problem> {
    let oidc = oidc(&shared)?;
    let client = shared.front.client(&request);
    let mut returned = Returned::default();
    let query = request.uri().query().unwrap_or_default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let field = match name.as_ref() {
            "code" => &mut returned.code,
            "state" => &mut returned.state,
            "error" => &mut returned.error,
            _ => continue,
        };
        *field = Some(value.into_owned());
    }
    let (response, person) = oidc.finish(request.headers(), returned).await?;
    Audit::signed(&person.name, client, Step::In);
    Ok(response)
}
