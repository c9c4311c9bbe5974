//! The answer that a browser's message speaks of, put where a record lacks it.

use cors::{
    Answer, CorsError, Credentials, Exchange, Headers, Hop, Judgement, Request, RequestParts,
    Ruling, Scene, Stage, judge,
};

use super::message::BlockMessage;
use crate::fix::UNKNOWN_STATUS;

/// The exchange with the answer that the message speaks of in place of the one that is missing; `None`
/// where none is missing, or where there is none that the message fits.
pub(crate) fn completed(message: &BlockMessage, exchange: &Exchange) -> Option<Exchange> {
    let mut exchange = exchange.clone();
    exchange.request = as_it_says(message, &exchange.request)?;
    let mut judgement = judge(&exchange);
    // WebKit names no stage where its words are about a preflight alone.
    let is_of_preflight = matches!(
        message.error,
        Some(CorsError::PreflightInvalidStatus | CorsError::PreflightDisallowedRedirect)
    );
    let stage = message
        .stage
        .or(is_of_preflight.then_some(Stage::Preflight));
    match (stage, judgement.scene.missing?) {
        // The file may leave out what made the preflight necessary.
        (Some(Stage::Preflight), Stage::Response) if judgement.scene.question.is_none() => {
            exchange.request = exchange.request.always_preflighted();
            judgement = judge(&exchange);
        }
        (Some(Stage::Response), Stage::Preflight) => {
            let answer = permission(&judgement.scene);
            place(&mut exchange, &judgement, Stage::Preflight, answer);
            judgement = judge(&exchange);
        }
        _ => {}
    }
    let missing = judgement.scene.missing?;
    let by_itself = match message.error {
        Some(CorsError::PreflightInvalidStatus) => UNKNOWN_STATUS,
        Some(CorsError::PreflightDisallowedRedirect) => 302,
        _ => 200,
    };
    let answer = Answer {
        status: message.status.unwrap_or(by_itself),
        headers: headers(message, &judgement.scene),
    };
    place(&mut exchange, &judgement, missing, answer);
    (judge(&exchange).ruling == Ruling::Blocked).then_some(exchange)
}

/// The request with what the message says of it.
fn as_it_says(message: &BlockMessage, request: &Request) -> Option<Request> {
    let name = message.parameter.as_deref();
    let mut request = match message.error {
        Some(CorsError::HeaderDisallowedByPreflightResponse) => with_header(request, name)?,
        Some(CorsError::MethodDisallowedByPreflightResponse) => with_method(request, name)?,
        _ => request.clone(),
    };
    if of_credentials(message) {
        request = request.with_credentials(Credentials::Include);
    }
    Some(request)
}

fn place(exchange: &mut Exchange, judgement: &Judgement, stage: Stage, answer: Answer) {
    while exchange.hops.len() <= judgement.hop {
        exchange.hops.push(Hop {
            url: judgement.scene.url.clone(),
            ..Hop::default()
        });
    }
    let hop = &mut exchange.hops[judgement.hop];
    match stage {
        Stage::Preflight => hop.preflight = Some(answer),
        Stage::Response | Stage::Redirect => hop.response = Some(answer),
    }
}

/// The answer to a preflight that lets the request go on.
fn permission(scene: &Scene) -> Answer {
    let mut headers = Headers::new();
    headers.push("access-control-allow-origin", &scene.origin);
    headers.push("access-control-allow-credentials", "true");
    headers.push("access-control-allow-methods", &scene.method);
    let question = scene.question.as_ref();
    if let Some(names) = question.and_then(|question| question.headers.as_deref()) {
        headers.push("access-control-allow-headers", names);
    }
    Answer {
        status: 204,
        headers,
    }
}

/// Whether only requests with credentials fail like this.
const fn of_credentials(message: &BlockMessage) -> bool {
    use CorsError as E;
    matches!(
        message.error,
        Some(
            E::WildcardOriginNotAllowed
                | E::PreflightWildcardOriginNotAllowed
                | E::InvalidAllowCredentials
                | E::PreflightInvalidAllowCredentials
        )
    )
}

/// The headers of the answer that the message speaks of.
fn headers(message: &BlockMessage, scene: &Scene) -> Headers {
    use CorsError as E;
    let allow = "access-control-allow-origin";
    let mut headers = Headers::new();
    match message.error {
        Some(E::WildcardOriginNotAllowed | E::PreflightWildcardOriginNotAllowed) => {
            headers.push(allow, "*");
        }
        Some(E::MultipleAllowOriginValues | E::PreflightMultipleAllowOriginValues) => {
            headers.push(allow, message.value.as_deref().unwrap_or("*, *"));
        }
        Some(E::InvalidAllowCredentials | E::PreflightInvalidAllowCredentials) => {
            headers.push(allow, &scene.origin);
            if let Some(value) = &message.value {
                headers.push("access-control-allow-credentials", value);
            }
        }
        Some(
            E::AllowOriginMismatch
            | E::PreflightAllowOriginMismatch
            | E::InvalidAllowOriginValue
            | E::PreflightInvalidAllowOriginValue,
        ) => {
            if let Some(value) = &message.value {
                headers.push(allow, value);
            }
        }
        // Chromium and Firefox come to these where they have found the permission; WebKit looks at the
        // status first.
        Some(error @ (E::PreflightInvalidStatus | E::PreflightDisallowedRedirect))
            if message.stage.is_some() =>
        {
            headers.push(allow, &scene.origin);
            headers.push("access-control-allow-credentials", "true");
            if error == E::PreflightDisallowedRedirect {
                headers.push("location", &scene.url);
            }
        }
        Some(E::InvalidAllowMethodsPreflightResponse) => {
            headers = permission(scene).headers;
            headers.push("access-control-allow-methods", "\"");
        }
        Some(E::InvalidAllowHeadersPreflightResponse) => {
            headers = permission(scene).headers;
            headers.push("access-control-allow-headers", "\"");
        }
        Some(
            error @ (E::HeaderDisallowedByPreflightResponse
            | E::MethodDisallowedByPreflightResponse),
        ) => {
            headers.push(allow, &scene.origin);
            headers.push("access-control-allow-credentials", "true");
            let question = scene.question.as_ref();
            let asked = question.and_then(|question| question.headers.as_deref());
            let refused = message.parameter.as_deref().unwrap_or_default();
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
    again(request, request.method(), headers)
}

/// The request with the method that the message names.
fn with_method(request: &Request, method: Option<&str>) -> Option<Request> {
    let headers = request.headers().iter().cloned().collect();
    again(request, method.unwrap_or(request.method()), headers)
}

fn again(request: &Request, method: &str, headers: Headers) -> Option<Request> {
    Request::new(RequestParts {
        page_origin: request.page_origin().as_str(),
        url: request.url().as_str(),
        method,
        mode: request.mode(),
        credentials: request.credentials(),
        headers,
    })
    .ok()
}
