//! `GET /docs/*`: the documentation.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::HeaderMap;

use crate::assets;
use crate::state::Shared;

/// The address of the book, the page that it opens with, and everything else.
pub(crate) const PATHS: [&str; 3] = [ADDRESS, OPENING, FILE];
pub(crate) const ADDRESS: &str = "/docs";
pub(crate) const OPENING: &str = "/docs/";
pub(crate) const FILE: &str = "/docs/{*path}";

/// Relative links need the slash.
pub(crate) async fn address() -> Response {
    Redirect::permanent(OPENING).into_response()
}

/// The first page.
pub(crate) async fn opening(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    assets::serve_book(&shared.state.book, "index.html", &headers)
}

/// A page, or a file of one.
pub(crate) async fn file(
    State(shared): State<Arc<Shared>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let path = match path.ends_with('/') {
        true => format!("{path}index.html"),
        false => path,
    };
    assets::serve_book(&shared.state.book, &path, &headers)
}
