//! `GET /api/v1/comparison`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::interval::Interval;
use crate::params::Params;
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams};
use crate::state::Shared;
use crate::timestamp::Timestamp;
use crate::view::scope::Scope;
use crate::view::sli::Sli;

/// The SLIs of a window and of the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparisonBody {
    #[serde(flatten)]
    scope: Scope,
    /// The window.
    current: Sli,
    /// The window of the same length that ends where it starts.
    before: Before,
}

/// The SLIs of the window before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Before {
    /// Its start.
    from: Timestamp,
    /// Its end, exclusive.
    to: Timestamp,
    #[serde(flatten)]
    sli: Sli,
}

/// The SLIs of a window beside those of the window before: with `window=7d`, this week against last.
#[utoipa::path(get, path = "/api/v1/comparison", tag = "data", params(OneAppParams, WindowParams, FilterParams), responses(
    (status = 200, description = "both", body = ComparisonBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<ComparisonBody>, Problem> {
    let mut params = Params::read(query.as_deref(), &Selection::names());
    let selection = Selection::read(&mut params, &caller, &shared);
    params.finish()?;
    let (filter, interval) = (&selection.filter, selection.interval);
    let before = Interval {
        from: interval.from.plus(-interval.millis()),
        to: interval.from,
    };
    let (current, earlier, watermark) = futures::try_join!(
        shared.queries.sli(filter, interval),
        shared.queries.sli(filter, before),
        shared.watermark.read(),
    )?;
    Ok(Json(ComparisonBody {
        scope: Scope::of(&selection, watermark),
        current: Sli::of(&current, filter.source),
        before: Before {
            from: Timestamp(before.from),
            to: Timestamp(before.to),
            sli: Sli::of(&earlier, filter.source),
        },
    }))
}
