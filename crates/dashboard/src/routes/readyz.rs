//! `GET /readyz`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::{Condition, PartReport, Shared};

/// How the parts are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// The worst condition of any part.
    condition: Condition,
    /// Every part, the worst first.
    parts: Vec<PartReport>,
}

/// Whether the process can do its work, and which part cannot. Lag alone leaves it ready: numbers
/// are late, but taking the process out of service would not make them earlier.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "every part works, though perhaps degraded", body = Readiness),
    (status = 503, description = "some part is down", body = Readiness),
))]
pub(crate) async fn get(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Readiness>) {
    let mut parts = vec![];
    let watermark = shared.watermark().await;
    parts.push(store(watermark.as_ref().err()));
    if let Ok(Some(watermark)) = watermark {
        parts.push(lag(&shared, watermark.0));
    }
    for part in &shared.parts {
        parts.push(part.report().await);
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.condition));
    let condition = parts
        .first()
        .map_or(Condition::Ready, |part| part.condition);
    let status = match condition {
        Condition::Ready | Condition::Degraded => StatusCode::OK,
        Condition::Down => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(Readiness { condition, parts }))
}

/// The query behind the watermark reads a table that exists once the database is migrated.
fn store(error: Option<&store::StoreError>) -> PartReport {
    let condition = if error.is_some() {
        Condition::Down
    } else {
        Condition::Ready
    };
    let detail = error.map(ToString::to_string).unwrap_or_default();
    PartReport {
        part: "store".into(),
        condition,
        detail,
    }
}

fn lag(shared: &Shared, watermark: i64) -> PartReport {
    let millis = shared.clock.now().0 - watermark;
    let late = millis > shared.config.lagging_after.as_millis();
    let condition = if late {
        Condition::Degraded
    } else {
        Condition::Ready
    };
    let detail = if late {
        format!(
            "the watermark is {} s old: beacons wait in the log; look at the loader",
            millis / 1000
        )
    } else {
        String::new()
    };
    PartReport {
        part: "watermark".into(),
        condition,
        detail,
    }
}
