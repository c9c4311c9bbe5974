//! `GET /api/v1/failures`.

pub(crate) mod single;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::{Kind, Outcome, Stage};
use serde::Serialize;
use store::SinglesOf;
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use super::endpoints::LimitParams;
use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams, words};
use crate::state::Shared;
use crate::view::scope::Scope;
use crate::view::single::{Single, id, place};
use crate::view::words::one_of;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `which` reads")]
pub(crate) struct SignatureParams {
    /// `request`, `preflight` or `header_read`.
    #[param(schema_with = kinds)]
    kind: Option<String>,
    /// How it ended: `blocked`, `network`, `unknown`, ...
    #[param(schema_with = outcomes)]
    outcome: Option<String>,
    /// Where in the protocol.
    #[param(schema_with = stages)]
    stage: Option<String>,
    /// Request method.
    #[param(max_length = 2048)]
    method: Option<String>,
    /// Names of the request headers, as failures have them; empty for those without.
    #[param(max_length = 2048)]
    parameter: Option<String>,
    /// Browser family: `firefox`.
    #[param(max_length = 2048)]
    browser_family: Option<String>,
    /// `next` of the page before.
    #[param(max_length = 64)]
    after: Option<String>,
}

/// Single failures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailuresBody {
    #[serde(flatten)]
    scope: Scope,
    /// Latest minute first.
    failures: Vec<Single>,
    /// `after` of the next page; null where this is the last one.
    next: Option<String>,
}

/// Single failures as browsers reported them, as far as raw observations are kept. Pages neither repeat
/// nor skip what was there when the first was asked for: state `to` in each, so that the window stays.
#[utoipa::path(get, path = "/api/v1/failures", tag = "data",
    params(OneAppParams, WindowParams, FilterParams, SignatureParams, LimitParams), responses(
    (status = 200, description = "a page of failures", body = FailuresBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<FailuresBody>, Problem> {
    let permitted = [
        Selection::names(),
        names::<SignatureParams>(),
        names::<LimitParams>(),
    ];
    let mut params = Params::read(query.as_deref(), &permitted.concat());
    let selection = Selection::read(&mut params, &caller, &shared);
    let which = which(&mut params);
    let after = params.text("after");
    let place = after.as_deref().map(place);
    if let (Some(given), Some(None)) = (&after, &place) {
        params.fault("after", given, "`next` of the page before, as it came");
    }
    let limit = params.limit(50);
    params.finish()?;
    let asked = (&selection.filter, &which);
    let (rows, watermark) = futures::try_join!(
        // One more than is shown tells whether there is another page.
        shared
            .queries
            .single_failures(asked, selection.interval, place.flatten(), limit + 1),
        shared.watermark.read(),
    )?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let last = rows.get(shown.saturating_sub(1));
    let next = last
        .filter(|_| rows.len() > shown)
        .map(|row| id(row.place()));
    Ok(Json(FailuresBody {
        scope: Scope::of(&selection, watermark),
        next,
        failures: rows.into_iter().take(shown).map(Single::of).collect(),
    }))
}

fn kinds() -> Object {
    one_of(Kind::ALL.iter().map(|word| word.as_str()))
}

fn outcomes() -> Object {
    one_of(Outcome::ALL.iter().map(|word| word.as_str()))
}

fn stages() -> Object {
    one_of(Stage::ALL.iter().map(|word| word.as_str()))
}

fn which(params: &mut Params) -> SinglesOf {
    SinglesOf {
        kind: params.parse("kind", &words(Kind::ALL.iter().map(|word| word.as_str()))),
        outcome: params.parse(
            "outcome",
            &words(Outcome::ALL.iter().map(|word| word.as_str())),
        ),
        stage: params.parse("stage", &words(Stage::ALL.iter().map(|word| word.as_str()))),
        method: params.text("method"),
        parameter: params.exact("parameter"),
        browser_family: params.text("browser_family"),
    }
}
