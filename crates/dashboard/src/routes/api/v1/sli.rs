//! `GET /api/v1/sli`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams};
use crate::state::Shared;
use crate::view::scope::Scope;
use crate::view::sli::Sli;

/// The SLIs of a window.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SliBody {
    #[serde(flatten)]
    scope: Scope,
    #[serde(flatten)]
    sli: Sli,
}

/// The SLIs M1 to M5 of a window: of what is believed, with what is disputed beside each.
#[utoipa::path(get, path = "/api/v1/sli", tag = "data", params(OneAppParams, WindowParams, FilterParams), responses(
    (status = 200, description = "the SLIs", body = SliBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<SliBody>, Problem> {
    let mut params = Params::read(query.as_deref(), &Selection::names());
    let selection = Selection::read(&mut params, &caller, &shared);
    params.finish()?;
    let (filter, interval) = (&selection.filter, selection.interval);
    let disputed = filter.disputed();
    let (sums, disputed, watermark) = futures::try_join!(
        shared.queries.sli(filter, interval),
        shared.queries.sli(&disputed, interval),
        shared.watermark.read(),
    )?;
    let sli = Sli::of(&sums, filter.source).beside_disputed(&disputed, filter.source);
    Ok(Json(SliBody {
        scope: Scope::of(&selection, watermark),
        sli,
    }))
}
