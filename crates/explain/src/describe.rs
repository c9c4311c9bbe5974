//! What the browser required and what it got, in plain English.

use cors::{
    Answer, BadRedirect, CorsError, Credentials, Exchange, Judgement, Mode, Origin, Ruling, Scene,
    Stage,
};

use crate::reason::Reason;
use crate::visible::visible;

/// The explanation of a judgement: one to four sentences.
pub(crate) fn text(exchange: &Exchange, judgement: &Judgement, reason: Option<Reason>) -> String {
    if reason == Some(Reason::MixedContent) {
        return mixed_content(judgement);
    }
    match judgement.ruling {
        Ruling::Allowed => allowed(exchange, judgement),
        Ruling::Incomplete => incomplete(&judgement.scene),
        Ruling::Blocked => match judgement.error {
            Some(error) => blocked(exchange, judgement, error),
            None => bad_redirect(&judgement.scene),
        },
    }
}

fn mixed_content(judgement: &Judgement) -> String {
    let scene = &judgement.scene;
    let location = scene.location.as_deref().unwrap_or_default();
    let led = match judgement.stage {
        Some(_) => format!("{} redirects the request to {location}", scene.url),
        None => format!("The page asks {location}"),
    };
    format!(
        "{led}, which is not https, and the page came over https: the browser blocks that as mixed content and sends nothing there. This is not a CORS error, though the page cannot tell."
    )
}

fn allowed(exchange: &Exchange, judgement: &Judgement) -> String {
    let scene = &judgement.scene;
    if scene.cross_origin {
        return format!(
            "The answer of {} lets the origin `{}` read it.{}",
            scene.url,
            scene.origin,
            tainted(exchange, scene)
        );
    }
    match exchange.request.mode() {
        Mode::Cors | Mode::SameOrigin => {
            format!(
                "{} has the page's own origin `{}`: CORS has no say.",
                scene.url, scene.origin
            )
        }
        mode => {
            format!("Mode {mode} goes without the CORS protocol; a script sees an opaque response.")
        }
    }
}

fn incomplete(scene: &Scene) -> String {
    match (scene.missing, &scene.question) {
        (Some(Stage::Preflight), Some(question)) => format!(
            "The browser sends a preflight to {} first (Access-Control-Request-Method: {}{}), and its answer is not in the exchange.",
            scene.url,
            question.method,
            question
                .headers
                .as_ref()
                .map(|names| format!("; Access-Control-Request-Headers: {names}"))
                .unwrap_or_default(),
        ),
        _ => format!("The answer of {} is not in the exchange.", scene.url),
    }
}

fn bad_redirect(scene: &Scene) -> String {
    let location = visible(scene.location.as_deref().unwrap_or_default().as_bytes());
    let reason = match scene.redirect {
        Some(BadRedirect::Invalid) | None => "it is not a URL (net::ERR_INVALID_REDIRECT)",
        Some(BadRedirect::Unsafe) => {
            "a server may not redirect to that scheme (net::ERR_UNSAFE_REDIRECT)"
        }
        Some(BadRedirect::Mode) => "mode same-origin stays on the page's origin",
        Some(BadRedirect::Userinfo) => "it holds a user name or password",
        Some(BadRedirect::Port) => "no browser asks that port (net::ERR_UNSAFE_PORT)",
        Some(BadRedirect::TooMany) => "it is the 21st redirect (net::ERR_TOO_MANY_REDIRECTS)",
    };
    // A request that is not sent at all has no redirect behind it.
    if scene.before.is_empty() && scene.location.as_ref() == Some(&scene.url) {
        return format!(
            "The browser does not ask {location}: {reason}. This is not a CORS error, though the page cannot tell."
        );
    }
    format!(
        "{} redirects to {location}, which the browser does not follow: {reason}. This is not a CORS error, though the page cannot tell.",
        scene.url
    )
}

fn blocked(exchange: &Exchange, judgement: &Judgement, error: CorsError) -> String {
    let scene = &judgement.scene;
    let answer = deciding_answer(exchange, judgement);
    let mut text = match judgement.stage {
        Some(Stage::Preflight) => {
            access(scene, answer, error)
                .map(|reason| {
                    format!(
                        "The preflight OPTIONS {} was answered, but {reason}",
                        scene.url
                    )
                })
                .unwrap_or_else(|| preflight(scene, answer, error, &judgement.parameter))
                + &necessity(exchange, scene)
        }
        Some(Stage::Response) => format!(
            "{} {} was answered, but {}",
            scene.method,
            scene.url,
            access(scene, answer, error).unwrap_or_default()
        ),
        Some(Stage::Redirect) | None => address(scene, error),
    };
    text.push_str(&tainted(exchange, scene));
    if exchange.request.credentials() == Credentials::Include && error_about_credentials(error) {
        text.push_str(" The request is made with credentials: include.");
    }
    text
}

/// What made a preflight necessary, where that does not show in the reason itself.
fn necessity(exchange: &Exchange, scene: &Scene) -> String {
    let Some(question) = &scene.question else {
        return String::new();
    };
    let mut causes = Vec::new();
    if !matches!(question.method.as_str(), "GET" | "HEAD" | "POST") {
        causes.push(format!("the method {}", question.method));
    }
    let names = question.headers.as_deref().unwrap_or_default();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let value = exchange
            .request
            .headers()
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_slice());
        let cause = match (name, value) {
            (
                "accept" | "accept-language" | "content-language" | "content-type" | "range",
                Some(value),
            ) if !value.is_empty() => format!(
                "the header `{name}` with the value {}, which is not a safelisted one",
                visible(value)
            ),
            _ => format!("the header `{name}`"),
        };
        causes.push(cause);
    }
    match causes.as_slice() {
        [] if exchange.request.is_always_preflighted() => " Its method and headers need no preflight; one is sent all the same where the page listens to the progress of an upload (`xhr.upload`).".to_owned(),
        [] => String::new(),
        causes => format!(
            " The preflight is sent because of {}.",
            causes.join(" and ")
        ),
    }
}

/// The answer whose headers decided.
fn deciding_answer<'a>(exchange: &'a Exchange, judgement: &Judgement) -> Option<&'a Answer> {
    let hop = exchange.hops.get(judgement.hop)?;
    match judgement.stage {
        Some(Stage::Preflight) => hop.preflight.as_ref(),
        _ => hop.response.as_ref(),
    }
}

const fn error_about_credentials(error: CorsError) -> bool {
    matches!(
        error,
        CorsError::WildcardOriginNotAllowed
            | CorsError::PreflightWildcardOriginNotAllowed
            | CorsError::InvalidAllowCredentials
            | CorsError::PreflightInvalidAllowCredentials
    )
}

/// Reasons of the access check; the same for preflight and response.
fn access(scene: &Scene, answer: Option<&Answer>, error: CorsError) -> Option<String> {
    use CorsError as E;
    let origin = &scene.origin;
    let status = answer.map_or(0, |answer| answer.status);
    Some(match error {
        E::MissingAllowOriginHeader | E::PreflightMissingAllowOriginHeader => format!(
            "its answer (status {status}) has no Access-Control-Allow-Origin; the browser requires `{origin}` or `*`."
        ),
        E::WildcardOriginNotAllowed | E::PreflightWildcardOriginNotAllowed => format!(
            "Access-Control-Allow-Origin is `*`, which does not count for credentials; the browser requires `{origin}`."
        ),
        E::MultipleAllowOriginValues | E::PreflightMultipleAllowOriginValues => format!(
            "Access-Control-Allow-Origin holds more than one value: {}; the browser requires the single value `{origin}`.",
            got(answer, "access-control-allow-origin")
        ),
        E::InvalidAllowOriginValue | E::PreflightInvalidAllowOriginValue => format!(
            "Access-Control-Allow-Origin is {}, which is not an origin; the browser requires exactly `{origin}`{}.",
            got(answer, "access-control-allow-origin"),
            near_miss(answer, origin)
        ),
        E::AllowOriginMismatch | E::PreflightAllowOriginMismatch => format!(
            "Access-Control-Allow-Origin is {}; the browser requires exactly `{origin}`{}.",
            got(answer, "access-control-allow-origin"),
            near_miss(answer, origin)
        ),
        E::InvalidAllowCredentials | E::PreflightInvalidAllowCredentials => format!(
            "Access-Control-Allow-Credentials is {}; the browser requires exactly `true`.",
            got(answer, "access-control-allow-credentials")
        ),
        _ => return None,
    })
}

/// What makes a value miss that looks right.
fn near_miss(answer: Option<&Answer>, origin: &str) -> &'static str {
    let Some(value) =
        answer.and_then(|answer| answer.headers.joined("access-control-allow-origin"))
    else {
        return "";
    };
    let Ok(value) = std::str::from_utf8(&value) else {
        return " (the value holds bytes that are not text)";
    };
    let bare = value.trim_matches(['"', '\'']);
    if bare != value && (bare == origin || bare == "*") {
        return " (the quotes are part of the value)";
    }
    if value.eq_ignore_ascii_case(origin) {
        return " (the case differs)";
    }
    if value.strip_suffix('/') == Some(origin) {
        return " (the trailing slash is one character too many)";
    }
    if value
        .strip_prefix(origin)
        .is_some_and(|rest| rest.starts_with('/'))
    {
        return " (an origin has no path)";
    }
    if origin
        .split_once("://")
        .is_some_and(|(_, rest)| rest == value)
    {
        return " (the scheme is missing)";
    }
    if Origin::parse(value).is_some_and(|parsed| parsed.as_str() == origin) {
        return " (an origin is written without its default port)";
    }
    if value.split_once("://").map(|(_, rest)| rest)
        == origin.split_once("://").map(|(_, rest)| rest)
    {
        return " (the scheme differs)";
    }
    if without_port(value) == without_port(origin) {
        return " (the port differs)";
    }
    if value.contains('*') {
        return " (`*` stands alone or for itself; there are no patterns)";
    }
    ""
}

fn without_port(origin: &str) -> &str {
    let host = origin.trim_end_matches(|c: char| c.is_ascii_digit());
    host.strip_suffix(':').unwrap_or(origin)
}

/// The lines of one header as they came.
fn got(answer: Option<&Answer>, name: &str) -> String {
    let lines: Vec<_> = answer
        .iter()
        .flat_map(|answer| answer.headers.all(name))
        .map(visible)
        .collect();
    match lines.as_slice() {
        [] => "missing".to_owned(),
        [line] if line == "``" => "empty".to_owned(),
        [line] => line.clone(),
        lines => format!("{} lines: {}", lines.len(), lines.join(" and ")),
    }
}

/// Reasons only a preflight's answer can give.
fn preflight(scene: &Scene, answer: Option<&Answer>, error: CorsError, parameter: &[u8]) -> String {
    let url = &scene.url;
    let status = answer.map_or(0, |answer| answer.status);
    match error {
        CorsError::PreflightDisallowedRedirect => format!(
            "The preflight OPTIONS {url} was answered with a redirect (status {status} to {}); a preflight must be answered where it is sent.",
            got(answer, "location")
        ),
        CorsError::PreflightInvalidStatus => format!(
            "The preflight OPTIONS {url} was answered with status {status}; the browser requires 200 to 299."
        ),
        CorsError::InvalidAllowMethodsPreflightResponse => format!(
            "Access-Control-Allow-Methods in the preflight's answer of {url} is {}; the browser requires method names separated by commas.",
            got(answer, "access-control-allow-methods")
        ),
        CorsError::InvalidAllowHeadersPreflightResponse => format!(
            "Access-Control-Allow-Headers in the preflight's answer of {url} is {}; the browser requires header names separated by commas.",
            got(answer, "access-control-allow-headers")
        ),
        CorsError::MethodDisallowedByPreflightResponse => format!(
            "The preflight asked {url} for the method {}; Access-Control-Allow-Methods is {}{}.",
            visible(parameter),
            got(answer, "access-control-allow-methods"),
            wildcard(answer, "access-control-allow-methods")
        ),
        _ => format!(
            "The preflight asked {url} for the header {}; Access-Control-Allow-Headers is {}{}.",
            visible(parameter),
            got(answer, "access-control-allow-headers"),
            wildcard(answer, "access-control-allow-headers")
        ),
    }
}

/// Methods are compared in their case, and `*` is a name like any other where credentials are sent.
fn wildcard(answer: Option<&Answer>, name: &str) -> &'static str {
    let value = answer
        .and_then(|answer| answer.headers.joined(name))
        .unwrap_or_default();
    if value.contains(&b'*') {
        " (with credentials `*` is not a wildcard)"
    } else if name.ends_with("methods") && !value.is_empty() {
        " (methods are compared with their case)"
    } else {
        ""
    }
}

/// Reasons that lie in the address and not in an answer.
fn address(scene: &Scene, error: CorsError) -> String {
    let location = scene.location.as_deref().unwrap_or(&scene.url);
    match error {
        CorsError::RedirectContainsCredentials => format!(
            "{} redirects to {}, a URL with a user name or password; the browser follows no such redirect across origins.",
            scene.url,
            visible(location.as_bytes())
        ),
        CorsError::DisallowedByMode => format!(
            "Mode same-origin asks for {location}, which is not of the page's origin `{}`; nothing is sent there.",
            scene.origin
        ),
        _ => format!(
            "{location} is neither http nor https; the browser asks no other scheme across origins."
        ),
    }
}

fn tainted(exchange: &Exchange, scene: &Scene) -> String {
    if !scene.cross_origin || scene.origin != "null" {
        return String::new();
    }
    let cause = match exchange.request.page_origin() {
        Origin::Opaque => "the page has an opaque origin (a file, a sandboxed frame, data:)",
        Origin::Tuple(_) => "a redirect went from one foreign origin to another",
    };
    format!(" The Origin header is `null`: {cause}.")
}
