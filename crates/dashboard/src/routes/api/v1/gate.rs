//! `GET /api/v1/gate`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::UnixMillis;
use serde::Serialize;
use settings::Span;
use slo::{Comparison, GateVerdict, Ratio, Sli};
use store::{DeployRow, SliFilter};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::interval::Interval;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{OneAppParams, app};
use crate::state::Shared;
use crate::timestamp::Timestamp;
use crate::view::rate::Rate;
use crate::view::words::one_of;

/// A deploy is looked for so far back.
const KNOWN_FOR_MS: i64 = 90 * 24 * 60 * 60 * 1000;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct GateParams {
    /// Identity of a recorded deploy, or a release as pages state it.
    #[param(min_length = 1, max_length = 2048)]
    deploy: String,
    /// What it is compared with: another deploy or release. Where left out, all other traffic of the same
    /// time, or for a deploy without `version` the time before it.
    #[param(max_length = 2048)]
    baseline: Option<String>,
    /// How long it is watched: `10m`. 1m to 1d; default `10m`.
    #[param(max_length = 2048)]
    r#for: Option<String>,
}

/// Whether a change blocks more than its baseline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GateBody {
    /// 0 pass, 1 fail, 2 inconclusive: for tools that read one number.
    value: u8,
    /// The verdict.
    #[schema(schema_with = verdicts)]
    verdict: GateVerdict,
    /// The verdict in words, with what it rests on.
    reason: String,
    /// What was compared: `release` within the same time, or `time` before and after.
    compared: &'static str,
    /// Start of the watched time.
    from: Timestamp,
    /// Its end, as far as it has come.
    to: Timestamp,
    /// Whether the time that was asked for is over.
    complete: bool,
    /// Blocked requests of the change.
    change: Rate,
    /// Blocked requests of the baseline.
    baseline: Rate,
    /// Block rate of the change less that of the baseline.
    rise: f64,
    /// The least rise that the data leave possible, with 99 % confidence.
    rise_low: f64,
    /// The greatest.
    rise_high: f64,
}

fn verdicts() -> utoipa::openapi::Object {
    one_of(GateVerdict::ALL.iter().map(|verdict| verdict.as_str()))
}

/// What is compared with what.
struct Plan {
    change: (SliFilter, Interval),
    baseline: (SliFilter, Interval),
    /// The baseline's sums contain those of the change.
    baseline_is_all: bool,
    compared: &'static str,
    ends_at: UnixMillis,
    /// Whether a deploy of this id was recorded; otherwise it is taken for a release.
    is_recorded: bool,
}

/// Whether a release or a deploy blocks more than its baseline: for pipelines and progressive delivery.
#[utoipa::path(get, path = "/api/v1/gate", tag = "operation", params(OneAppParams, GateParams), responses(
    (status = 200, description = "the verdict", body = GateBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<GateBody>, Problem> {
    let permitted = [names::<OneAppParams>(), names::<GateParams>()].concat();
    let permitted: Vec<String> = permitted
        .into_iter()
        .map(|name| name.replace("r#", ""))
        .collect();
    let mut params = Params::read(query.as_deref(), &permitted);
    let app = app(&mut params, &caller, &shared);
    let deploy = params.text("deploy").unwrap_or_default();
    if deploy.is_empty() {
        params.fault("deploy", "", "identity of a deploy, or a release");
    }
    let baseline = params.text("baseline");
    let span = params.parse::<Span>("for", "a span of 1m to 1d, such as 10m");
    let span = span.unwrap_or(Span::secs(600));
    if !(Span::secs(60)..=Span::secs(86_400)).contains(&span) {
        params.fault("for", &span.to_string(), "a span of 1m to 1d, such as 10m");
    }
    params.finish()?;
    let now = shared.clock.now();
    let known = Interval {
        from: now.plus(-KNOWN_FOR_MS),
        to: now.plus(KNOWN_FOR_MS),
    };
    let deploys = shared.queries.deploys(&app, known).await?;
    let plan = plan(
        &app,
        (&deploy, baseline.as_deref()),
        &deploys,
        span.as_millis(),
        now,
    );
    let (change, baseline) = futures::try_join!(
        shared.queries.sli(&plan.change.0, plan.change.1),
        shared.queries.sli(&plan.baseline.0, plan.baseline.1),
    )?;
    let source = plan.change.0.source;
    let change = Sli::BlockRate.ratio(&change, source);
    let mut baseline = Sli::BlockRate.ratio(&baseline, source);
    if plan.baseline_is_all {
        baseline = Ratio::new(
            baseline.bad.saturating_sub(change.bad),
            baseline.total.saturating_sub(change.total),
        );
    }
    Ok(Json(answer(&plan, change, baseline, now)))
}

fn plan(
    app: &str,
    (deploy, baseline): (&str, Option<&str>),
    deploys: &[DeployRow],
    span: i64,
    now: UnixMillis,
) -> Plan {
    let find = |id: &str| deploys.iter().rev().find(|row| row.id == id);
    let release = |id: &str| match find(id) {
        Some(row) if row.version.is_empty() => None,
        Some(row) => Some(row.version.clone()),
        None => Some(id.to_owned()),
    };
    let recorded = find(deploy);
    let begins_at = recorded.map_or(now.plus(-span), |row| row.at).minute();
    let ends_at = begins_at.plus(span);
    let watched = Interval {
        from: begins_at,
        to: ends_at
            .min(now.plus(59_999).minute())
            .max(begins_at.plus(60_000)),
    };
    let all = SliFilter::app(app);
    let of = |release: String| SliFilter {
        release: Some(release),
        ..all.clone()
    };
    if let Some(own) = release(deploy) {
        let other = baseline.and_then(release);
        return Plan {
            baseline_is_all: other.is_none(),
            baseline: (other.map_or_else(|| all.clone(), of), watched),
            change: (of(own), watched),
            compared: "release",
            ends_at,
            is_recorded: recorded.is_some(),
        };
    }
    let service = recorded
        .map(|row| row.service.clone())
        .filter(|service| !service.is_empty());
    let filter = SliFilter { service, ..all };
    let before = Interval {
        from: begins_at.plus(-span),
        to: begins_at,
    };
    Plan {
        change: (filter.clone(), watched),
        baseline: (filter, before),
        baseline_is_all: false,
        compared: "time",
        ends_at,
        is_recorded: recorded.is_some(),
    }
}

fn answer(plan: &Plan, change: Ratio, baseline: Ratio, now: UnixMillis) -> GateBody {
    let compared = Comparison::of(change, baseline);
    let counts = format!(
        "{} of {} requests of the change were blocked, {} of {} of the baseline",
        change.bad, change.total, baseline.bad, baseline.total
    );
    let reason = match compared.verdict {
        GateVerdict::Pass => format!("{counts}: not worse than its baseline."),
        GateVerdict::Fail => {
            format!("{counts}: worse than its baseline by more than chance explains.")
        }
        GateVerdict::Inconclusive if change.total == 0 && !plan.is_recorded => format!(
            "{counts}: no deploy of this id is recorded, and no page stated it as its release; record it with \
             `corswatch deploy`, or set `release` in the pages."
        ),
        GateVerdict::Inconclusive => format!(
            "{counts}: too little to tell; both need {} requests, and more the smaller the difference is.",
            slo::MIN_EVENTS
        ),
    };
    GateBody {
        value: match compared.verdict {
            GateVerdict::Pass => 0,
            GateVerdict::Fail => 1,
            GateVerdict::Inconclusive => 2,
        },
        verdict: compared.verdict,
        reason,
        compared: plan.compared,
        from: Timestamp(plan.change.1.from),
        to: Timestamp(plan.change.1.to),
        complete: now >= plan.ends_at,
        change: change.into(),
        baseline: baseline.into(),
        rise: compared.rise,
        rise_low: compared.rise_low,
        rise_high: compared.rise_high,
    }
}
