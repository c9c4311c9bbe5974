//! What an answer says of the caches that it came from.

use cors::Answer;

/// Headers in which caches say that they had the answer.
const HIT: [&str; 8] = [
    "x-cache",
    "cf-cache-status",
    "cache-status",
    "x-cache-status",
    "x-cache-lookup",
    "x-vercel-cache",
    "x-nextjs-cache",
    "x-proxy-cache",
];

/// The shared cache that an answer came from, in the words of its headers.
pub(crate) fn by_a_cache(answer: &Answer) -> Option<String> {
    let mut signs = Vec::new();
    for name in HIT {
        let value = answer.headers.joined(name).unwrap_or_default();
        let text = String::from_utf8_lossy(&value).into_owned();
        // "HIT", "Hit from cloudfront", "TCP_HIT", `name; hit` (RFC 9211).
        if text.to_ascii_lowercase().contains("hit") {
            signs.push(format!("{name}: {text}"));
        }
    }
    let age = answer.headers.joined("age").unwrap_or_default();
    let age = String::from_utf8_lossy(&age).into_owned();
    if age.parse::<u64>().is_ok_and(|seconds| seconds > 0) {
        signs.push(format!("age: {age}"));
    }
    (!signs.is_empty()).then(|| signs.join(", "))
}

/// Whether a cache may serve this answer to every origin.
pub(crate) fn varies_by_origin(answer: &Answer) -> bool {
    let vary = answer.headers.joined("vary").unwrap_or_default();
    String::from_utf8_lossy(&vary)
        .split(',')
        .map(str::trim)
        .any(|name| name == "*" || name.eq_ignore_ascii_case("origin"))
}
