//! `GET /partner/sli`: what a partner sees.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use observation::{Outcome, Source, Stage};
use serde::Serialize;
use store::{DiagnosisRow, PartnerLinkRow, SliFilter};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::api::v1::diagnoses::LOOKED_THROUGH;
use crate::interval::Interval;
use crate::params::Params;
use crate::partner;
use crate::problem::{Code, Problem};
use crate::state::Shared;
use crate::timestamp::Timestamp;
use crate::view::diagnosis::{Diagnosis, Fix};
use crate::view::sli::Sli;

/// What is shown, in milliseconds: 7 days.
const WINDOW: i64 = 7 * 86_400_000;
/// Most failing requests that are shown.
const MAX_FAILING: u32 = 20;

/// One page origin, as a partner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerBody {
    /// Origin of the pages.
    page_origin: String,
    /// Start of the window.
    from: Timestamp,
    /// Its end.
    to: Timestamp,
    /// When this link ends.
    expires_at: Timestamp,
    /// What browsers saw of the requests of these pages.
    sli: Sli,
    /// The requests that fail most, with what to change.
    failing: Vec<PartnerFailure>,
}

/// Requests of the pages that fail in one way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartnerFailure {
    /// Request method.
    method: String,
    /// Origin of the server.
    target_origin: String,
    /// Path template.
    endpoint: String,
    /// How it ended.
    #[schema(value_type = String)]
    outcome: Outcome,
    /// Where in the CORS protocol, for a block.
    #[schema(value_type = Option<String>)]
    stage: Option<Stage>,
    /// Chromium's `CorsError` name; null where the evidence does not tell.
    cause: Option<String>,
    /// How many.
    count: u64,
    /// Start of the last minute with one.
    last_seen: Timestamp,
    /// What the browser requires and what it got; null where it was not replayed.
    explanation: Option<String>,
    /// What to change, most specific first.
    fixes: Vec<Fix>,
}

/// The SLI of one page origin, and how to mend what fails there: for who has a link. The secret of the link is the bearer
/// token.
#[utoipa::path(get, path = "/partner/sli", tag = "partner", responses(
    (status = 200, description = "the last 7 days", body = PartnerBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
    (status = 401, description = "the link is not known", body = Problem),
    (status = 410, description = "the link has expired or was revoked", body = Problem),
))]
pub(crate) async fn get(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let front = &shared.front;
    let client = front.client(&request);
    if let Err(problem) = front.guesses.listens(client, Instant::now()) {
        return front.refuse(problem, client, request.uri().path());
    }
    let link = match partner::shown(request.headers(), &shared).await {
        Ok(link) => link,
        Err(problem) => {
            if problem.code() == Code::Unauthenticated {
                front.guesses.wrong(client, Instant::now());
            }
            return front.refuse(problem, client, request.uri().path());
        }
    };
    front.audit.followed(&link.id, client);
    match body(link, request.uri().query(), &shared).await {
        Ok(body) => Json(body).into_response(),
        Err(problem) => problem.into_response(),
    }
}

async fn body(
    link: PartnerLinkRow,
    query: Option<&str>,
    shared: &Shared,
) -> Result<PartnerBody, Problem> {
    Params::read(query, &[]).finish()?;
    let interval = Interval::ending_at(shared.clock.now(), WINDOW);
    let app = shared.apps.iter().find(|known| known.name == link.app);
    let filter = SliFilter {
        page_origin: Some(link.page_origin.clone()),
        lab: app.map(|app| app.lab).unwrap_or_default(),
        ..SliFilter::app(&link.app)
    };
    let disputed = filter.disputed();
    let (sums, disputed, failures, mut diagnoses) = futures::try_join!(
        shared.queries.sli(&filter, interval),
        shared.queries.sli(&disputed, interval),
        shared.queries.top_failures(&filter, interval, MAX_FAILING),
        shared.queries.diagnoses(&link.app, LOOKED_THROUGH),
    )?;
    // What was replayed as another page says what that page may, which is no one else's.
    diagnoses.retain(|row| row.signature.page_origin == link.page_origin);
    let failing = failures.into_iter().map(|failure| {
        let diagnosis = DiagnosisRow::of(&failure, &diagnoses).cloned();
        let diagnosis = diagnosis.map(Diagnosis::from);
        PartnerFailure {
            cause: (!failure.cause.is_empty()).then_some(failure.cause),
            method: failure.method,
            target_origin: failure.target_origin,
            endpoint: failure.endpoint,
            outcome: failure.outcome,
            stage: failure.stage,
            count: failure.count,
            last_seen: Timestamp(failure.last_seen),
            explanation: diagnosis.as_ref().and_then(|one| one.explanation.clone()),
            fixes: diagnosis.map(|one| one.fixes).unwrap_or_default(),
        }
    });
    Ok(PartnerBody {
        failing: failing.collect(),
        page_origin: link.page_origin,
        from: Timestamp(interval.from),
        to: Timestamp(interval.to),
        expires_at: Timestamp(link.expires_at),
        sli: Sli::of(&sums, Source::Browser).beside_disputed(&disputed, Source::Browser),
    })
}
