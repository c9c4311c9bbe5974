//! `GET /api/v1/diagnoses`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use explain::fix::Platform;
use serde::Serialize;
use utoipa::openapi::Object;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{OneAppParams, app, words};
use crate::state::Shared;
use crate::view::diagnosis::Diagnosis;
use crate::view::words::one_of;

/// Diagnoses that are looked through for one.
pub(crate) const LOOKED_THROUGH: u32 = 500;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct DiagnosesParams {
    /// Only this diagnosis.
    #[param(max_length = 2048)]
    id: Option<String>,
    /// Adds the configuration that lets the request pass, for this place: `nginx`, `envoy`,
    /// `apache`, `caddy`, `haproxy`, `traefik`, `express`, `spring`, `fastapi`, `tower-http`,
    /// `aws-api-gateway`, `cloudfront`, `cloudflare-workers`, `ingress-nginx`, `gateway-api`.
    #[param(schema_with = platforms)]
    platform: Option<String>,
    /// Most rows, 1 to 500; default 100.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Diagnoses.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiagnosesBody {
    /// The latest of each failure, latest first.
    diagnoses: Vec<Diagnosis>,
}

/// What replaying the failures of an app showed: the rule that broke, what the browser required and
/// got, and what to change.
#[utoipa::path(get, path = "/api/v1/diagnoses", tag = "data", params(OneAppParams, DiagnosesParams), responses(
    (status = 200, description = "diagnoses", body = DiagnosesBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<DiagnosesBody>, Problem> {
    let permitted = [names::<OneAppParams>(), names::<DiagnosesParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let app = app(&mut params, &caller, &shared);
    let id = params.text("id");
    let given = params.text("platform");
    let platform = given
        .as_deref()
        .and_then(|name| Platform::ALL.iter().find(|one| one.as_str() == name));
    if let (Some(given), None) = (&given, platform) {
        let known = Platform::ALL.iter().map(|one| one.as_str());
        params.fault("platform", given, words(known));
    }
    let limit = params.limit(100);
    params.finish()?;
    let asked = if id.is_some() { LOOKED_THROUGH } else { limit };
    let rows = shared.queries.diagnoses(&app, asked).await?;
    let diagnoses = rows
        .into_iter()
        .filter(|row| id.as_ref().is_none_or(|id| *id == row.id))
        .map(|row| match platform {
            Some(platform) => Diagnosis::from(row).with_snippet(*platform),
            None => row.into(),
        })
        .collect();
    Ok(Json(DiagnosesBody { diagnoses }))
}

fn platforms() -> Object {
    one_of(Platform::ALL.iter().map(|platform| platform.as_str()))
}
