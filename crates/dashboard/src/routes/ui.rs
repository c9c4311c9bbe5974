//! `GET /` and `GET /assets/*`: the web UI.

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;

use crate::assets;

/// The page.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    assets::serve(assets::INDEX, &headers)
}

/// What the page loads.
pub(crate) async fn asset(Path(file): Path<String>, headers: HeaderMap) -> Response {
    assets::serve(&format!("assets/{file}"), &headers)
}
