//! What the browser sends.

use url::Url;

use crate::exchange::Exchange;
use crate::judge::Walk;
use crate::preflight::Question;
use crate::word::{Engine, Stage};

/// One message that the browser sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The hop that it belongs to.
    pub hop: usize,
    /// Where it goes.
    pub url: Url,
    /// What the preflight asks; `None` for the request itself.
    pub question: Option<Question>,
    /// Method of the request itself: redirects can turn it into GET.
    pub method: String,
    /// Headers that the page set, as far as redirects have left them; a preflight carries none.
    pub headers: Vec<(String, Vec<u8>)>,
    /// What stands in the `Origin` header, where the browser sends one.
    pub origin: Option<String>,
}

/// What the browser sends next, given the answers so far; `None` where it has come to its end.
#[must_use]
pub fn next(exchange: &Exchange) -> Option<Message> {
    let (walk, judgement) = Walk::along(exchange, Engine::Chromium);
    let missing = judgement.scene.missing?;
    // An `Origin` goes with everything cross-origin, and at home with what is not a plain read
    // (<https://fetch.spec.whatwg.org/#append-a-request-origin-header>).
    let has_origin = walk.cors || !matches!(&*walk.method, "GET" | "HEAD");
    let origin = has_origin.then(|| walk.origin().to_owned());
    let (question, headers) = match missing {
        Stage::Preflight => (walk.question(), Vec::new()),
        _ => (None, walk.headers.into_owned()),
    };
    Some(Message {
        hop: walk.hop,
        url: walk.url.into_owned(),
        question,
        method: walk.method.into_owned(),
        headers,
        origin,
    })
}
