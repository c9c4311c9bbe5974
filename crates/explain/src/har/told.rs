//! What a browser's message says of a request that CORS blocked, and the answer that it speaks of: files
//! of Safari and of test tools have the message where the answer is missing.

use cors::{
    Answer, CorsError, Credentials, Exchange, Headers, Hop, Request, RequestParts, Ruling, Scene,
    Stage, judge,
};

/// What a message says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The rule, where the message names just one.
    pub(super) error: Option<CorsError>,
    /// The header or the method that was not allowed.
    parameter: Option<String>,
    status: Option<u16>,
}

impl Told {
    pub(super) fn rule(error: CorsError) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

/// Words of WebKit's messages, lower case, with the rule; the first that is contained decides
/// (`Source/WebCore/loader/CrossOriginAccessControl.cpp`).
const RULES: [(&str, CorsError); 7] = [
    (
        "cannot use wildcard in access-control-allow-origin",
        CorsError::WildcardOriginNotAllowed,
    ),
    (
        "cannot contain more than one origin",
        CorsError::MultipleAllowOriginValues,
    ),
    (
        "access-control-allow-credentials is not",
        CorsError::InvalidAllowCredentials,
    ),
    (
        "preflight response is not successful",
        CorsError::PreflightInvalidStatus,
    ),
    (
        "request header field",
        CorsError::HeaderDisallowedByPreflightResponse,
    ),
    (
        "is not allowed by access-control-allow-headers",
        CorsError::HeaderDisallowedByPreflightResponse,
    ),
    (
        "is not allowed by access-control-allow-methods",
        CorsError::MethodDisallowedByPreflightResponse,
    ),
];

/// Reads a message about CORS.
pub(super) fn read(text: &str) -> Told {
    let lower = text.to_ascii_lowercase();
    let found = RULES.iter().find(|(words, _)| lower.contains(words));
    let before = text.split(" is not allowed").next().unwrap_or_default();
    let status = lower.split("status code: ").nth(1).unwrap_or_default();
    Told {
        error: found.map(|(_, error)| *error),
        parameter: before.split_whitespace().last().map(str::to_owned),
        status: status.get(..3).and_then(|digits| digits.parse().ok()),
    }
}

/// The exchange with the answer that the message speaks of in place of the one that is missing; `None`
/// where none is missing, or where there is none that the message fits.
pub(super) fn completed(told: &Told, exchange: &Exchange) -> Option<Exchange> {
    let mut exchange = exchange.clone();
    if told.error == Some(CorsError::HeaderDisallowedByPreflightResponse) {
        exchange.request = with_header(&exchange.request, told.parameter.as_deref())?;
    }
    let judgement = judge(&exchange);
    let missing = judgement.scene.missing?;
    let scene = &judgement.scene;
    if of_credentials(told) {
        exchange.request = exchange.request.with_credentials(Credentials::Include);
    }
    let headers = headers(told, scene);
    let by_itself = match told.error {
        Some(CorsError::PreflightInvalidStatus) => 403,
        _ => 200,
    };
    let answer = Answer {
        status: told.status.unwrap_or(by_itself),
        headers,
    };
    while exchange.hops.len() <= judgement.hop {
        exchange.hops.push(Hop {
            url: scene.url.clone(),
            ..Hop::default()
        });
    }
    let hop = &mut exchange.hops[judgement.hop];
    match missing {
        Stage::Preflight => hop.preflight = Some(answer),
        Stage::Response | Stage::Redirect => hop.response = Some(answer),
    }
    (judge(&exchange).ruling == Ruling::Blocked).then_some(exchange)
}

/// Whether only requests with credentials fail like this.
const fn of_credentials(told: &Told) -> bool {
    use CorsError as E;
    matches!(
        told.error,
        Some(
            E::WildcardOriginNotAllowed
                | E::PreflightWildcardOriginNotAllowed
                | E::InvalidAllowCredentials
                | E::PreflightInvalidAllowCredentials
        )
    )
}

/// The headers of the answer that the message speaks of.
fn headers(told: &Told, scene: &Scene) -> Headers {
    use CorsError as E;
    let allow = "access-control-allow-origin";
    let mut headers = Headers::new();
    match told.error {
        Some(E::WildcardOriginNotAllowed | E::PreflightWildcardOriginNotAllowed) => {
            headers.push(allow, "*");
        }
        Some(E::MultipleAllowOriginValues | E::PreflightMultipleAllowOriginValues) => {
            headers.push(allow, "*");
            headers.push(allow, "*");
        }
        Some(E::InvalidAllowCredentials | E::PreflightInvalidAllowCredentials) => {
            headers.push(allow, &scene.origin);
        }
        Some(
            error @ (E::HeaderDisallowedByPreflightResponse
            | E::MethodDisallowedByPreflightResponse),
        ) => {
            headers.push(allow, &scene.origin);
            headers.push("access-control-allow-credentials", "true");
            let question = scene.question.as_ref();
            let asked = question.and_then(|question| question.headers.as_deref());
            let refused = told.parameter.as_deref().unwrap_or_default();
            let granted: Vec<&str> = asked
                .unwrap_or_default()
                .split(',')
                .filter(|name| !name.eq_ignore_ascii_case(refused))
                .collect();
            headers.push("access-control-allow-headers", granted.join(","));
            if error == E::HeaderDisallowedByPreflightResponse {
                headers.push("access-control-allow-methods", &scene.method);
            }
        }
        _ => {}
    }
    headers
}

/// The request with a header that the message names: the file may leave it out.
fn with_header(request: &Request, name: Option<&str>) -> Option<Request> {
    let mut headers: Headers = request.headers().iter().cloned().collect();
    if let Some(name) = name
        && headers.joined(name).is_none()
    {
        headers.push(name, super::chain::NOT_RECORDED);
    }
    Request::new(RequestParts {
        page_origin: request.page_origin().as_str(),
        url: request.url().as_str(),
        method: request.method(),
        mode: request.mode(),
        credentials: request.credentials(),
        headers,
    })
    .ok()
}
