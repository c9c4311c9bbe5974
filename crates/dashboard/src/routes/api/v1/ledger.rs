//! `GET /api/v1/ledger`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::Shared;
use crate::view::ledger::LedgerBody;

/// Where every beacon went, over all apps.
#[utoipa::path(get, path = "/api/v1/ledger", tag = "operation", responses(
    (status = 200, description = "the ledger", body = LedgerBody),
    (status = 403, description = "the token is limited to some apps", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<LedgerBody>, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    caller.needs_all_apps()?;
    let ledger = shared.queries.ledger().await?;
    // The log's end is asked last: what is appended meanwhile then never looks like a loss.
    let ends = match &shared.log_ends {
        Some(log) => log.ends().await,
        None => None,
    };
    Ok(Json(LedgerBody::of(&ledger, ends.as_deref())))
}
