//! What is known of request headers by their names.

/// Headers that only answers carry. A page that sends one asks for a preflight, and gains nothing.
const OF_RESPONSES: [&str; 17] = [
    "allow",
    "content-disposition",
    "content-security-policy",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "etag",
    "expires",
    "last-modified",
    "referrer-policy",
    "server",
    "strict-transport-security",
    "timing-allow-origin",
    "vary",
    "x-content-type-options",
    "x-frame-options",
    "x-xss-protection",
];

/// Whether a request header is one of answers. `name` is in lower case.
pub(super) fn is_of_responses(name: &str) -> bool {
    name.starts_with("access-control-") || OF_RESPONSES.contains(&name)
}

/// Headers of tracing and monitoring scripts, which add them to every request: their option for the
/// targets of propagation says where not to.
const OF_TRACING: [&str; 14] = [
    "b3",
    "baggage",
    "elastic-apm-traceparent",
    "newrelic",
    "request-context",
    "request-id",
    "sentry-trace",
    "traceparent",
    "tracestate",
    "uber-trace-id",
    "x-amzn-trace-id",
    "x-cloud-trace-context",
    "x-instana-t",
    "x-newrelic-id",
];

/// Headers that a page can often do without across origins.
const DISPENSABLE: [&str; 9] = [
    "accept",
    "accept-language",
    "cache-control",
    "content-language",
    "if-modified-since",
    "if-none-match",
    "pragma",
    "range",
    "x-requested-with",
];

/// How a page can do without a request header; `None` where that is for the page to know.
pub(super) fn without(name: &str, method: &str) -> Option<String> {
    let tracing = OF_TRACING.contains(&name)
        || ["x-b3-", "x-datadog-", "x-instana-"]
            .iter()
            .any(|start| name.starts_with(start));
    if tracing {
        return Some(format!(
            "Or leave `{name}` out: a tracing script adds it; exclude this server from its targets of propagation."
        ));
    }
    match name {
        "accept" | "accept-language" | "content-language" | "range" => Some(format!(
            "Or leave `{name}` out of the page's request, or give it a plainer value: this one is what needs a preflight."
        )),
        "content-type" if matches!(method, "GET" | "HEAD") => Some(
            "Or leave `content-type` out: a request without a body has no use for it.".to_owned(),
        ),
        _ if DISPENSABLE.contains(&name) => Some(format!(
            "Or leave `{name}` out of the page's request, where the server does without it."
        )),
        _ => None,
    }
}
