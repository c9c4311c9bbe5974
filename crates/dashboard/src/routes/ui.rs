//! `GET /`, the pages and `GET /assets/*`: the web UI.

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;

use crate::assets;

/// The paths of the pages. One document serves them all; its script reads the path.
pub(crate) const PAGES: &[&str] = &[
    "/",
    "/executive",
    "/on-call",
    "/debug",
    "/slos",
    "/changes",
    "/inventory",
    "/preflights",
    "/readiness",
    "/pipeline",
    "/setup",
    "/incidents",
    "/incidents/{id}",
    "/partner",
];

/// The document of every page.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    assets::serve(assets::INDEX, &headers)
}

/// What the pages load.
pub(crate) const ASSET: &str = "/assets/{file}";

/// A file that the pages load.
pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    assets::serve(&format!("assets/{file}"), &headers)
}
