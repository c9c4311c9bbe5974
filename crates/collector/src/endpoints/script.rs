//! `GET /v1/corswatch.js`, `GET /v1/corswatch-HASH.js` and `GET /v1/s/KEY.js`.

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, LOCATION, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use http_body_util::Full;
use intake::KeyState;

use crate::answer::{self, Answer};
use crate::edge::Edge;
use crate::script::Packing;

/// What has a hash in its name never changes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// How long it takes at most until a new script, or a disabled key, has reached every page.
const CURRENT: &str = "public, max-age=300";

/// Leads to the script under its hash, so that it can be changed without changing pages.
pub(crate) fn redirect(edge: &Edge) -> Answer {
    let mut answer = answer::empty(StatusCode::FOUND);
    let headers = answer.headers_mut();
    if let Ok(path) = HeaderValue::from_str(&edge.script.path) {
        headers.insert(LOCATION, path);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CURRENT));
    answer
}

/// The script under its hash.
pub(crate) fn by_hash(edge: &Edge, hash: &str, request: &HeaderMap) -> Answer {
    if hash == edge.script.hash {
        return script(edge, request, IMMUTABLE);
    }
    answer::not_found()
}

/// The script for pages of a key: empty once the key is disabled, which needs no new page.
pub(crate) fn by_key(edge: &Edge, key: &str, request: &HeaderMap) -> Answer {
    match edge.senders.now().catalog.key(key) {
        KeyState::Active { .. } => script(edge, request, CURRENT),
        KeyState::Disabled(_) => served(Bytes::new(), CURRENT),
        KeyState::Unknown => answer::not_found(),
    }
}

fn script(edge: &Edge, request: &HeaderMap, caching: &'static str) -> Answer {
    let packing = Packing::ALL
        .into_iter()
        .find(|packing| accepts(request, packing.as_str()));
    // One tag for each coding: they are different bytes.
    let suffix = packing.map_or(String::new(), |packing| format!("-{}", packing.as_str()));
    let tag = format!("\"{}{suffix}\"", edge.script.hash);
    let mut answer = served(edge.script.bytes(packing), caching);
    let headers = answer.headers_mut();
    if let Some(packing) = packing {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(packing.as_str()));
    }
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    if has_tag(request, &tag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        *answer.body_mut() = Full::default();
        answer.headers_mut().remove(CONTENT_ENCODING);
        answer.headers_mut().remove(CONTENT_TYPE);
    }
    answer
}

fn served(body: Bytes, caching: &'static str) -> Answer {
    let mut answer = answer::empty(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/javascript; charset=utf-8"),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    *answer.body_mut() = Full::new(body);
    answer
}

fn tokens<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> impl Iterator<Item = &'h str> {
    let all = headers.get_all(name).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn accepts(request: &HeaderMap, wanted: &str) -> bool {
    tokens(request, &ACCEPT_ENCODING).any(|token| {
        let (coding, weight) = token.split_once(';').unwrap_or((token, ""));
        let refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        coding.trim().eq_ignore_ascii_case(wanted) && !refused
    })
}

fn has_tag(request: &HeaderMap, tag: &str) -> bool {
    tokens(request, &IF_NONE_MATCH)
        .any(|token| token == "*" || token.strip_prefix("W/").unwrap_or(token) == tag)
}
