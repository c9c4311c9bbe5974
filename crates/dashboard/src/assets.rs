//! The web UI, embedded when this crate is built.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};

use crate::conditional::{is_current, not_modified, tagged};
use crate::problem::{Code, Problem};
use crate::state::Book;

/// Path below `dashboard-ui/dist` and content.
static ASSETS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page that loads everything else.
pub(crate) const INDEX: &str = "index.html";

/// The file at `path`. All but the page are named by their content and never change.
pub(crate) fn serve(path: &str, request: &HeaderMap) -> Response {
    let Some((_, bytes)) = ASSETS.iter().find(|(name, _)| *name == path) else {
        return Problem::new(Code::NotFound, "nothing is here").into_response();
    };
    if path == INDEX {
        return with_headers((*bytes).into_response(), path, "no-cache");
    }
    // The name holds the hash of the content, so it is the validator too.
    let tag = format!("\"{path}\"");
    let response = unless_known(request, &tag, bytes);
    with_headers(response, path, "public, max-age=31536000, immutable")
}

/// The style sheet of the page, if there is one.
pub(crate) fn style() -> Option<&'static str> {
    let mut names = ASSETS.iter().map(|(name, _)| *name);
    names.find(|name| content_type(name).starts_with("text/css"))
}

/// A file of the documentation. Its name stays when its content changes.
pub(crate) fn serve_book(book: &Book, path: &str, request: &HeaderMap) -> Response {
    let Some((_, bytes)) = book.files.iter().find(|(name, _)| *name == path) else {
        return Problem::new(
            Code::NotFound,
            "the documentation has no such page: see /docs/",
        )
        .into_response();
    };
    let tag = format!("\"{}\"", book.tag);
    with_headers(unless_known(request, &tag, bytes), path, "no-cache")
}

/// The bytes with their tag, or 304 to who has them.
fn unless_known(request: &HeaderMap, tag: &str, bytes: &'static [u8]) -> Response {
    let response = if is_current(request, tag) {
        not_modified()
    } else {
        bytes.into_response()
    };
    tagged(response, tag)
}

fn with_headers(mut response: Response, path: &str, cache: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type(path)),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        Some("png") => "image/png",
        Some("txt" | "toml" | "yml" | "yaml") | None => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
