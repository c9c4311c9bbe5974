//! The CORS headers of the API, healthy and broken, as a pure function of what is switched on.

use std::collections::BTreeSet;

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName,
    ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};

use crate::Failure;

/// The header that the shop sends with a cart, which is why that request is preflighted.
pub(crate) const TENANT: HeaderName = HeaderName::from_static("x-tenant");
/// The header that the shop reads from lists.
pub(crate) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

const TRUE: HeaderValue = HeaderValue::from_static("true");
const ANY: HeaderValue = HeaderValue::from_static("*");

/// The answer to a preflight, where pages of `shop` may read.
pub(crate) fn preflight(
    on: &BTreeSet<Failure>,
    shop: &HeaderValue,
    request: &HeaderMap,
) -> (StatusCode, HeaderMap) {
    if on.contains(&Failure::Preflight404) {
        return (StatusCode::NOT_FOUND, HeaderMap::new());
    }
    let mut headers = allow(on, shop, request);
    if on.contains(&Failure::Preflight500) {
        return (StatusCode::INTERNAL_SERVER_ERROR, headers);
    }
    let allowed = if on.contains(&Failure::HeaderNotAllowed) {
        HeaderValue::from_static("content-type")
    } else {
        HeaderValue::from_static("content-type, x-tenant")
    };
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    headers.insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, PUT"),
    );
    // A switch must be felt at the next click: no browser keeps the answer.
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("0"));
    (StatusCode::NO_CONTENT, headers)
}

/// The headers of every other answer.
pub(crate) fn response(
    on: &BTreeSet<Failure>,
    shop: &HeaderValue,
    request: &HeaderMap,
) -> HeaderMap {
    let mut headers = allow(on, shop, request);
    if !on.contains(&Failure::HeaderNotExposed) {
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-total-count"),
        );
    }
    headers
}

fn allow(on: &BTreeSet<Failure>, shop: &HeaderValue, request: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(TIMING_ALLOW_ORIGIN, ANY);
    if on.contains(&Failure::MissingHeader) {
        return headers;
    }
    let origin = match request.get(ORIGIN) {
        Some(_) if on.contains(&Failure::WildcardWithCredentials) => ANY,
        Some(origin) if origin == shop => origin.clone(),
        _ => return headers,
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: HeaderValue = HeaderValue::from_static("http://shop.test");

    fn from_shop() -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, SHOP)])
    }

    fn lines(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<_> = headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("access-control-"))
            .map(|(name, value)| {
                let name = name.as_str().trim_start_matches("access-control-");
                format!("{name}: {}", value.to_str().expect("ASCII"))
            })
            .collect();
        lines.sort();
        lines
    }

    const CREDENTIALS: &str = "allow-credentials: true";
    const METHODS: &str = "allow-methods: GET, POST, PUT";
    const ORIGIN_LINE: &str = "allow-origin: http://shop.test";
    const HEADERS: &str = "allow-headers: content-type, x-tenant";

    #[test]
    fn each_failure_breaks_its_own_part_of_the_preflight_and_nothing_else() {
        let healthy = [CREDENTIALS, HEADERS, METHODS, ORIGIN_LINE, "max-age: 0"];
        let cases: &[(Option<Failure>, u16, &[&str])] = &[
            (None, 204, &healthy),
            (
                Some(Failure::MissingHeader),
                204,
                &[HEADERS, METHODS, "max-age: 0"],
            ),
            (Some(Failure::Preflight404), 404, &[]),
            (
                Some(Failure::Preflight500),
                500,
                &[CREDENTIALS, ORIGIN_LINE],
            ),
            (
                Some(Failure::WildcardWithCredentials),
                204,
                &[
                    CREDENTIALS,
                    HEADERS,
                    METHODS,
                    "allow-origin: *",
                    "max-age: 0",
                ],
            ),
            (
                Some(Failure::HeaderNotAllowed),
                204,
                &[
                    CREDENTIALS,
                    "allow-headers: content-type",
                    METHODS,
                    ORIGIN_LINE,
                    "max-age: 0",
                ],
            ),
            (Some(Failure::HeaderNotExposed), 204, &healthy),
            (Some(Failure::SlowApi), 204, &healthy),
        ];
        for (failure, status, expected) in cases {
            let (answered, headers) =
                preflight(&failure.iter().copied().collect(), &SHOP, &from_shop());
            assert_eq!(answered.as_u16(), *status, "{failure:?}");
            assert_eq!(lines(&headers), *expected, "{failure:?}");
        }
    }

    #[test]
    fn each_failure_breaks_its_own_part_of_the_response_and_nothing_else() {
        const EXPOSE: &str = "expose-headers: x-total-count";
        let healthy = [CREDENTIALS, ORIGIN_LINE, EXPOSE];
        let cases: &[(Option<Failure>, &[&str])] = &[
            (None, &healthy),
            (Some(Failure::MissingHeader), &[EXPOSE]),
            (Some(Failure::Preflight404), &healthy),
            (Some(Failure::Preflight500), &healthy),
            (
                Some(Failure::WildcardWithCredentials),
                &[CREDENTIALS, "allow-origin: *", EXPOSE],
            ),
            (Some(Failure::HeaderNotAllowed), &healthy),
            (Some(Failure::HeaderNotExposed), &[CREDENTIALS, ORIGIN_LINE]),
        ];
        for (failure, expected) in cases {
            let headers = response(&failure.iter().copied().collect(), &SHOP, &from_shop());
            assert_eq!(lines(&headers), *expected, "{failure:?}");
            assert_eq!(headers[TIMING_ALLOW_ORIGIN], "*", "{failure:?}");
        }
    }

    #[test]
    fn a_request_of_another_origin_or_none_gets_no_permission() {
        let other = HeaderValue::from_static("http://shop.test.evil.test");
        for request in [
            HeaderMap::new(),
            HeaderMap::from_iter([(ORIGIN, other.clone())]),
        ] {
            let headers = response(&BTreeSet::new(), &SHOP, &request);
            assert_eq!(lines(&headers), ["expose-headers: x-total-count"]);
        }
    }
}
