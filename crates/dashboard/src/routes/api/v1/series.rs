//! `GET /api/v1/series`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use observation::{MILLIS_PER_MINUTE, Source, UnixMillis};
use serde::Serialize;
use slo::Sums;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::interval::Interval;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{FilterParams, OneAppParams, Selection, WindowParams};
use crate::state::Shared;
use crate::timestamp::Timestamp;
use crate::view::scope::Scope;
use crate::view::sli::Sli;

/// Most points of one answer.
const MAX_POINTS: i64 = 2000;
/// Points that an answer has about, where no step is given.
const USUAL_POINTS: i64 = 120;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameter that `step` reads")]
pub(crate) struct StepParams {
    /// Seconds between points, whole minutes: `60`. At most 2000 points. By default about 120
    /// points.
    #[param(minimum = 60, multiple_of = 60)]
    step: Option<u64>,
}

/// The SLIs of a window, step by step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesBody {
    #[serde(flatten)]
    scope: Scope,
    /// Seconds between points.
    step: i64,
    /// One for every step, also for those in which nothing was seen.
    points: Vec<Point>,
}

/// The SLIs of one step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Point {
    /// Start of the step.
    at: Timestamp,
    #[serde(flatten)]
    sli: Sli,
}

/// The SLIs M1 to M5 of a window, step by step.
#[utoipa::path(get, path = "/api/v1/series", tag = "data", params(OneAppParams, WindowParams, FilterParams, StepParams), responses(
    (status = 200, description = "the SLIs of every step", body = SeriesBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<SeriesBody>, Problem> {
    let permitted = [Selection::names(), names::<StepParams>()].concat();
    let mut params = Params::read(query.as_deref(), &permitted);
    let mut selection = Selection::read(&mut params, &caller, &shared);
    let step = step(&mut params, selection.interval);
    params.finish()?;
    // Points stand at multiples of the step, so that they do not move as time goes on.
    selection.interval.from = floor(selection.interval.from, step);
    let every = Duration::from_millis(step.unsigned_abs());
    let (found, watermark) = futures::try_join!(
        shared
            .queries
            .series(&selection.filter, selection.interval, every),
        shared.watermark.read(),
    )?;
    let points = fill(found, selection.interval, step, selection.filter.source);
    let scope = Scope::of(&selection, watermark);
    Ok(Json(SeriesBody {
        scope,
        step: step / 1000,
        points,
    }))
}

/// The step in milliseconds.
fn step(params: &mut Params, interval: Interval) -> i64 {
    let permitted = "whole minutes in seconds (60, 300, 3600), at most 2000 points in the window";
    let Some(seconds) = params.parse::<u32>("step", permitted) else {
        let steps = [1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 2880, 10_080];
        let mut steps = steps.into_iter().map(|minutes| minutes * MILLIS_PER_MINUTE);
        return steps
            .find(|step| interval.millis() / step <= USUAL_POINTS)
            .unwrap_or(10_080 * MILLIS_PER_MINUTE);
    };
    let millis = i64::from(seconds) * 1000;
    if millis == 0
        || millis % MILLIS_PER_MINUTE != 0
        || interval.millis() / millis.max(1) > MAX_POINTS
    {
        params.fault("step", &seconds.to_string(), permitted);
        return MILLIS_PER_MINUTE;
    }
    millis
}

const fn floor(at: UnixMillis, step: i64) -> UnixMillis {
    UnixMillis(at.0.div_euclid(step) * step)
}

fn fill(
    found: Vec<(UnixMillis, Sums)>,
    interval: Interval,
    step: i64,
    source: Source,
) -> Vec<Point> {
    let mut found: BTreeMap<UnixMillis, Sums> = found
        .into_iter()
        .map(|(at, sums)| (floor(at, step), sums))
        .collect();
    let count = usize::try_from(interval.millis() / step + 1).unwrap_or_default();
    let starts = (0_i64..)
        .map(|at| interval.from.plus(at * step))
        .take(count);
    starts
        .take_while(|at| *at < interval.to)
        .map(|at| Point {
            at: Timestamp(at),
            sli: Sli::of(&found.remove(&at).unwrap_or_default(), source),
        })
        .collect()
}
