//! The exchange behind an entry, along its redirects.

use std::collections::HashSet;

use cors::{
    Answer, Credentials, Exchange, Headers, Hop, Mode, Origin, Request, RequestParts, Ruling,
    Stage, is_forbidden_header, judge,
};

use super::entry::{Entry, bytes};
use super::kind::Kind;
use super::pairs::Index;

/// Headers the browser itself adds; whether a script set one of them does not show in a HAR file.
const BROWSERS_OWN: [&str; 13] = [
    "accept",
    "accept-language",
    "alt-used",
    "cache-control",
    "if-modified-since",
    "if-none-match",
    "last-event-id",
    "pragma",
    "priority",
    "purpose",
    "range",
    "upgrade-insecure-requests",
    "x-client-data",
];

/// Stands for the value of a header that the preflight asked for and the file leaves out: DevTools
/// export no Authorization unless told to. Brackets make it a value that needs a preflight, whatever
/// the header.
pub(super) const NOT_RECORDED: &str = "(not recorded)";

/// The request behind an entry.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) exchange: Exchange,
    /// The entries that took part, preflights apart.
    pub(super) members: Vec<usize>,
    /// Whether an answer is a 304 whose stored headers the file does not have.
    pub(super) revalidated_unseen: bool,
    /// Whether a preflight was taken to have been answered well before, because none is in the file.
    pub(super) assumed_preflight: bool,
}

/// The request of an entry. The preflight says which headers the page set; without one everything
/// counts that a browser does not send by itself.
pub(super) fn request(
    index: &Index<'_>,
    at: usize,
    page_origin: &Origin,
    kind: Kind,
) -> Result<Request, String> {
    let entry = &index.entries[at];
    let preflight = index.preflight(at);
    let asked = preflight.map(asked_headers);
    let mut headers = Headers::new();
    for (name, value) in entry.request_headers() {
        let lower = name.to_ascii_lowercase();
        let of_page = match &asked {
            Some(asked) => asked.contains(&lower),
            None => !BROWSERS_OWN.contains(&lower.as_str()),
        };
        // What no script may set is the browser's own.
        if of_page && !is_forbidden_header(&lower, value.as_bytes()) {
            headers.push(bytes(name), bytes(value));
        }
    }
    for name in asked
        .iter()
        .flatten()
        .filter(|name| entry.header(name).is_none())
    {
        headers.push(name, NOT_RECORDED);
    }
    // Authorization that no preflight asked for is the browser's own, out of a login dialog.
    let login = asked.as_ref().is_some_and(|asked| {
        entry.header("authorization").is_some() && !asked.iter().any(|name| name == "authorization")
    });
    let credentials = if entry.has_cookies() || login {
        Credentials::Include
    } else {
        Credentials::SameOrigin
    };
    let method = preflight
        .and_then(|preflight| preflight.header("access-control-request-method"))
        .unwrap_or(&entry.request.method);
    let request = Request::new(RequestParts {
        page_origin: page_origin.as_str(),
        url: &entry.request.url,
        method,
        mode: if kind == Kind::NoCors {
            Mode::NoCors
        } else {
            Mode::Cors
        },
        credentials,
        headers,
    })
    .map_err(|error| error.to_string())?;
    Ok(match asked {
        Some(names) if index.has_own_preflight(at) => as_asked(request, &names),
        _ => request,
    })
}

/// The request as its preflight shows it: one that needs none was sent with one all the same.
fn as_asked(request: Request, names: &[String]) -> Request {
    let is_simple = matches!(request.method(), "GET" | "HEAD" | "POST") && names.is_empty();
    match is_simple {
        true => request.always_preflighted(),
        false => request,
    }
}

/// The names that a preflight asks for.
pub(super) fn asked_headers(preflight: &Entry<'_>) -> Vec<String> {
    preflight
        .request_headers()
        .filter(|(name, _)| name.eq_ignore_ascii_case("access-control-request-headers"))
        .flat_map(|(_, list)| list.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The request that a preflight asks for, where the request itself is not in the file.
pub(super) fn asked_request(
    preflight: &Entry<'_>,
    page_origin: &Origin,
) -> Result<Request, String> {
    let names = asked_headers(preflight);
    let request = Request::new(RequestParts {
        page_origin: page_origin.as_str(),
        url: &preflight.request.url,
        method: preflight
            .header("access-control-request-method")
            .unwrap_or("GET"),
        mode: Mode::Cors,
        credentials: Credentials::SameOrigin,
        headers: names.iter().map(|name| (name, NOT_RECORDED)).collect(),
    })
    .map_err(|error| error.to_string())?;
    Ok(as_asked(request, &names))
}

/// The exchange that starts at an entry, along its redirects.
pub(super) fn follow(
    request: Request,
    start: usize,
    index: &Index<'_>,
    used: &HashSet<usize>,
) -> Chain {
    let mut chain = Chain {
        exchange: Exchange {
            request,
            hops: Vec::new(),
        },
        members: Vec::new(),
        revalidated_unseen: false,
        assumed_preflight: false,
    };
    let mut at = start;
    loop {
        chain.members.push(at);
        let entry = &index.entries[at];
        let response = chain.response(index, at);
        chain.exchange.hops.push(Hop {
            url: entry.request.url.to_string(),
            preflight: index.preflight(at).and_then(Entry::answer),
            response,
        });
        chain.assume_cached_preflight();
        let judgement = judge(&chain.exchange);
        let goes_on =
            judgement.ruling == Ruling::Incomplete && judgement.hop == chain.exchange.hops.len();
        let taken = |at: usize| used.contains(&at) || chain.members.contains(&at);
        let next = goes_on
            .then(|| index.next_request(&judgement.scene.url, at, taken))
            .flatten();
        match next {
            Some(next) => at = next,
            None => return chain,
        }
    }
}

impl Chain {
    /// The answer of an entry. Behind a 304 to the browser's own question stands the answer that it
    /// has stored: the headers of the 304 replace those of the same name
    /// (RFC 9111, section 3.2).
    fn response(&mut self, index: &Index<'_>, at: usize) -> Option<Answer> {
        let entry = &index.entries[at];
        let fresh = entry.answer()?;
        if asked_by_page(index, at) {
            return Some(fresh);
        }
        if fresh.status != 304 && !is_hidden_304(index, at, &fresh) {
            return Some(fresh);
        }
        let Some(stored) = index.stored(at).and_then(Entry::answer) else {
            self.revalidated_unseen |= fresh
                .headers
                .joined("access-control-allow-origin")
                .is_none();
            return Some(Answer {
                status: 200,
                ..fresh
            });
        };
        let mut headers = stored.headers;
        for (name, _) in fresh.headers.iter() {
            headers.remove(&String::from_utf8_lossy(name));
        }
        for (name, value) in fresh.headers.iter() {
            headers.push(name, value);
        }
        Some(Answer {
            status: stored.status,
            headers,
        })
    }

    /// A request that was answered without a preflight in the file had its permission in the cache.
    fn assume_cached_preflight(&mut self) {
        let judgement = judge(&self.exchange);
        let last = self.exchange.hops.len() - 1;
        if judgement.scene.missing != Some(Stage::Preflight) || judgement.hop != last {
            return;
        }
        let Some(question) = judgement.scene.question else {
            return;
        };
        let hop = &mut self.exchange.hops[last];
        if hop.response.is_none() {
            return;
        }
        let mut headers = Headers::new();
        headers.push("access-control-allow-origin", judgement.scene.origin);
        headers.push("access-control-allow-credentials", "true");
        headers.push("access-control-allow-methods", question.method);
        headers.push(
            "access-control-allow-headers",
            question.headers.unwrap_or_default(),
        );
        hop.preflight = Some(Answer {
            status: 204,
            headers,
        });
        self.assumed_preflight = true;
    }
}

/// Chromium shows a 304 to its own question as the stored answer's 200, while recorders on the DevTools
/// protocol write the headers of the 304 beside it.
fn is_hidden_304(index: &Index<'_>, at: usize, fresh: &Answer) -> bool {
    let entry = &index.entries[at];
    let etag = fresh.headers.joined("etag");
    fresh.status == 200
        && entry.error().unwrap_or_default().is_empty()
        && etag.is_some()
        && entry.header("if-none-match").map(|sent| sent.as_bytes()) == etag.as_deref()
}

/// Whether the page itself asked whether its copy is still good: its 304 is then the answer.
fn asked_by_page(index: &Index<'_>, at: usize) -> bool {
    let entry = &index.entries[at];
    let conditional = ["if-none-match", "if-modified-since"];
    if !conditional.iter().any(|name| entry.header(name).is_some()) {
        return false;
    }
    index.preflight(at).is_some_and(|preflight| {
        let asked = asked_headers(preflight);
        conditional
            .iter()
            .any(|name| asked.iter().any(|other| other == name))
    })
}
