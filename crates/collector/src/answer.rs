//! Answers: the CORS headers that every one of them carries, and problem documents.
//!
//! Any page may send (its origin is judged by the beacon), nothing is ever sent with credentials.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALLOW, CACHE_CONTROL, CONTENT_TYPE,
    HeaderName, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{Response, StatusCode};
use http_body_util::Full;
use intake::App;
use serde::Serialize;

use crate::admission::InFlight;
use crate::outcome::{Outcome, status_of};

pub(crate) type Answer = Response<Full<Bytes>>;

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Asks the SDK to flush only so often: seconds.
const FLUSH_INTERVAL: HeaderName = HeaderName::from_static("corswatch-flush-interval");
/// What the SDK is to leave.
const SDK: HeaderName = HeaderName::from_static("corswatch-sdk");
/// Chromium keeps a preflight's answer no longer.
const PREFLIGHT_MAX_AGE: &str = "7200";

const fn text(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

/// An answer without a body, readable by any page. `Cross-Origin-Resource-Policy` lets pages with
/// `Cross-Origin-Embedder-Policy` load it, and their `no-cors` beacons succeed.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.reserve(8);
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, text("*"));
    let exposed = text("retry-after, corswatch-flush-interval, corswatch-sdk");
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    headers.insert(TIMING_ALLOW_ORIGIN, text("*"));
    headers.insert(CORP, text("cross-origin"));
    answer
}

/// The answer to a preflight.
pub(crate) fn preflight() -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, text("POST"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        text("content-type, content-encoding"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, text(PREFLIGHT_MAX_AGE));
    answer
}

/// RFC 9457.
#[derive(Debug, Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'a str,
}

/// A problem document; `field` is empty where no member of the body is at fault.
pub(crate) fn problem(status: StatusCode, reason: &str, detail: &str, field: &str) -> Answer {
    let problem = Problem {
        r#type: format!("urn:corswatch:problem:{reason}"),
        title: status.canonical_reason().unwrap_or_default(),
        status: status.as_u16(),
        detail,
        reason,
        field,
    };
    let body = serde_json::to_vec(&problem).expect("texts and a number are always JSON");
    let mut answer = empty(status);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, text("application/problem+json"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, text("nosniff"));
    headers.insert(CACHE_CONTROL, text("no-store"));
    *answer.body_mut() = Full::new(body.into());
    answer
}

/// No such path.
pub(crate) fn not_found() -> Answer {
    problem(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing here",
        "",
    )
}

/// The path takes other methods.
pub(crate) fn method_not_allowed(allowed: &str) -> Answer {
    let detail = format!("permitted: {allowed}");
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let mut answer = problem(status, "method_not_allowed", &detail, "");
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}

/// The answer to a beacon, and what the pages of `app` are told with it.
pub(crate) fn of(outcome: &Outcome, in_flight: &InFlight, app: Option<&App>) -> Answer {
    let mut answer = match outcome {
        Outcome::Appended => empty(StatusCode::NO_CONTENT),
        Outcome::Refused(refused) => {
            problem(refused.status(), refused.as_str(), refused.detail(), "")
        }
        Outcome::Body(refusal) => {
            let (status, reason) = (status_of(refusal.reason), refusal.reason.as_str());
            problem(status, reason, &refusal.detail, &refusal.field)
        }
        Outcome::Shed(shed) => {
            let mut answer = problem(shed.status(), shed.as_str(), shed.detail(), "");
            answer
                .headers_mut()
                .insert(RETRY_AFTER, in_flight.retry_after().into());
            answer
        }
    };
    let wanted = app.map_or(0, App::flush_seconds);
    let seconds = in_flight.flush_interval().unwrap_or(0).max(wanted);
    if seconds > 0 {
        answer.headers_mut().insert(FLUSH_INTERVAL, seconds.into());
    }
    let control = app.and_then(App::sdk_control).map(HeaderValue::from_str);
    if let Some(Ok(control)) = control {
        answer.headers_mut().insert(SDK, control);
    }
    answer
}
