//! What to change so that a blocked exchange passes: the least that is needed.

mod snippet;

use cors::{CorsError, Credentials, Exchange, Judgement, Ruling, Stage};
use serde::Serialize;

pub use snippet::{MAX_AGE_SECONDS, Platform, Policy, snippet};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Whose answer, or whose code, changes.
    pub on: Place,
    /// The header to set, in lower case, where it is one.
    pub header: Option<&'static str>,
    /// The value to set it to.
    pub value: Option<String>,
    /// The change in words.
    pub change: String,
}

/// Where a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// The server's answer to OPTIONS.
    Preflight,
    /// The server's answer to the request.
    Response,
    /// The server's redirect.
    Redirect,
    /// The page.
    Page,
}

impl std::fmt::Display for Fix {
    /// The change for a terminal, in one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.header, &self.value) {
            (Some(header), Some(value)) => write!(f, "{header}: {value} ({})", self.change),
            _ => f.write_str(&self.change),
        }
    }
}

impl Place {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Response => "response",
            Self::Redirect => "redirect",
            Self::Page => "page",
        }
    }
}

impl Fix {
    fn header(on: Place, header: &'static str, value: impl Into<String>, change: &str) -> Self {
        Self {
            on,
            header: Some(header),
            value: Some(value.into()),
            change: change.to_owned(),
        }
    }

    fn advice(on: Place, change: impl Into<String>) -> Self {
        Self {
            on,
            header: None,
            value: None,
            change: change.into(),
        }
    }
}

/// The changes that let a blocked exchange pass; empty for one that is not blocked.
#[must_use]
pub fn fixes(exchange: &Exchange, judgement: &Judgement) -> Vec<Fix> {
    if judgement.ruling != Ruling::Blocked {
        return Vec::new();
    }
    match (judgement.error, judgement.stage) {
        (None, _) => vec![Fix::advice(
            Place::Redirect,
            "Redirect to an absolute or relative http(s) URL, in fewer than 21 steps.",
        )],
        (Some(error), Some(Stage::Preflight)) => preflight(exchange, judgement, error),
        (Some(error), Some(Stage::Response)) => access(exchange, judgement, error, Place::Response),
        (Some(error), _) => address(error),
    }
}

/// Fixes for the access check, on the preflight's answer or the response.
fn access(exchange: &Exchange, judgement: &Judgement, error: CorsError, on: Place) -> Vec<Fix> {
    use CorsError as E;
    let origin = &judgement.scene.origin;
    let mut fixes = Vec::new();
    match error {
        E::InvalidAllowCredentials | E::PreflightInvalidAllowCredentials => {
            fixes.push(Fix::header(
                on,
                "access-control-allow-credentials",
                "true",
                "Answer with exactly `true`, in lower case, once.",
            ));
            fixes.push(Fix::advice(
                Place::Page,
                "If the request needs no cookies, leave out `credentials: 'include'`.",
            ));
            return fixes;
        }
        E::MultipleAllowOriginValues | E::PreflightMultipleAllowOriginValues => {
            fixes.push(Fix::header(
                on,
                "access-control-allow-origin",
                origin,
                "Set the header in one place only (often the proxy and the application both add it) and answer with the one origin that asked.",
            ));
        }
        _ if origin == "null" => fixes.push(Fix::advice(
            Place::Redirect,
            "Do not answer with `null`: every sandboxed page has that origin. Ask the final URL directly, or let the redirect stay on one origin.",
        )),
        _ => fixes.push(Fix::header(
            on,
            "access-control-allow-origin",
            origin,
            "Compare the request's Origin with a list of allowed origins and answer with it, on every status including errors.",
        )),
    }
    fixes.push(Fix::header(
        on,
        "vary",
        "Origin",
        "Add it wherever the answer depends on Origin, so that no cache serves one origin's answer to another.",
    ));
    if exchange.request.credentials() == Credentials::Include {
        fixes.push(Fix::header(
            on,
            "access-control-allow-credentials",
            "true",
            "Needed beside the exact origin, because the request is made with credentials.",
        ));
    }
    fixes
}

fn preflight(exchange: &Exchange, judgement: &Judgement, error: CorsError) -> Vec<Fix> {
    let question = judgement.scene.question.as_ref();
    match error {
        CorsError::PreflightDisallowedRedirect => vec![Fix::advice(
            Place::Preflight,
            "Answer OPTIONS before any redirect (login, trailing slash, http to https), or let the page ask the final URL.",
        )],
        CorsError::PreflightInvalidStatus => vec![Fix::advice(
            Place::Preflight,
            "Answer OPTIONS with 204 before authentication and routing: a preflight never carries credentials.",
        )],
        CorsError::InvalidAllowMethodsPreflightResponse
        | CorsError::MethodDisallowedByPreflightResponse => {
            vec![Fix::header(
                Place::Preflight,
                "access-control-allow-methods",
                question
                    .map(|question| question.method.clone())
                    .unwrap_or_default(),
                "List the method in the case in which it is sent, next to those the endpoint has, separated by commas.",
            )]
        }
        CorsError::InvalidAllowHeadersPreflightResponse
        | CorsError::HeaderDisallowedByPreflightResponse => {
            vec![Fix::header(
                Place::Preflight,
                "access-control-allow-headers",
                question
                    .and_then(|question| question.headers.clone())
                    .unwrap_or_default(),
                "List every header the page sends beyond the safelisted ones, by name, separated by commas.",
            )]
        }
        _ => access(exchange, judgement, error, Place::Preflight),
    }
}

fn address(error: CorsError) -> Vec<Fix> {
    let advice = match error {
        CorsError::RedirectContainsCredentials => {
            return vec![Fix::advice(
                Place::Redirect,
                "Leave `user:password@` out of Location; pass the token in a header or a cookie.",
            )];
        }
        CorsError::DisallowedByMode => "Use mode cors if the other origin is meant to be asked.",
        _ => "Ask an http or https URL.",
    };
    vec![Fix::advice(Place::Page, advice)]
}
