//! `GET /metrics`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;

use crate::auth::Caller;
use crate::health::Health;
use crate::problem::Problem;

/// The process's metrics, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "OpenMetrics text", body = String,
     content_type = "application/openmetrics-text"),
    (status = 403, description = "the token is limited to some apps", body = Problem),
))]
pub(crate) async fn get(
    State(health): State<Arc<Health>>,
    caller: Option<Extension<Caller>>,
) -> Result<impl IntoResponse, Problem> {
    // Metrics speak of every app's objectives.
    if let Some(Extension(caller)) = caller {
        caller.needs_all_apps()?;
    }
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok((
        [(header::CONTENT_TYPE, content_type)],
        health.metrics.encode(),
    ))
}
