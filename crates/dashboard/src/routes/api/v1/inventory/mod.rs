//! `GET /api/v1/inventory`.

pub(crate) mod history;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use store::Stance;
use utoipa::{IntoParams, ToSchema};

use crate::auth::Caller;
use crate::params::{Params, names};
use crate::problem::Problem;
use crate::selection::{app, words};
use crate::state::Shared;
use crate::timestamp::{NotATime, Timestamp};
use crate::view::inventory::{Summary, Target, targets};

/// Rows of a process whose clock goes ahead of this one are read, too.
pub(crate) const CLOCK_SKEW_MS: i64 = 60 * 60_000;

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `OfTargets` reads")]
pub(crate) struct OfTargetsParams {
    /// Configured app whose pages call the target; all that may be seen, where absent.
    #[param(min_length = 1, max_length = 64)]
    app: Option<String>,
    /// Configured service.
    #[param(max_length = 2048)]
    service: Option<String>,
}

/// Which targets are asked about.
pub(crate) struct OfTargets {
    app: Option<String>,
    service: Option<String>,
}

impl OfTargets {
    pub(crate) fn read(params: &mut Params, caller: &Caller, shared: &Shared) -> Self {
        let is_given = params.given("app");
        Self {
            app: is_given.then(|| app(params, caller, shared)),
            service: params.text("service"),
        }
    }

    /// Whether a target that is called by `apps` is meant, and may be shown.
    pub(crate) fn admits(&self, caller: &Caller, apps: &[String], service: &str) -> bool {
        let is_app = |name: &String| match &self.app {
            Some(app) => app == name,
            None => caller.may_see(name),
        };
        apps.iter().any(is_app) && self.service.as_ref().is_none_or(|one| one == service)
    }
}

#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the parameters that `get` reads")]
pub(crate) struct InventoryParams {
    /// Only targets with a finding of this rule, such as `vary-origin-missing` or `unused-origin`.
    #[param(max_length = 64)]
    finding: Option<String>,
    /// Only targets of this stance: `none`, `list`, `wildcard`, `wildcard_with_credentials`,
    /// `reflecting`, `null_trusted`, `credentialed_reflecting`.
    #[param(max_length = 2048)]
    stance: Option<String>,
    /// As it was known at this time; default now.
    #[param(max_length = 2048)]
    at: Option<String>,
}

/// The inventory.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InventoryBody {
    /// All targets of app and service in numbers, whatever their stance and findings.
    summary: Summary,
    /// The targets, the worst first.
    targets: Vec<Target>,
}

/// The policies of what pages call: whom each target lets read, what is wrong with that since when,
/// and which origins are allowed that no page comes from.
#[utoipa::path(get, path = "/api/v1/inventory", tag = "data", params(OfTargetsParams, InventoryParams), responses(
    (status = 200, description = "the inventory", body = InventoryBody),
    (status = 400, description = "a parameter is at fault", body = Problem),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<InventoryBody>, Problem> {
    let permitted = [names::<OfTargetsParams>(), names::<InventoryParams>()].concat();
    let mut params = Params::read_list(query.as_deref(), &permitted);
    let of = OfTargets::read(&mut params, &caller, &shared);
    let finding = params.text("finding");
    let stances = words(Stance::ALL.iter().map(|stance| stance.as_str()));
    let stance: Option<Stance> = params.parse("stance", &stances);
    let at: Option<Timestamp> = params.parse("at", &NotATime.to_string());
    params.finish()?;
    let at = at.map_or_else(|| shared.clock.now().plus(CLOCK_SKEW_MS), |stamp| stamp.0);
    let mut rows = shared.queries.inventory(at).await?;
    rows.retain(|row| of.admits(&caller, &row.apps, &row.service));
    let summary = Summary::of(&rows);
    rows.retain(|row| {
        let has = |rule: &String| row.findings.iter().any(|found| found.rule == *rule);
        finding.as_ref().is_none_or(has) && stance.is_none_or(|one| row.stance == Some(one))
    });
    Ok(Json(InventoryBody {
        summary,
        targets: targets(rows, &caller),
    }))
}
