//! `GET /api/v1/me`.

use axum::extract::RawQuery;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{Caller, Way};
use crate::login::Role;
use crate::params::Params;
use crate::problem::Problem;

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// The name of the token or of the person, as it is logged and recorded.
    name: String,
    /// How it is shown.
    way: Way,
    /// What it may do.
    role: Role,
    /// The apps that it sees; null for all.
    apps: Option<Vec<String>>,
}

/// Who asks, and what is granted.
#[utoipa::path(get, path = "/api/v1/me", tag = "operation", responses(
    (status = 200, description = "the caller", body = MeBody),
))]
pub(crate) async fn get(
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<MeBody>, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let apps = match &caller {
        Caller::Holder { apps, .. } if !apps.is_empty() => Some(apps.clone()),
        _ => None,
    };
    Ok(Json(MeBody {
        name: caller.name().to_owned(),
        way: caller.way(),
        role: caller.role(),
        apps,
    }))
}
