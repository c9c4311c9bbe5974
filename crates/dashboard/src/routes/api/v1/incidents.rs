//! `GET /api/v1/incidents`, `GET /api/v1/incidents/{id}` and `POST /api/v1/incidents/{id}/close`.

use runtime::Causes as _;
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::{Extension, Json};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use incident::{Detail, Incident, Listed, Owned, detail, listed};
use serde::{Deserialize, Serialize};
use store::{ClosingRow, IncidentRow, IncidentState};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::body;
use crate::params::{Params, names};
use crate::problem::{Code, Fault, Problem};
use crate::selection::app;
use crate::state::Shared;
use crate::timestamp::Timestamp;

/// The longest reason for closing, in bytes.
const MAX_REASON: usize = 1000;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct IncidentsParams {
    /// Configured app; all that may be seen, where absent.
    #[param(min_length = 1, max_length = 64)]
    app: Option<String>,
    /// `open` or `closed`; both where absent.
    #[param(pattern = "^(open|closed)$")]
    state: Option<String>,
}

/// Incidents.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IncidentsBody {
    /// Those that last first, then the latest.
    incidents: Vec<Listed>,
}

/// What people hear about: failures by root cause, with what users notice, the change that may have done
/// it, and the alerts that belong to it. Of an incident of several apps only what concerns those that may
/// be seen, or the one that was asked for.
#[utoipa::path(get, path = "/api/v1/incidents", tag = "operation", params(IncidentsParams), responses(
    (status = 200, description = "the incidents", body = IncidentsBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<IncidentsBody>, Problem> {
    let mut params = Params::read_list(query.as_deref(), &names::<IncidentsParams>());
    let only = params
        .given("app")
        .then(|| app(&mut params, &caller, &shared));
    let state: Option<IncidentState> = params.parse("state", "open or closed");
    params.finish()?;
    let concerns = |of: &str| only.as_ref().is_none_or(|only| only == of) && caller.may_see(of);
    let mut rows = shared.queries.incidents().await?;
    rows.retain(|row| state.is_none_or(|state| row.state == state));
    Ok(Json(IncidentsBody {
        incidents: list(&rows, concerns, &shared),
    }))
}

/// The incidents of one app, as far as it is concerned.
pub(crate) async fn of_app(
    app: &str,
    caller: &Caller,
    shared: &Shared,
) -> Result<Vec<Listed>, Problem> {
    let rows = shared.queries.incidents().await?;
    let concerns = |of: &str| of == app && caller.may_see(of);
    Ok(list(&rows, concerns, shared))
}

fn list(rows: &[IncidentRow], concerns: impl Fn(&str) -> bool, shared: &Shared) -> Vec<Listed> {
    let rows = rows
        .iter()
        .filter(|row| row.apps.iter().any(|app| concerns(app)));
    rows.filter_map(|row| read(row)?.of_apps(&concerns))
        .map(|incident| listed(&incident, &owned(&incident, shared)))
        .collect()
}

/// All of one incident: timeline, evidence, runbook, and the one before it.
#[utoipa::path(get, path = "/api/v1/incidents/{id}", tag = "operation",
    params(("id" = String, Path, description = "Identity of the incident.")), responses(
    (status = 200, description = "the incident", body = Detail),
    (status = 404, description = "no such incident, or none that may be seen", body = Problem),
))]
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Detail>, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let incident = find(&shared, &id).await?;
    let incident = incident
        .of_apps(|app| caller.may_see(app))
        .ok_or_else(missing)?;
    let owned = owned(&incident, &shared);
    Ok(Json(detail(&incident, &owned, shared.clock.now())))
}

/// Why a person closes an incident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloseReport {
    /// Why it is over.
    reason: String,
}

/// What was said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CloseBody {
    /// Identity of the incident.
    incident: String,
    /// When it was said.
    at: Timestamp,
    /// Who said it: the name of the token.
    by: String,
    /// Why.
    reason: String,
}

/// Closes an incident by hand: it is over within moments, whatever is measured. If it fails again, that is
/// another incident.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/close", tag = "operation", request_body = CloseReport,
    params(("id" = String, Path, description = "Identity of the incident.")), responses(
    (status = 202, description = "said; whoever evaluates closes it", body = CloseBody),
    (status = 400, description = "a field is at fault, or it is closed", body = Problem),
    (status = 403, description = "the caller may not, or not for all apps that it concerns", body = Problem),
    (status = 404, description = "no such incident, or none that may be seen", body = Problem),
    (status = 415, description = "the body is not JSON", body = Problem),
))]
pub(crate) async fn close(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<(StatusCode, Json<CloseBody>), Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let report: CloseReport = body::json(&headers, &bytes)?;
    let reason = report.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        let permitted = format!("1 to {MAX_REASON} characters");
        return Err(fault("reason", "", permitted));
    }
    let incident = find(&shared, &id).await?;
    if !incident.apps.keys().any(|app| caller.may_see(app)) {
        return Err(missing());
    }
    if !incident.apps.keys().all(|app| caller.may_see(app)) {
        let detail = "the incident concerns apps that the token may not see";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    if !incident.is_open() {
        return Err(fault("id", &id, "an incident that is open"));
    }
    let row = ClosingRow {
        incident: id,
        at: shared.clock.now(),
        by: caller.name().to_owned(),
        reason,
    };
    shared.queries.save_closing(&row).await?;
    tracing::info!(
        incident = row.incident,
        by = row.by,
        "incident closed by hand"
    );
    let body = CloseBody {
        incident: row.incident,
        at: Timestamp(row.at),
        by: row.by,
        reason: row.reason,
    };
    Ok((StatusCode::ACCEPTED, Json(body)))
}

fn fault(field: &str, value: &str, permitted: impl Into<String>) -> Problem {
    Problem::faults(vec![Fault {
        field: field.to_owned(),
        value: value.to_owned(),
        permitted: permitted.into(),
    }])
}

fn missing() -> Problem {
    Problem::new(Code::NotFound, "no incident has this id")
}

async fn find(shared: &Shared, id: &str) -> Result<Incident, Problem> {
    let row = shared.queries.incident(id).await?.ok_or_else(missing)?;
    read(&row).ok_or_else(missing)
}

/// An incident as its owner keeps it.
#[derive(Debug, Deserialize)]
struct Kept {
    incident: Incident,
}

/// The incident in a row. One that another version wrote may not be readable here.
fn read(row: &IncidentRow) -> Option<Incident> {
    match serde_json::from_str::<Kept>(&row.body) {
        Ok(kept) => Some(kept.incident),
        Err(error) => {
            tracing::warn!(incident = row.id, error = %error.with_causes(), "a kept incident cannot be read");
            None
        }
    }
}

fn owned(incident: &Incident, shared: &Shared) -> Owned {
    let owner = shared.owners.of(&incident.service);
    owner.map_or_else(Owned::default, |owner| Owned {
        owner: owner.team.clone(),
        runbook: owner.runbook.clone(),
    })
}
