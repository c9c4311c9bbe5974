//! `/auth`: how people sign in and out.

pub(crate) mod callback;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod methods;

use std::sync::Arc;

use crate::login::Oidc;
use crate::problem::{Code, Problem};
use crate::state::Shared;

/// The provider, where one is configured.
fn oidc(shared: &Shared) -> Result<&Arc<Oidc>, Problem> {
    shared.front.gate.login.oidc.as_ref().ok_or_else(|| {
        let detail = "no identity provider is configured (`dashboard.oidc`)";
        Problem::new(Code::NotFound, detail)
    })
}
