//! Objections of the access check, to a preflight's answer or a response.

use cors::{CorsError, Credentials, Judgement, Origin};
use url::Url;

use super::bench::Bench;
use super::change::{Action, Fix, FixTarget};
use super::words;
use crate::reason;

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";

/// The access check of a preflight's answer or a response.
pub(super) fn mend(bench: &mut Bench, judgement: &Judgement, error: CorsError, on: FixTarget) {
    let hop = judgement.hop;
    let include = bench.exchange.request.credentials() == Credentials::Include;
    if matches!(
        error,
        CorsError::InvalidAllowCredentials | CorsError::PreflightInvalidAllowCredentials
    ) {
        bench.change(credentials_allowed(on, hop));
        return without_credentials(bench);
    }
    if on == FixTarget::Response && hop > 0 && words::is_login(&judgement.scene.url) {
        return answer_before_the_login(bench, judgement);
    }
    let origin = judgement.scene.origin.clone();
    if origin == "null" {
        return null_origin(bench, judgement, on, include);
    }
    let text = words::allow_origin(bench.answer(judgement, on), on, error, &origin);
    bench.change(Fix::set(on, hop, ALLOW_ORIGIN, origin, text));
    vary(bench, judgement, on);
    if include {
        let allowed = bench
            .answer(judgement, on)
            .and_then(|answer| answer.headers.joined(ALLOW_CREDENTIALS));
        if allowed.is_none_or(|value| *value != *b"true") {
            bench.change(credentials_allowed(on, hop));
        }
        without_credentials(bench);
    }
}

/// A request without a session is led to a page for people: no header there helps the request.
fn answer_before_the_login(bench: &mut Bench, judgement: &Judgement) {
    let before = judgement.hop - 1;
    let asked = reason::path(judgement).nth(before).unwrap_or_default();
    let text = format!(
        "{asked} redirects a request without a session to a login ({}), which fetch and XHR cannot show. Answer it with 401, with the CORS headers that the redirect has, and let the page go there itself (`location.href = ..`). A session by cookie also needs `credentials: 'include'` and a cookie with SameSite=None; Secure.",
        judgement.scene.url
    );
    bench.change(Fix::new(
        FixTarget::Redirect,
        before,
        Action::Status(401),
        text,
    ));
}

fn credentials_allowed(on: FixTarget, hop: usize) -> Fix {
    let text = "Answer with exactly `true`, in lower case, once.";
    Fix::set(on, hop, ALLOW_CREDENTIALS, "true".to_owned(), text)
}

/// Whether the page needs its cookies is for the page to know.
fn without_credentials(bench: &mut Bench) {
    bench.or(Fix::page(
        Action::Credentials(Credentials::SameOrigin),
        "Or, if the request needs no cookies, leave out `credentials: 'include'` (`withCredentials`).",
    ));
}

/// `Vary: Origin` beside an exact origin, next to what `Vary` lists already.
fn vary(bench: &mut Bench, judgement: &Judgement, on: FixTarget) {
    let listed = bench
        .answer(judgement, on)
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
    let text = words::vary(bench.answer(judgement, on));
    bench.change(Fix::set(on, judgement.hop, "vary", value, text));
}

/// No server should answer with `null`: every sandboxed page has that origin.
fn null_origin(bench: &mut Bench, judgement: &Judgement, on: FixTarget, include: bool) {
    let opaque = *bench.exchange.request.page_origin() == Origin::Opaque;
    let hop = judgement.hop;
    match (opaque, include) {
        (false, true) => answer_before_the_foreign_redirect(bench, judgement),
        (true, true) => bench.change(Fix::page(
            Action::Credentials(Credentials::SameOrigin),
            "Give the page an origin (serve it over https instead of file:, or sandbox it with allow-same-origin); as long as it has none, ask without credentials.",
        )),
        (true, false) => {
            bench.change(Fix::set(on, hop, ALLOW_ORIGIN, "*".to_owned(), "The page has an opaque origin (file:, a sandboxed frame, data:), which sends `Origin: null`. If everybody may read this, answer with `*`, without credentials; otherwise give the page an origin. Never answer with `null`: every sandboxed page has that origin."));
        }
        (false, false) => {
            bench.change(Fix::set(on, hop, ALLOW_ORIGIN, "*".to_owned(), format!("A redirect from one foreign origin to another turned the Origin header into `null`. If everybody may read this, answer with `*`; otherwise let the page ask {} directly, or let the redirect stay on one origin. Never answer with `null`.", judgement.scene.url)));
        }
    }
}

/// With credentials nothing but the page's origin will do, and behind that redirect it is not sent.
fn answer_before_the_foreign_redirect(bench: &mut Bench, judgement: &Judgement) {
    let path: Vec<&str> = reason::path(judgement).collect();
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
    bench.change(Fix::new(
        FixTarget::Redirect,
        at - 1,
        Action::Status(200),
        text,
    ));
}
