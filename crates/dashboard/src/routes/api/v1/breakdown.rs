//! `GET /api/v1/breakdown`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use store::Dimension;
use utoipa::{IntoParams, ToSchema};

use super::endpoints::LimitParams;
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams, words};
use crate::state::Shared;
use crate::view::scope::Scope;
use crate::view::sli::Sli;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `by` reads")]
pub(crate) struct ByParams {
    /// `service`, `page_origin`, `target_origin`, `endpoint`, `method`, `release`, `environment`,
    /// `outcome`, `stage`, `cause`, `parameter`, `status`, `browser_family`, `browser`, `context`.
    by: String,
}

/// Sources are not among them: they are never summed, so they are not parts of a whole.
const DIMENSIONS: [(&str, Dimension); 15] = [
    ("service", Dimension::Service),
    ("page_origin", Dimension::PageOrigin),
    ("target_origin", Dimension::TargetOrigin),
    ("endpoint", Dimension::Endpoint),
    ("method", Dimension::Method),
    ("release", Dimension::Release),
    ("environment", Dimension::Environment),
    ("outcome", Dimension::Outcome),
    ("stage", Dimension::Stage),
    ("cause", Dimension::Cause),
    ("parameter", Dimension::Parameter),
    ("status", Dimension::Status),
    ("browser_family", Dimension::BrowserFamily),
    ("browser", Dimension::Browser),
    ("context", Dimension::Context),
];

/// The SLIs of every value of a dimension.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BreakdownBody {
    #[serde(flatten)]
    scope: Scope,
    /// The dimension.
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
    let (by, dimension) = by(&mut params);
    let limit = params.limit(20);
    params.finish()?;
    let (rows, watermark) = futures::try_join!(
        shared
            .queries
            .breakdown(&selection.filter, dimension, selection.interval, limit),
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
        by,
        rows,
    }))
}

fn by(params: &mut Params) -> (&'static str, Dimension) {
    let given = params.text("by").unwrap_or_default();
    let found = DIMENSIONS.into_iter().find(|(name, _)| *name == given);
    found.unwrap_or_else(|| {
        params.fault(
            "by",
            &given,
            words(DIMENSIONS.iter().map(|(name, _)| *name)),
        );
        DIMENSIONS[0]
    })
}
