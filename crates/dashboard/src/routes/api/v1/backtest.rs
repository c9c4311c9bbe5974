//! `POST /api/v1/slos/backtest`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use bytes::Bytes;
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::backtests::{BacktestFault, BacktestQuestion};
use crate::body;
use crate::params::Params;
use crate::problem::{Code, Fault, Problem};
use crate::state::Shared;
use crate::timestamp::Timestamp;

/// Longest time that is replayed.
const MAX_DAYS: i64 = 400;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is to be replayed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BacktestReport {
    /// Objectives, each with the members of a `[[slo]]` of the configuration; those that are configured
    /// where left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    slos: Option<serde_json::Value>,
    /// The first minute.
    from: Timestamp,
    /// The end, exclusive; default now.
    #[serde(default)]
    to: Option<Timestamp>,
}

/// What objectives would have raised in a time that is stored, by the judgement and the state machine of
/// live alerts: the form of `corswatch slo backtest --format json`. One at a time; nothing is changed.
#[utoipa::path(post, path = "/api/v1/slos/backtest", tag = "operation", request_body = BacktestReport, responses(
    (status = 200, description = "what would have fired", body = Object),
    (status = 400, description = "an objective or a time is at fault", body = Problem),
    (status = 403, description = "the token may only read", body = Problem),
    (status = 503, description = "another backtest runs, or the store cannot answer", body = Problem),
))]
pub(crate) async fn post(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Json<serde_json::Value>, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let asked: BacktestReport = body::json(&headers, &bytes)?;
    let Some(backtests) = &shared.backtests else {
        return Err(Problem::new(
            Code::NotFound,
            "this process runs no backtests",
        ));
    };
    let (from, to) = (asked.from.0, asked.to.map_or(shared.clock.now(), |to| to.0));
    if to.0 - from.0 < 60_000 || to.0 - from.0 > MAX_DAYS * DAY_MS {
        return Err(Problem::faults(vec![Fault {
            field: "from".into(),
            value: asked.from.to_string(),
            permitted: format!("at least a minute and at most {MAX_DAYS} days before `to`"),
        }]));
    }
    let apps = shared.app_names().filter(|name| caller.may_see(name));
    let question = BacktestQuestion {
        slos: asked.slos,
        apps: apps.map(str::to_owned).collect(),
        from,
        to,
    };
    backtests.run(question).await.map(Json).map_err(refused)
}

fn refused(fault: BacktestFault) -> Problem {
    match fault {
        BacktestFault::Objectives(problems) => {
            let fault = |problem: settings::Problem| Fault {
                field: problem.path,
                value: problem.value,
                permitted: problem.reason,
            };
            Problem::faults(problems.into_iter().map(fault).collect())
        }
        BacktestFault::Busy => {
            Problem::new(Code::Overloaded, "another backtest runs; ask again soon")
        }
        BacktestFault::Store(error) => error.into(),
    }
}
