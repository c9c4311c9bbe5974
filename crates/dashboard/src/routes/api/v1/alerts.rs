//! `GET /api/v1/alerts`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use store::AlertPhase;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::app;
use crate::state::Shared;
use crate::view::alert::Alert;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `app` reads")]
pub(crate) struct AppParams {
    /// Configured app; all that may be seen, where absent.
    #[param(min_length = 1, max_length = 64)]
    app: Option<String>,
}

// An alert that was pending and calmed down is no news to anybody.
/// Alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertsBody {
    /// What lasts first, then by start, the latest first.
    alerts: Vec<Alert>,
}

/// Every alert in its latest state. Alerts about the pipeline belong to no app and are in every
/// answer.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "operation", params(AppParams), responses(
    (status = 200, description = "the alerts", body = AlertsBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<AlertsBody>, Problem> {
    let mut params = Params::read_list(query.as_deref(), &names::<AppParams>());
    let only = params
        .given("app")
        .then(|| app(&mut params, &caller, &shared));
    params.finish()?;
    let wanted = |of: &str| match &only {
        _ if of.is_empty() => true,
        Some(only) => only == of,
        None => caller.may_see(of),
    };
    let rows = shared.queries.alerts().await?;
    let mut alerts: Vec<Alert> = rows
        .into_iter()
        .filter(|row| wanted(&row.app) && row.state != AlertPhase::Inactive)
        .map(|row| Alert::of(row, &shared.owners))
        .collect();
    alerts.sort_by_key(|alert| (alert.resolved_at.is_some(), std::cmp::Reverse(alert.since)));
    Ok(Json(AlertsBody { alerts }))
}
