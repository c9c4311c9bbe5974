//! `GET /api/v1/failures/{id}`.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::{Code, Problem};
use crate::routes::api::v1::diagnoses::LOOKED_THROUGH;
use crate::selection::{OneAppParams, app};
use crate::state::Shared;
use crate::view::diagnosis::Diagnosis;
use crate::view::single::{Replayed, Single, place};

/// One failure with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FailureBody {
    /// What the browser reported.
    failure: Single,
    /// What replaying it showed; null where it was not replayed.
    diagnosis: Option<Diagnosis>,
    /// How the target answered pages of this origin when it was replayed: of each kind of question the
    /// latest two states, latest first.
    replayed: Vec<Replayed>,
}

/// One failure: what the browser reported, what replaying it showed, and how the target answered.
#[utoipa::path(get, path = "/api/v1/failures/{id}", tag = "data",
    params(("id" = String, Path, description = "`id` of a failure"), OneAppParams), responses(
    (status = 200, description = "the failure", body = FailureBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
    (status = 404, description = "no failure has this id, or it is older than raw observations are kept", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<FailureBody>, Problem> {
    let mut params = Params::read(query.as_deref(), &names::<OneAppParams>());
    let app = app(&mut params, &caller, &shared);
    params.finish()?;
    let missing = || {
        let detail = "no failure has this id, or it is older than raw observations are kept";
        Problem::new(Code::NotFound, detail)
    };
    let place = place(&id).ok_or_else(missing)?;
    let (row, diagnoses) = futures::try_join!(
        shared.queries.single_failure(&app, place),
        shared.queries.diagnoses(&app, LOOKED_THROUGH),
    )?;
    let failure = Single::of(row.ok_or_else(missing)?);
    let diagnosis = failure.diagnosis(diagnoses);
    let replayed = match diagnosis.as_ref().filter(|known| !known.url.is_empty()) {
        Some(known) => {
            let asked = shared.queries.snapshots(&known.page_origin, &known.url);
            asked.await?
        }
        None => Vec::new(),
    };
    Ok(Json(FailureBody {
        failure,
        diagnosis,
        replayed: replayed.into_iter().map(Replayed::from).collect(),
    }))
}
