//! Why an exchange fails: the engine's ruling, and what a browser decides besides CORS.

use cors::{Engine, Exchange, Judgement, Mode, Origin, Ruling, Stage, judge, judge_as};
use serde::Serialize;
use url::Url;

use crate::network;

/// Why the page gets no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The CORS protocol.
    Cors,
    /// A secure page asks a URL that is not
    /// (<https://w3c.github.io/webappsec-mixed-content/#should-block-fetch>).
    MixedContent,
    /// A page asks a more private network (<https://wicg.github.io/local-network-access/>).
    LocalNetwork,
    /// Connection, name, certificate, protocol, or a redirect that leads nowhere.
    Network,
    /// An extension, a setting or an administrator.
    ClientBlocked,
    /// The page's own Content-Security-Policy.
    Csp,
    /// What is recorded does not tell.
    Unknown,
}

impl Reason {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cors => "cors",
            Self::MixedContent => "mixed_content",
            Self::LocalNetwork => "local_network",
            Self::Network => "network",
            Self::ClientBlocked => "client_blocked",
            Self::Csp => "csp",
            Self::Unknown => "unknown",
        }
    }
}

/// Where an exchange comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A browser or a tool made it, and its URL is the page's.
    Recorded,
    /// A server was asked, or a policy read, on behalf of a page. Who did so chose the URL, perhaps of
    /// a server that TLS stands in front of later: that it is http is not the page's fault.
    Asked,
}

/// What the browser does with an exchange: the engine's judgement, unless the browser stops before
/// the hop that decides it. The reason is there where the exchange is blocked.
pub(crate) fn decide(exchange: &Exchange, source: Source) -> (Judgement, Option<Reason>) {
    decide_as(exchange, source, Engine::Chromium)
}

/// The same as another engine does it.
pub(crate) fn decide_as(
    exchange: &Exchange,
    source: Source,
    engine: Engine,
) -> (Judgement, Option<Reason>) {
    let judgement = judge_as(exchange, engine);
    let is_judged = source == Source::Recorded || exchange.request.url().scheme() != "http";
    if is_judged && let Some(mixed) = mixed_content(exchange, &judgement, engine) {
        return (mixed, Some(Reason::MixedContent));
    }
    let reason = match (judgement.ruling, judgement.error) {
        (Ruling::Blocked, Some(_)) => Some(Reason::Cors),
        (Ruling::Blocked, None) => Some(Reason::Network),
        _ => None,
    };
    (judgement, reason)
}

/// The URLs along the chain, as far as the judgement went.
pub(crate) fn path(judgement: &Judgement) -> impl Iterator<Item = &str> {
    let scene = &judgement.scene;
    scene.before.iter().chain([&scene.url]).map(String::as_str)
}

/// Where a secure page is led to a URL that is not: nothing is sent there. `fetch` and XHR are never
/// upgraded to https, unlike images.
fn mixed_content(exchange: &Exchange, judgement: &Judgement, engine: Engine) -> Option<Judgement> {
    let page = exchange.request.page_origin();
    if !page.as_str().starts_with("https://") || exchange.request.mode() == Mode::Navigate {
        return None;
    }
    // WebKit makes no exception for this machine (bugs.webkit.org/show_bug.cgi?id=171934).
    let is_mixed =
        |url: &str| url.starts_with("http:") && (engine == Engine::WebKit || !is_own_machine(url));
    let at = path(judgement).position(is_mixed)?;
    let location = path(judgement).nth(at).map(str::to_owned);
    let mut judgement = match at.checked_sub(1) {
        None => judgement.clone(),
        Some(previous) => {
            let part = Exchange {
                request: exchange.request.clone(),
                hops: exchange.hops[..=previous].to_vec(),
            };
            let mut before = judge(&part);
            before.hop = previous;
            before
                .scene
                .url
                .clone_from(&judgement.scene.before[previous]);
            before
        }
    };
    judgement.ruling = Ruling::Blocked;
    judgement.stage = (at > 0).then_some(Stage::Redirect);
    judgement.error = None;
    judgement.parameter = Vec::new();
    judgement.scene.missing = None;
    judgement.scene.redirect = None;
    judgement.scene.location = location;
    Some(judgement)
}

/// Whether a URL counts as secure without TLS
/// (<https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>).
fn is_own_machine(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| network::is_loopback(&url))
}

/// Whether the page counts as secure; `None` for an opaque origin, which does not tell.
pub(crate) fn is_secure_page(page: &Origin) -> Option<bool> {
    match page {
        Origin::Opaque => None,
        Origin::Tuple(text) => Some(!text.starts_with("http:") || is_own_machine(text)),
    }
}
