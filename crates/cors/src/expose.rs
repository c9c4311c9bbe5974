//! Which response headers a script can read
//! (<https://fetch.spec.whatwg.org/#concept-filtered-response-cors>).

use std::collections::BTreeSet;

use crate::header::{Headers, is_token_byte};
use crate::word::Credentials;

/// <https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name>
const SAFELISTED: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// Never readable, whatever the server exposes.
const FORBIDDEN: [&str; 2] = ["set-cookie", "set-cookie2"];

/// The names of the answer's headers that a cross-origin script can read: lower case, sorted.
#[must_use]
pub fn readable(headers: &Headers, credentials: Credentials) -> Vec<String> {
    let exposed = exposed(headers);
    let everything = credentials != Credentials::Include && exposed.iter().any(|name| name == "*");
    headers
        .iter()
        .map(|(name, _)| String::from_utf8_lossy(name).to_ascii_lowercase())
        .filter(|name| {
            crate::header::is_token(name.as_bytes()) && !FORBIDDEN.contains(&name.as_str())
        })
        .filter(|name| everything || SAFELISTED.contains(&name.as_str()) || exposed.contains(name))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The names in `Access-Control-Expose-Headers`, lower case. One malformed element makes the whole
/// header void, empty ones are skipped (`third_party/blink/renderer/platform/loader/cors/cors.cc`).
fn exposed(headers: &Headers) -> Vec<String> {
    let value = headers
        .joined("access-control-expose-headers")
        .unwrap_or_default();
    let mut names = Vec::new();
    for element in value.split(|byte| *byte == b',') {
        let element = crate::header::trim(element);
        if !element.iter().copied().all(is_token_byte) {
            return Vec::new();
        }
        if !element.is_empty() {
            names.push(String::from_utf8_lossy(element).to_ascii_lowercase());
        }
    }
    names
}
