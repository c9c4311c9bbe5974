//! `GET /api/v1/difference`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::Source;
use serde::Serialize;
use slo::{Sli, Term};
use store::Compared;
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use super::endpoints::LimitParams;
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams, words};
use crate::state::Shared;
use crate::view::difference::{DimensionDifference, dimensions};
use crate::view::scope::Scope;
use crate::view::words::one_of;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `sli` reads")]
pub(crate) struct SliParams {
    /// What failing means; default `block_rate`.
    #[param(schema_with = slis)]
    sli: Option<String>,
}

/// What failing requests have in common that passing ones do not have.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceBody {
    #[serde(flatten)]
    scope: Scope,
    /// The SLI that says what failing means.
    #[schema(schema_with = slis)]
    sli: &'static str,
    /// How many failed.
    failing: u64,
    /// How many passed.
    passing: u64,
    /// The dimension with the highest lift first.
    dimensions: Vec<DimensionDifference>,
}

/// Failing against passing requests by every dimension: which browser, release, origin or endpoint fails
/// more often than all together, and which is still healthy.
#[utoipa::path(get, path = "/api/v1/difference", tag = "data",
    params(OneAppParams, WindowParams, FilterParams, SliParams, LimitParams), responses(
    (status = 200, description = "the differences", body = DifferenceBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<DifferenceBody>, Problem> {
    let permitted = [
        Selection::names(),
        names::<SliParams>(),
        names::<LimitParams>(),
    ];
    let mut params = Params::read(query.as_deref(), &permitted.concat());
    let selection = Selection::read(&mut params, &caller, &shared);
    let (sli, compared) = sli(&mut params, selection.filter.source);
    let limit = params.limit(20);
    params.finish()?;
    let (rows, watermark) = futures::try_join!(
        shared
            .queries
            .difference(&selection.filter, selection.interval, compared),
        shared.watermark.read(),
    )?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (failing, passing, dimensions) = dimensions(&rows, limit);
    Ok(Json(DifferenceBody {
        scope: Scope::of(&selection, watermark),
        sli: sli.as_str(),
        failing,
        passing,
        dimensions,
    }))
}

/// What failing means, in counts of what `source` sees.
fn sli(params: &mut Params, source: Source) -> (Sli, Compared) {
    let permitted = words(counted().map(Sli::as_str));
    let given = params.parse("sli", &permitted);
    let sli: Sli = given.unwrap_or(Sli::BlockRate);
    let compared = compared(sli, source);
    if given.is_some() && compared.is_none() {
        params.fault("sli", sli.as_str(), permitted);
    }
    let usual = Compared {
        bad: slo::Count::Blocked,
        total: slo::Count::Requests,
    };
    (sli, compared.unwrap_or(usual))
}

fn compared(sli: Sli, source: Source) -> Option<Compared> {
    let formula = sli.formula(source)?;
    match (formula.bad, formula.total) {
        (Term::Count(bad), Term::Count(total)) => Some(Compared { bad, total }),
        _ => None,
    }
}

/// The SLIs that are ratios of counts, so that each request is one of the two.
fn counted() -> impl Iterator<Item = Sli> {
    let all = Sli::ALL.iter().copied();
    all.filter(|sli| compared(*sli, Source::Browser).is_some())
}

fn slis() -> Object {
    one_of(counted().map(Sli::as_str))
}
