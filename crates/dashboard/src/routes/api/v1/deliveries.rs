//! `GET /api/v1/deliveries`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use store::{DeliveryFilter, DeliveryRow};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{WindowParams, app, interval};
use crate::state::Shared;
use crate::timestamp::Timestamp;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct DeliveryParams {
    /// Configured app; all that may be seen, where absent.
    #[param(min_length = 1, max_length = 64)]
    app: Option<String>,
    /// Identity of an alert or incident.
    #[param(max_length = 2048)]
    alert: Option<String>,
    /// Name of a receiver.
    #[param(max_length = 2048)]
    receiver: Option<String>,
    /// `delivered`, `refused`, `forbidden`, `gave_up`, `silenced` or `stopped`.
    #[param(max_length = 2048)]
    outcome: Option<String>,
    /// At most so many, 1 to 500; default 100.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What one receiver made of one notification.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// When it ended.
    at: Timestamp,
    /// The alert or incident.
    alert: String,
    /// Which of its notifications.
    sequence: u64,
    /// Its app; empty where it is about the pipeline.
    app: String,
    /// What it said first.
    summary: String,
    /// `firing` or `resolved`.
    status: String,
    /// The receiver; empty where a silence held it back from all.
    receiver: String,
    /// `delivered`; `refused` for good; `forbidden`: an address that must not be called; `gave_up` for now;
    /// `silenced`; `stopped` with the process. The last three are tried again.
    outcome: String,
    /// Attempts that were made.
    attempts: u32,
    /// What was answered last, or why nothing was: `HTTP 202`.
    answer: String,
    /// From queueing to the end, in milliseconds.
    millis: u64,
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> Self {
        Self {
            at: Timestamp(row.at),
            alert: row.alert,
            sequence: row.sequence,
            app: row.app,
            summary: row.summary,
            status: row.status,
            receiver: row.receiver,
            outcome: row.outcome,
            attempts: row.attempts,
            answer: row.answer,
            millis: row.millis,
        }
    }
}

/// The delivery log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveriesBody {
    /// Latest first.
    deliveries: Vec<DeliveryView>,
}

/// What receivers made of notifications in a window; kept for 90 days. Those about the pipeline or about
/// several apps are for tokens of all apps.
#[utoipa::path(get, path = "/api/v1/deliveries", tag = "operation", params(DeliveryParams, WindowParams), responses(
    (status = 200, description = "the deliveries", body = DeliveriesBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<DeliveriesBody>, Problem> {
    let permitted = [names::<DeliveryParams>(), names::<WindowParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let only = params
        .given("app")
        .then(|| app(&mut params, &caller, &shared));
    let (within, _) = interval(&mut params, shared.clock.now());
    let limit = params.limit(100);
    let mut text = |name: &str| params.text(name).unwrap_or_default();
    let filter = DeliveryFilter {
        app: only.unwrap_or_default(),
        alert: text("alert"),
        receiver: text("receiver"),
        outcome: text("outcome"),
    };
    params.finish()?;
    let rows = shared.queries.deliveries(&filter, within, limit).await?;
    // What names no app is about the pipeline, or about several apps, whose names its text may hold.
    let visible = rows.into_iter().filter(|row| caller.may_see(&row.app));
    let deliveries = visible.map(DeliveryView::from).collect();
    Ok(Json(DeliveriesBody { deliveries }))
}
