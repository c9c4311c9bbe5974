//! `GET /metrics`.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{HeaderMap, header};

use crate::auth::Caller;
use crate::health::Health;
use crate::problem::Problem;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Prometheus asks for it; `promtool` and most other readers know only the text format.
fn asks_for_openmetrics(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("application/openmetrics-text"))
}

/// The process's metrics, for Prometheus: as OpenMetrics where `Accept` names it, else in the text format 0.0.4.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "text format of Prometheus, or OpenMetrics where `Accept` names it", content(
        (String = "text/plain"),
        (String = "application/openmetrics-text"),
    )),
    (status = 403, description = "the token is limited to some apps", body = Problem),
))]
pub(crate) async fn get(
    State(health): State<Arc<Health>>,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    // Metrics speak of every app's objectives.
    if let Some(Extension(caller)) = caller {
        caller.needs_all_apps()?;
    }
    let (content_type, text) = match asks_for_openmetrics(&headers) {
        true => (OPENMETRICS, health.metrics.encode()),
        false => (TEXT, health.metrics.encode_text()),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::VARY, "accept"),
    ];
    Ok((headers, text))
}
