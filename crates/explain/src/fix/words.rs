//! The words of a change: who answered, and what usually stands in the way.

use cors::{Answer, CorsError};

use super::FixTarget;

/// Stands for the status of an answer that a browser's message calls no success without saying which.
pub(crate) const UNKNOWN_STATUS: u16 = 999;

/// How to let OPTIONS through, by the status that it was answered with.
pub(super) fn status(answer: Option<&Answer>, url: &str) -> String {
    let status = answer.map_or(0, |answer| answer.status);
    let by = answer.map(who).unwrap_or_default();
    let advice = match status {
        400 | 403 | 422 if answer.is_some_and(is_of_cors) => format!(
            "Here the CORS layer itself refuses the preflight{by} (status {status}): the origin, the method or a header is not on its lists (Starlette and FastAPI answer so). Put what is missing there"
        ),
        UNKNOWN_STATUS => "Something answers OPTIONS with an error, and the message does not say which: 401 and 403 are of a login or a firewall, 404 and 405 say that no route is there for OPTIONS, 500 and above come from the application or a gateway. `curl -i -X OPTIONS` with Origin and Access-Control-Request-Method shows it. Let OPTIONS past what refuses it".to_owned(),
        401 | 407 => format!(
            "A login is asked for{by} before CORS is looked at (status {status}). A preflight never carries cookies or Authorization: let OPTIONS past authentication"
        ),
        403 => format!(
            "An access rule refuses OPTIONS{by} (status 403): a firewall, a CSRF check, or a CORS layer that does not know this origin. Let OPTIONS with Access-Control-Request-Method past it"
        ),
        404 | 410 => format!(
            "No route answers OPTIONS at {url}{by} (status {status}): let the CORS layer stand before the router, or add a route for OPTIONS"
        ),
        405 | 501 => format!(
            "The endpoint refuses the method OPTIONS{by} (status {status}{}): handle OPTIONS before routing by method",
            allowed(answer)
        ),
        301 | 302 | 303 | 307 | 308 => return redirect(answer, url, &by),
        502..=504 => format!(
            "The gateway has no answer to OPTIONS from what is behind it{by} (status {status}): let the gateway answer OPTIONS itself"
        ),
        500..=599 => format!(
            "The server fails at OPTIONS{by} (status {status}): its log says at what; let the CORS layer answer before the application's code"
        ),
        429 => "Preflights count against the rate limit (status 429): leave OPTIONS out of it"
            .to_owned(),
        _ => format!(
            "The preflight is rejected{by} (status {status}): a preflight has no body, no cookies and none of the page's headers, so let nothing check for them on OPTIONS"
        ),
    };
    format!("{advice}, and answer it with 204 and the CORS headers.")
}

/// Whether a layer that knows CORS gave an answer: it has other headers of CORS, if not the one that counts.
fn is_of_cors(answer: &Answer) -> bool {
    let lists = [
        "access-control-allow-methods",
        "access-control-allow-headers",
    ];
    lists
        .iter()
        .any(|name| answer.headers.all(name).next().is_some())
}

fn redirect(answer: Option<&Answer>, url: &str, by: &str) -> String {
    let status = answer.map_or(0, |answer| answer.status);
    let location = answer
        .and_then(Answer::redirect)
        .map(|location| String::from_utf8_lossy(location).into_owned())
        .unwrap_or_default();
    // No server redirects to where it was asked: the target is not known.
    if location == url {
        return "OPTIONS is redirected: for https, a trailing slash, another host, or to a login. Answer OPTIONS with 204 before any redirect, or let the page ask the final URL.".to_owned();
    }
    let to_login = ["login", "signin", "sign-in", "oauth", "sso", "auth"]
        .iter()
        .any(|word| location.to_ascii_lowercase().contains(word));
    let cause = if to_login {
        "a login; a preflight never carries cookies"
    } else if location.ends_with('/') {
        "perhaps for a trailing slash"
    } else {
        "for https, a trailing slash, another host, or a login"
    };
    format!(
        "OPTIONS is redirected{by} (status {status} to `{location}`: {cause}). Answer OPTIONS with 204 before any redirect, or let the page ask the final URL."
    )
}

/// Whether a URL is that of a login, by the words of its host and path.
pub(super) fn is_login(url: &str) -> bool {
    const WORDS: [&str; 9] = [
        "authorize",
        "login",
        "logon",
        "oauth",
        "oauth2",
        "saml",
        "saml2",
        "signin",
        "sso",
    ];
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let mut words = address.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| WORDS.iter().any(|login| word.eq_ignore_ascii_case(login)))
        || address.to_ascii_lowercase().contains("sign-in")
}

fn allowed(answer: Option<&Answer>) -> String {
    let allow = answer.and_then(|answer| answer.headers.joined("allow"));
    match allow {
        Some(list) if !list.is_empty() => format!(", Allow: {}", String::from_utf8_lossy(&list)),
        _ => String::new(),
    }
}

/// Who answered, as far as the answer says.
fn who(answer: &Answer) -> String {
    for header in ["server", "x-powered-by", "via"] {
        let value = answer.headers.joined(header).unwrap_or_default();
        if !value.is_empty() {
            return format!(" by `{}` ({header})", String::from_utf8_lossy(&value));
        }
    }
    String::new()
}

/// What to do about `Access-Control-Allow-Origin`.
pub(super) fn allow_origin(
    answer: Option<&Answer>,
    on: FixTarget,
    error: CorsError,
    origin: &str,
) -> String {
    let mut text = match error {
        CorsError::MultipleAllowOriginValues | CorsError::PreflightMultipleAllowOriginValues => {
            doubled(answer, origin)
        }
        CorsError::WildcardOriginNotAllowed | CorsError::PreflightWildcardOriginNotAllowed => {
            "Answer with the one origin that asked, from a list of allowed ones: `*` does not count for requests with credentials.".to_owned()
        }
        _ => "Compare the request's Origin with a list of allowed origins and answer with it, on every status including errors.".to_owned(),
    };
    let status = answer.map_or(0, |answer| answer.status);
    if on == FixTarget::Response && status >= 400 {
        text.push_str(&on_errors(status));
    }
    text
}

/// Errors are often written by another layer than the one that adds CORS headers.
fn on_errors(status: u16) -> String {
    let layer = match status {
        502..=504 => "the gateway wrote it, not the application",
        401 | 403 => "authentication wrote it, before the CORS layer",
        _ => "an error handler wrote it, past the CORS layer",
    };
    format!(
        " This answer is an error (status {status}): most likely {layer}. Add the headers to errors too: `always` in nginx and Apache, the CORS layer outside of error handling and authentication in an application."
    )
}

/// Which layers set the header twice.
fn doubled(answer: Option<&Answer>, origin: &str) -> String {
    let lines: Vec<String> = answer
        .iter()
        .flat_map(|answer| answer.headers.all("access-control-allow-origin"))
        .map(|line| format!("`{}`", String::from_utf8_lossy(line)))
        .collect();
    if lines.len() < 2 {
        return format!(
            "Answer with the one origin that asked, `{origin}`, taken from the list of allowed ones: the header holds a single origin, never a list."
        );
    }
    format!(
        "The header is there {} times ({}): two layers set it, usually the application and a proxy, gateway or CDN before it. Let one of them do so (in nginx `proxy_hide_header` takes the application's out) and answer with the one origin that asked.",
        lines.len(),
        lines.join(" and ")
    )
}

/// Why `Vary` is part of the change.
pub(super) fn vary(answer: Option<&Answer>) -> &'static str {
    if answer.is_some_and(|answer| crate::cached::by_a_cache(answer).is_some()) {
        return "This answer came from a cache that was filled by a request without this Origin: add `Vary: Origin` to every answer, also to requests without Origin, and purge the cache.";
    }
    "Add it wherever the answer depends on Origin, so that no cache serves one origin's answer to another."
}
