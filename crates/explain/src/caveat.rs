//! What a verdict does not cover: where another engine, another network or a cache may decide
//! otherwise.

use cors::{Answer, Exchange, Judgement, Mode, Origin, Ruling, Stage};
use url::Url;

use crate::{cached, network, reason};

/// The caveats of a judgement, each a sentence or two.
pub(crate) fn all(exchange: &Exchange, judgement: &Judgement) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(local_network(exchange, judgement));
    found.extend(authorization_by_wildcard(exchange, judgement));
    found.extend(from_cache(exchange, judgement));
    found.extend(dropped(exchange));
    found.extend(unreadable(exchange, judgement));
    found
}

/// What the page set and the browser does not send.
fn dropped(exchange: &Exchange) -> Option<String> {
    let names = listed(exchange.request.dropped_headers())?;
    Some(match exchange.request.mode() {
        Mode::NoCors => format!(
            "The browser leaves {names} out of the request: in mode no-cors a script can send only what a form can, and read nothing of the answer. Use mode cors, and let the server allow the headers."
        ),
        _ => format!(
            "The browser leaves {names} out of the request: no script may set that, and the server need not allow it."
        ),
    })
}

/// Headers of answers that pages are known to read, beside all that start with `x-`.
const READ_BY_PAGES: [&str; 8] = [
    "content-disposition",
    "content-range",
    "etag",
    "link",
    "location",
    "retry-after",
    "server-timing",
    "www-authenticate",
];

/// Headers that start with `x-` and are none of the page's business.
const NOT_READ_BY_PAGES: [&str; 12] = [
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-aspnet-version",
    "x-cache",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-frame-options",
    "x-powered-by",
    "x-runtime",
    "x-served-by",
    "x-timer",
    "x-xss-protection",
];

/// What the page gets no sight of, though the answer passes.
fn unreadable(exchange: &Exchange, judgement: &Judgement) -> Option<String> {
    if judgement.ruling != Ruling::Allowed || !judgement.scene.cross_origin {
        return None;
    }
    let answer = exchange.hops.get(judgement.hop)?.response.as_ref()?;
    let mut hidden: Vec<String> = Vec::new();
    for (name, _) in answer.headers.iter() {
        let is_one = |names: &[&str]| {
            let mut names = names.iter();
            names.any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
        };
        let is_own = matches!(name, [b'x' | b'X', b'-', ..]);
        let of_pages = if is_own {
            !is_one(&NOT_READ_BY_PAGES)
        } else {
            is_one(&READ_BY_PAGES)
        };
        if !of_pages {
            continue;
        }
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if !hidden.contains(&name) {
            hidden.push(name);
        }
    }
    if hidden.is_empty() {
        return None;
    }
    let readable = cors::readable(&answer.headers, exchange.request.credentials());
    hidden.retain(|name| !readable.contains(name));
    let names = listed(&hidden)?;
    Some(format!(
        "A script reads null for {names}: Access-Control-Expose-Headers has to list them."
    ))
}

/// Names between backticks; `None` without any.
fn listed(names: &[String]) -> Option<String> {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    (!quoted.is_empty()).then(|| quoted.join(", "))
}

/// A page that asks a more private network than its own needs the user's permission
/// (<https://wicg.github.io/local-network-access/>, Chromium from 142). Whether the page itself came
/// from there is not recorded, unless its name says so.
fn local_network(exchange: &Exchange, judgement: &Judgement) -> Option<String> {
    if exchange.request.mode() == Mode::Navigate {
        return None;
    }
    let is_local = |text: &str| {
        network::may_be_local(text) && Url::parse(text).is_ok_and(|url| network::is_local(&url))
    };
    let target = reason::path(judgement).find(|url| is_local(url))?;
    let page = exchange.request.page_origin();
    if is_local(page.as_str()) {
        return None;
    }
    let rest = match reason::is_secure_page(page) {
        Some(true) => {
            "Chromium asks the user for permission first and blocks the request where it is not given; Firefox is introducing the same. Safari does not ask."
        }
        Some(false) => {
            "The page is not secure (http), so Chromium blocks the request without asking: serve the page over https."
        }
        None => {
            "Chromium asks the user for permission first, and blocks the request of a page that is not secure."
        }
    };
    Some(format!(
        "Local Network Access: {target} is on this machine or a local network, which a page from elsewhere reaches only with permission, whatever the CORS headers say. {rest}"
    ))
}

/// The standard wants `authorization` listed by name; the engines still let `*` stand for it and
/// warn.
fn authorization_by_wildcard(exchange: &Exchange, judgement: &Judgement) -> Option<String> {
    let sends = |name: &str| {
        exchange
            .request
            .headers()
            .iter()
            .any(|(other, _)| other == name)
    };
    if !sends("authorization") || judgement.stage == Some(Stage::Preflight) {
        return None;
    }
    let by_wildcard = |answer: &Answer| {
        let list = answer
            .headers
            .joined("access-control-allow-headers")
            .unwrap_or_default();
        let list = String::from_utf8_lossy(&list).to_ascii_lowercase();
        let mut names = list.split(',').map(str::trim);
        names.clone().any(|name| name == "*") && !names.any(|name| name == "authorization")
    };
    exchange
        .hops
        .iter()
        .filter_map(|hop| hop.preflight.as_ref())
        .any(by_wildcard)
        .then(|| {
            "`*` in Access-Control-Allow-Headers does not cover Authorization by the Fetch standard: Chromium, Firefox and Safari accept it today with a warning and are to stop. List `Authorization` by name.".to_owned()
        })
}

/// An answer without the right headers that came from a cache may have been made for someone else.
fn from_cache(exchange: &Exchange, judgement: &Judgement) -> Option<String> {
    if judgement.ruling != Ruling::Blocked || judgement.stage != Some(Stage::Response) {
        return None;
    }
    let answer = exchange.hops.get(judgement.hop)?.response.as_ref()?;
    let signs = cached::by_a_cache(answer)?;
    if cached::varies_by_origin(answer) || *exchange.request.page_origin() == Origin::Opaque {
        return None;
    }
    Some(format!(
        "The answer came from a cache ({signs}) and has no `Vary: Origin`: it was probably stored for a request without Origin, or of another origin. A fresh answer may be right; purge the cache once `Vary: Origin` is sent."
    ))
}
