//! `GET /api/v1/shapes`.

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
use crate::view::shape::Shape;

/// What pages ask for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShapesBody {
    #[serde(flatten)]
    scope: Scope,
    /// Whether these are all; else those of most requests.
    complete: bool,
    /// Most requests first.
    shapes: Vec<Shape>,
}

/// The shapes of the requests that pages made: what `corswatch simulate` and `corswatch generate`
/// hold against policies.
#[utoipa::path(get, path = "/api/v1/shapes", tag = "data", params(OneAppParams, WindowParams, FilterParams), responses(
    (status = 200, description = "shapes of requests", body = ShapesBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<ShapesBody>, Problem> {
    let mut params = Params::read(query.as_deref(), &Selection::names());
    let selection = Selection::read(&mut params, &caller, &shared);
    params.finish()?;
    let (shapes, watermark) = futures::try_join!(
        shared.queries.shapes(&selection.filter, selection.interval),
        shared.watermark.read(),
    )?;
    let most = usize::try_from(store::MAX_SHAPES).unwrap_or(usize::MAX);
    Ok(Json(ShapesBody {
        scope: Scope::of(&selection, watermark),
        complete: shapes.len() < most,
        shapes: shapes.into_iter().map(Shape::from).collect(),
    }))
}
