//! `GET /readyz`.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;

use crate::auth::Caller;
use crate::health::{Condition, Health, Readiness};

/// Whether the process can do its work, and which part cannot. Lag alone leaves it ready: numbers
/// are late, but taking the process out of service would not make them earlier. Where there are tokens, `detail` is
/// empty for who sends none: it may name directories and servers.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "every part works, though perhaps degraded", body = Readiness),
    (status = 503, description = "some part is down", body = Readiness),
))]
pub(crate) async fn get(
    State(health): State<Arc<Health>>,
    caller: Option<Extension<Caller>>,
) -> (StatusCode, Json<Readiness>) {
    let readiness = health.readiness().await;
    let readiness = match caller {
        Some(_) => readiness,
        None => readiness.without_details(),
    };
    let status = match readiness.condition {
        Condition::Ready | Condition::Degraded => StatusCode::OK,
        Condition::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(readiness))
}
