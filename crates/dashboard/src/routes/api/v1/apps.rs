//! `GET /api/v1/apps`.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::{Edge, Shared};

/// The configured apps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppsBody {
    /// Those that may be seen.
    apps: Vec<AppBody>,
    /// Seconds after which numbers are called lagging.
    lagging_after: i64,
    /// Address of the demo shop, which has failures to switch on; null where none runs.
    demo_url: Option<String>,
}

/// A configured app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppBody {
    /// Its name.
    name: String,
    /// Its enabled beacon keys, which pages carry.
    keys: Vec<String>,
    /// The tag that makes a page report; null where the edge's address is not configured here.
    embed: Option<Embed>,
}

/// What to put into a page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Embed {
    /// The whole tag.
    html: String,
    /// Address of the script.
    script_url: String,
    /// Subresource Integrity of the script; null where it is not known.
    integrity: Option<String>,
    /// Address of the edge.
    edge_url: String,
}

/// The configured apps, and the script tag of each.
#[utoipa::path(get, path = "/api/v1/apps", tag = "operation", responses(
    (status = 200, description = "the apps", body = AppsBody),
))]
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<AppsBody>, Problem> {
    Params::read(query.as_deref(), &[]).finish()?;
    let visible = shared.apps.iter().filter(|app| caller.may_see(&app.name));
    let body = |app: &crate::state::App| AppBody {
        name: app.name.clone(),
        keys: app.keys.clone(),
        embed: shared
            .edge
            .as_ref()
            .zip(app.keys.first())
            .map(|(edge, key)| embed(edge, key)),
    };
    let lagging_after = shared.front.config.lagging_after.as_millis() / 1000;
    Ok(Json(AppsBody {
        apps: visible.map(body).collect(),
        lagging_after,
        demo_url: shared.demo_url.clone(),
    }))
}

fn embed(edge: &Edge, key: &str) -> Embed {
    let edge_url = edge.url.trim_end_matches('/');
    let script_url = format!("{edge_url}{}", edge.script);
    let integrity = edge
        .integrity
        .as_ref()
        .map(|hash| format!(" integrity=\"{}\" crossorigin=\"anonymous\"", escape(hash)));
    let html = format!(
        "<script src=\"{}\"{} data-key=\"{}\" data-url=\"{}\"></script>",
        escape(&script_url),
        integrity.unwrap_or_default(),
        escape(key),
        escape(edge_url),
    );
    Embed {
        html,
        script_url,
        integrity: edge.integrity.clone(),
        edge_url: edge_url.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}
