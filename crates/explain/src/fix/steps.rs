//! One step of a repair: what answers one objection of the engine.

use cors::{
    Answer, BadRedirect, CorsError, Credentials, Exchange, Headers, Judgement, Mode, Origin, Stage,
    is_token,
};
use url::Url;

use super::repair::Bench;
use super::{Action, Fix, Place, names, words};
use crate::reason::{self, Reason};

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";

/// Changes the exchange so that this objection is gone.
pub(super) fn take(bench: &mut Bench, judgement: &Judgement, reason: Reason) {
    if reason == Reason::MixedContent {
        return mixed_content(bench, judgement);
    }
    match (judgement.error, judgement.stage) {
        (None, Some(Stage::Preflight)) => status(bench, judgement),
        (None, stage) => bad_redirect(bench, judgement, stage),
        (Some(error), Some(Stage::Preflight)) => preflight(bench, judgement, error),
        (Some(error), Some(Stage::Response)) => {
            access(bench, judgement, error, Place::Response);
        }
        (Some(error), _) => address(bench, judgement, error),
    }
}

/// An answer that permits what is asked and nothing else.
pub(super) fn granted(judgement: &Judgement) -> Answer {
    let scene = &judgement.scene;
    let mut headers = Headers::new();
    headers.push(ALLOW_ORIGIN, &scene.origin);
    headers.push(ALLOW_CREDENTIALS, "true");
    if let Some(question) = &scene.question {
        headers.push(ALLOW_METHODS, &question.method);
        headers.push(
            ALLOW_HEADERS,
            question.headers.as_deref().unwrap_or_default(),
        );
    }
    Answer {
        status: 204,
        headers,
    }
}

fn answer<'a>(exchange: &'a Exchange, judgement: &Judgement, on: Place) -> Option<&'a Answer> {
    let hop = exchange.hops.get(judgement.hop)?;
    match on {
        Place::Preflight => hop.preflight.as_ref(),
        _ => hop.response.as_ref(),
    }
}

fn fix(on: Place, hop: usize, action: Action, change: impl Into<String>) -> Fix {
    Fix {
        on,
        hop,
        action,
        change: change.into(),
    }
}

fn set(on: Place, hop: usize, header: &str, value: String, change: impl Into<String>) -> Fix {
    let header = header.to_owned();
    fix(on, hop, Action::Set { header, value }, change)
}

fn page(action: Action, change: impl Into<String>) -> Fix {
    fix(Place::Page, 0, action, change)
}

/// The access check of a preflight's answer or a response.
fn access(bench: &mut Bench, judgement: &Judgement, error: CorsError, on: Place) {
    let hop = judgement.hop;
    let include = bench.exchange.request.credentials() == Credentials::Include;
    if matches!(
        error,
        CorsError::InvalidAllowCredentials | CorsError::PreflightInvalidAllowCredentials
    ) {
        bench.change(set(
            on,
            hop,
            ALLOW_CREDENTIALS,
            "true".to_owned(),
            "Answer with exactly `true`, in lower case, once.",
        ));
        return without_credentials(bench);
    }
    let origin = judgement.scene.origin.clone();
    if origin == "null" {
        return null_origin(bench, judgement, on, include);
    }
    let text = words::allow_origin(answer(&bench.exchange, judgement, on), on, error, &origin);
    bench.change(set(on, hop, ALLOW_ORIGIN, origin, text));
    vary(bench, judgement, on);
    if include {
        without_credentials(bench);
    }
}

/// Whether the page needs its cookies is for the page to know.
fn without_credentials(bench: &mut Bench) {
    bench.or(page(
        Action::Credentials(Credentials::SameOrigin),
        "Or, if the request needs no cookies, leave out `credentials: 'include'` (`withCredentials`).",
    ));
}

/// `Vary: Origin` beside an exact origin, next to what `Vary` lists already.
fn vary(bench: &mut Bench, judgement: &Judgement, on: Place) {
    let listed = answer(&bench.exchange, judgement, on)
        .and_then(|answer| answer.headers.joined("vary"))
        .map(|value| String::from_utf8_lossy(&value).into_owned())
        .unwrap_or_default();
    let mut elements = listed.split(',').map(str::trim);
    if elements.any(|name| name == "*" || name.eq_ignore_ascii_case("origin")) {
        return;
    }
    let value = if listed.trim().is_empty() {
        "Origin".to_owned()
    } else {
        format!("{}, Origin", listed.trim())
    };
    let text = words::vary(answer(&bench.exchange, judgement, on));
    bench.change(set(on, judgement.hop, "vary", value, text));
}

/// No server should answer with `null`: every sandboxed page has that origin.
fn null_origin(bench: &mut Bench, judgement: &Judgement, on: Place, include: bool) {
    let opaque = *bench.exchange.request.page_origin() == Origin::Opaque;
    let hop = judgement.hop;
    match (opaque, include) {
        (false, true) => answer_before_the_foreign_redirect(bench, judgement),
        (true, true) => bench.change(page(
            Action::Credentials(Credentials::SameOrigin),
            "Give the page an origin (serve it over https instead of file:, or sandbox it with allow-same-origin); as long as it has none, ask without credentials.",
        )),
        (true, false) => {
            bench.change(set(on, hop, ALLOW_ORIGIN, "*".to_owned(), "The page has an opaque origin (file:, a sandboxed frame, data:), which sends `Origin: null`. If everybody may read this, answer with `*`, without credentials; otherwise give the page an origin. Never answer with `null`: every sandboxed page has that origin."));
        }
        (false, false) => {
            bench.change(set(on, hop, ALLOW_ORIGIN, "*".to_owned(), format!("A redirect from one foreign origin to another turned the Origin header into `null`. If everybody may read this, answer with `*`; otherwise let the page ask {} directly, or let the redirect stay on one origin. Never answer with `null`.", judgement.scene.url)));
        }
    }
}

/// With credentials nothing but the page's origin will do, and behind that redirect it is not sent.
fn answer_before_the_foreign_redirect(bench: &mut Bench, judgement: &Judgement) {
    let path = reason::path(&bench.exchange, judgement);
    let origins: Vec<_> = path
        .iter()
        .map(|url| Url::parse(url).map_or(Origin::Opaque, |url| Origin::of(&url)))
        .collect();
    let page_origin = bench.exchange.request.page_origin();
    let at = (1..origins.len())
        .find(|at| origins[*at] != origins[at - 1] && origins[at - 1] != *page_origin);
    let Some(at) = at else { return };
    let text = format!(
        "Answer at {} itself (for example as a proxy) instead of redirecting to another origin, or let the page ask {} directly: behind a redirect from one foreign origin to another the Origin header is `null`, which must not be allowed with credentials.",
        path[at - 1],
        path[at]
    );
    bench.change(fix(Place::Redirect, at - 1, Action::Status(200), text));
}

fn preflight(bench: &mut Bench, judgement: &Judgement, error: CorsError) {
    let refused = answer(&bench.exchange, judgement, Place::Preflight)
        .is_some_and(|answer| !(200..=299).contains(&answer.status));
    if refused {
        status(bench, judgement);
    }
    let asked = bench.exchange.request.headers().len();
    page_sends_what_answers_carry(bench);
    avoidable(bench, judgement);
    if bench.exchange.request.headers().len() < asked {
        // What is left of the request may be permitted as it is.
        return;
    }
    match error {
        CorsError::PreflightDisallowedRedirect | CorsError::PreflightInvalidStatus => {}
        CorsError::InvalidAllowMethodsPreflightResponse
        | CorsError::MethodDisallowedByPreflightResponse => methods(bench, judgement),
        CorsError::InvalidAllowHeadersPreflightResponse
        | CorsError::HeaderDisallowedByPreflightResponse => headers(bench, judgement),
        _ => access(bench, judgement, error, Place::Preflight),
    }
}

/// Whoever refuses OPTIONS stands before what would answer it.
fn status(bench: &mut Bench, judgement: &Judgement) {
    let text = words::status(
        answer(&bench.exchange, judgement, Place::Preflight),
        &judgement.scene.url,
    );
    bench.change(fix(
        Place::Preflight,
        judgement.hop,
        Action::Status(204),
        text,
    ));
}

/// Takes headers of answers out of the request.
fn page_sends_what_answers_carry(bench: &mut Bench) {
    let names: Vec<String> = bench
        .exchange
        .request
        .headers()
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    for name in names
        .into_iter()
        .filter(|name| names::is_of_responses(name))
    {
        let text = format!(
            "Take `{name}` out of the page's request: it is a header of answers, which the server sets; in a request it only makes a preflight ask for it."
        );
        bench.change(page(Action::Remove { header: name }, text));
    }
}

/// Notes which headers the page could leave out to go without the preflight, or without what it
/// refuses.
fn avoidable(bench: &mut Bench, judgement: &Judgement) {
    let Some(question) = &judgement.scene.question else {
        return;
    };
    let method = judgement.scene.method.as_str();
    let asked: Vec<&str> = question
        .headers
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .filter(|name| !name.is_empty())
        .collect();
    let simple_method = matches!(method, "GET" | "HEAD" | "POST");
    let listed = list(bench, judgement, ALLOW_HEADERS);
    let all = simple_method
        && asked
            .iter()
            .all(|name| names::without(name, method).is_some());
    for name in asked {
        let refused = !listed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(name));
        if let Some(text) = names::without(name, method).filter(|_| all || refused) {
            let header = name.to_owned();
            bench.or(page(Action::Remove { header }, text));
        }
    }
}

/// The tokens of a list that the preflight's answer has, also where the list as a whole is void.
fn list(bench: &Bench, judgement: &Judgement, name: &str) -> Vec<String> {
    let value = answer(&bench.exchange, judgement, Place::Preflight)
        .and_then(|answer| answer.headers.joined(name))
        .map(|value| String::from_utf8_lossy(&value).into_owned())
        .unwrap_or_default();
    let mut tokens: Vec<String> = Vec::new();
    for token in value.split(|c: char| c == ',' || c == ';' || c.is_whitespace()) {
        let token = token.trim_matches(['"', '\'', '[', ']']);
        // With credentials `*` is a name like any other, and none that anybody sends.
        if is_token(token.as_bytes()) && token != "*" && !tokens.iter().any(|t| t == token) {
            tokens.push(token.to_owned());
        }
    }
    tokens
}

fn methods(bench: &mut Bench, judgement: &Judgement) {
    let method = bench.exchange.request.method().to_owned();
    let upper = method.to_ascii_uppercase();
    let mut listed = list(bench, judgement, ALLOW_METHODS);
    let is_written_low = method != upper && judgement.scene.method == method;
    if is_written_low && (upper == "PATCH" || listed.contains(&upper)) {
        bench.change(page(
            Action::Method(upper.clone()),
            format!("Write `{upper}` in the page: fetch and XHR put only GET, HEAD, POST, PUT, DELETE and OPTIONS into upper case, and servers know methods in upper case."),
        ));
        return;
    }
    if !listed.contains(&judgement.scene.method) {
        listed.push(judgement.scene.method.clone());
    }
    bench.change(set(
        Place::Preflight,
        judgement.hop,
        ALLOW_METHODS,
        listed.join(", "),
        "List the method in the case in which it is sent, next to those the endpoint has, separated by commas.",
    ));
}

fn headers(bench: &mut Bench, judgement: &Judgement) {
    let kept = bench
        .exchange
        .request
        .headers()
        .iter()
        .map(|(name, _)| name.clone())
        .collect::<Vec<_>>();
    let asked = judgement
        .scene
        .question
        .as_ref()
        .and_then(|question| question.headers.clone())
        .unwrap_or_default();
    let mut listed = list(bench, judgement, ALLOW_HEADERS);
    for name in asked
        .split(',')
        .filter(|name| kept.iter().any(|other| other == name))
    {
        if !listed.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            listed.push(name.to_owned());
        }
    }
    bench.change(set(
        Place::Preflight,
        judgement.hop,
        ALLOW_HEADERS,
        listed.join(", "),
        "List every header the page sends beyond the safelisted ones, by name, separated by commas.",
    ));
}

/// A redirect that the browser does not follow, whatever CORS says.
fn bad_redirect(bench: &mut Bench, judgement: &Judgement, stage: Option<Stage>) {
    let location = judgement.scene.location.clone().unwrap_or_default();
    if stage.is_none() {
        return url_of_page(
            bench,
            |url| {
                let _ = url.set_port(None);
            },
            "Ask a port that browsers do not block.",
        );
    }
    match judgement.scene.redirect {
        Some(BadRedirect::Mode) => bench.change(page(
            Action::Mode(Mode::Cors),
            "Use mode cors if the redirect to another origin is meant to be followed.",
        )),
        Some(BadRedirect::Userinfo) => without_userinfo(bench, judgement, &location),
        _ => bench.change(fix(
            Place::Redirect,
            judgement.hop,
            Action::Status(200),
            format!("Answer at {} instead of redirecting to `{location}`, or redirect to an http(s) URL that browsers ask, in fewer than 21 steps.", judgement.scene.url),
        )),
    }
}

fn without_userinfo(bench: &mut Bench, judgement: &Judgement, location: &str) {
    let Ok(mut url) = Url::parse(location) else {
        return;
    };
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return;
    }
    bench.change(set(
        Place::Redirect,
        judgement.hop,
        "location",
        url.into(),
        "Leave `user:password@` out of Location; pass the token in a header or a cookie.",
    ));
}

/// Reasons that lie in the address and not in an answer.
fn address(bench: &mut Bench, judgement: &Judgement, error: CorsError) {
    let location = judgement.scene.location.clone().unwrap_or_default();
    match (error, judgement.stage) {
        (CorsError::RedirectContainsCredentials, _) => {
            without_userinfo(bench, judgement, &location);
        }
        (CorsError::DisallowedByMode, _) => bench.change(page(
            Action::Mode(Mode::Cors),
            "Use mode cors if the other origin is meant to be asked.",
        )),
        (_, Some(Stage::Redirect)) => bench.change(fix(
            Place::Redirect,
            judgement.hop,
            Action::Status(200),
            format!("Answer here instead of redirecting to `{location}`: across origins browsers ask http and https URLs only."),
        )),
        _ => url_of_page(bench, |url| {
            let text = url.as_str().replacen(url.scheme(), "https", 1);
            if let Ok(changed) = Url::parse(&text) {
                *url = changed;
            }
        }, "Ask an http or https URL."),
    }
}

fn url_of_page(bench: &mut Bench, change: impl Fn(&mut Url), text: &str) {
    let mut url = bench.exchange.request.url().clone();
    change(&mut url);
    bench.change(page(Action::Url(url.into()), text));
}

/// A secure page is led to http.
fn mixed_content(bench: &mut Bench, judgement: &Judgement) {
    let Some(location) = judgement.scene.location.as_deref() else {
        return;
    };
    let secure = location.replacen("http:", "https:", 1);
    if judgement.stage.is_none() {
        let text = "Ask the https URL: a page that came over https asks nothing over http.";
        return bench.change(page(Action::Url(secure), text));
    }
    bench.change(set(
        Place::Redirect,
        judgement.hop,
        "location",
        secure,
        "Redirect to https. Behind a proxy that ends TLS, let the application trust X-Forwarded-Proto; where it only adds a trailing slash, let the page ask the final URL.",
    ));
}
