//! `GET` and `POST /control`: what is switched on. On the page's own origin, so that its switches are
//! no cross-origin requests and change no number.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use crate::{Failure, Switches};

/// What is on, as read and written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Control {
    /// Exactly these failures are on.
    failures: BTreeSet<Failure>,
}

/// Says what is on.
pub(crate) async fn get(State(switches): State<Switches>) -> Json<Control> {
    Json(Control {
        failures: switches.on(),
    })
}

/// Switches on exactly what the body names. The body is JSON whatever its type says.
pub(crate) async fn post(State(switches): State<Switches>, body: String) -> impl IntoResponse {
    match serde_json::from_str::<Control>(&body) {
        Ok(control) => {
            tracing::info!(failures = ?control.failures, "demo API switched");
            switches.set(control.failures);
            Ok(get(State(switches)).await)
        }
        Err(error) => Err((axum::http::StatusCode::BAD_REQUEST, error.to_string())),
    }
}
