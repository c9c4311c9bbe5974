//! Headers that every answer carries.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use settings::Span;

/// Only own files, no inline script or style, no frames, no plugins, no form targets.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
];

/// Adds the headers; what may be kept by caches says so itself.
pub(crate) fn secure(mut response: Response, hsts: Span) -> Response {
    let headers = response.headers_mut();
    let seconds = hsts.as_millis() / 1000;
    if seconds > 0
        && let Ok(value) = HeaderValue::try_from(format!("max-age={seconds}"))
    {
        // Without includeSubDomains: other services of the domain are not ours to decide (RFC 6797, 6.1.2).
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        // A page that runs nothing at all says so itself.
        if name == header::CONTENT_SECURITY_POLICY {
            headers.entry(name).or_insert(value);
        } else {
            headers.insert(name, value);
        }
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
