//! `GET /api/v1/breakdown`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use store::Dimension;
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use super::endpoints::LimitParams;
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams, words};
use crate::state::Shared;
use crate::view::scope::Scope;
use crate::view::sli::Sli;
use crate::view::words::one_of;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `by` reads")]
pub(crate) struct ByParams {
    /// What to break down by.
    #[param(schema_with = dimensions)]
    by: String,
}

/// The SLIs of every value of a dimension.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakdownBody {
    #[serde(flatten)]
    scope: Scope,
    /// The dimension.
    #[schema(schema_with = dimensions)]
    by: &'static str,
    /// The values with most requests.
    rows: Vec<Row>,
}

/// The SLIs of one value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Row {
    /// The value; empty where none is stated.
    value: String,
    #[serde(flatten)]
    sli: Sli,
}

/// The SLIs of a window, for every value of a dimension.
#[utoipa::path(get, path = "/api/v1/breakdown", tag = "data",
    params(OneAppParams, WindowParams, FilterParams, ByParams, LimitParams), responses(
    (status = 200, description = "the SLIs of every value", body = BreakdownBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<BreakdownBody>, Problem> {
    let permitted = [
        Selection::names(),
        names::<ByParams>(),
        names::<LimitParams>(),
    ];
    let mut params = Params::read(query.as_deref(), &permitted.concat());
    let selection = Selection::read(&mut params, &caller, &shared);
    let by = by(&mut params);
    let limit = params.limit(20);
    params.finish()?;
    let (rows, watermark) = futures::try_join!(
        shared
            .queries
            .breakdown(&selection.filter, by, selection.interval, limit),
        shared.watermark.read(),
    )?;
    let source = selection.filter.source;
    let row = |row: store::Breakdown| Row {
        value: row.value,
        sli: Sli::of(&row.sums, source),
    };
    let rows = rows.into_iter().map(row).collect();
    Ok(Json(BreakdownBody {
        scope: Scope::of(&selection, watermark),
        by: by.as_str(),
        rows,
    }))
}

fn by(params: &mut Params) -> Dimension {
    let given = params.text("by").unwrap_or_default();
    given.parse().unwrap_or_else(|_| {
        params.fault("by", &given, words(dimension_words()));
        Dimension::Browser
    })
}

fn dimension_words() -> impl Iterator<Item = &'static str> {
    Dimension::ALL.iter().map(|dimension| dimension.as_str())
}

fn dimensions() -> Object {
    one_of(dimension_words())
}
