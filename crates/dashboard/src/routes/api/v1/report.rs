//! `GET /api/v1/report`.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::header;
use observation::UnixMillis;
use utoipa::IntoParams;

use super::slos::evaluate_over;
use super::{incidents, inventory};
use crate::auth::Caller;
use crate::interval::Interval;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{OneAppParams, app};
use crate::state::{Shared, SloSpec};
use crate::timestamp::{NotATime, Timestamp};
use crate::view::deploy::{Deploy, rollback_rate};
use crate::view::report::{Changes, Incidents, Policies, Replays, Report};

const DAY: i64 = 86_400_000;
/// Diagnoses that are looked through.
const MAX_DIAGNOSES: u32 = 2_000;
const PERIODS: &str = "week or month";
/// A page that runs nothing and loads nothing.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
const FORMATS: &str = "json, markdown or html";

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct ReportParams {
    /// `week`: 7 days; `month`: 30 days. Default `week`.
    #[param(max_length = 2048)]
    period: Option<String>,
    /// The end of the time; default now.
    #[param(max_length = 2048)]
    to: Option<String>,
    /// `json`, `markdown` or `html`, a page of its own; default `json`.
    #[param(max_length = 2048)]
    format: Option<String>,
}

/// A week or a month of one app: objectives, incidents, changes with M6, replayed failures, allow-lists and wildcards.
#[utoipa::path(get, path = "/api/v1/report", tag = "operation", params(OneAppParams, ReportParams), responses(
    (status = 200, description = "the report, as JSON, as Markdown or as a page", body = Report),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let permitted = [names::<OneAppParams>(), names::<ReportParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let app = app(&mut params, &caller, &shared);
    let mut word = |name: &str, words: &[&'static str], permitted: &str| {
        let given = params.text(name).unwrap_or_else(|| words[0].to_owned());
        let known = words.iter().copied().find(|word| *word == given);
        known.unwrap_or_else(|| {
            params.fault(name, &given, permitted);
            words[0]
        })
    };
    let period = word("period", &["week", "month"], PERIODS);
    let format = word("format", &["json", "markdown", "html"], FORMATS);
    let to: Option<Timestamp> = params.parse("to", &NotATime.to_string());
    params.finish()?;
    let days = if period == "month" { 30 } else { 7 };
    let to = to.map_or_else(|| shared.clock.now(), |stamp| stamp.0);
    let within = Interval::ending_at(to, days * DAY);
    let report = report(&app, period, within, &caller, &shared).await?;
    Ok(match format {
        "markdown" => {
            let kind = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
            (kind, report.markdown(&report.title())).into_response()
        }
        "html" => {
            let kind = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
            ];
            (kind, report.html()).into_response()
        }
        _ => Json(report).into_response(),
    })
}

/// What happened to an app within a time.
pub(crate) async fn report(
    app: &str,
    period: &'static str,
    within: Interval,
    caller: &Caller,
    shared: &Shared,
) -> Result<Report, Problem> {
    let (from, to) = (Timestamp(within.from), Timestamp(within.to));
    let specs: Vec<&SloSpec> = shared
        .slos
        .iter()
        .filter(|spec| spec.filter.app == app)
        .collect();
    let listed = incidents::of_app(app, caller, shared).await?;
    let rows = shared.queries.deploys(app, within).await?;
    let deploys: Vec<Deploy> = rows
        .into_iter()
        .map(Deploy::from)
        .filter(|deploy| deploy.state.took_effect())
        .collect();
    let diagnoses = shared.queries.diagnoses(app, MAX_DIAGNOSES).await?;
    let policies = policies(app, within.to, shared).await?;
    Ok(Report {
        app: app.to_owned(),
        period,
        from,
        to,
        slos: evaluate_over(shared, caller, &specs, within).await?,
        incidents: Incidents::of(listed, from, to),
        changes: Changes {
            deploys: deploys.len(),
            change_rollback_rate: rollback_rate(&deploys),
            rollbacks: deploys
                .into_iter()
                .filter(|deploy| deploy.rollback_rule.is_some())
                .collect(),
        },
        replays: Replays::of(&diagnoses, from, to),
        policies,
    })
}

async fn policies(app: &str, at: UnixMillis, shared: &Shared) -> Result<Option<Policies>, Problem> {
    let mut rows = shared
        .queries
        .inventory(at.plus(inventory::CLOCK_SKEW_MS))
        .await?;
    rows.retain(|row| row.apps.iter().any(|of| of == app));
    // Origins that were tried for pages of other apps are theirs to know.
    for row in &mut rows {
        if row.apps.iter().any(|of| of != app) {
            row.origins.clear();
        }
    }
    Ok(Policies::of(&rows))
}
