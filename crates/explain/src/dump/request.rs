//! The request that a page would have made, out of what a dump and its commands show.

use cors::{Credentials, Headers, Mode, Origin, Request, RequestParts, is_forbidden_header};
use url::Url;

use super::command::Command;
use super::console::ConsoleMessage;
use super::error::{BadDump, Given};
use super::messages::Sent;
use super::variables::named;

/// Headers that the tools add by themselves, or that a browser does.
const NOT_OF_THE_PAGE: [&str; 9] = [
    "alt-used",
    "authority",
    "if-modified-since",
    "if-none-match",
    "method",
    "postman-token",
    "priority",
    "upgrade-insecure-requests",
    "x-client-data",
];

/// Stands for a value that the dump does not show; brackets make it one that needs a preflight.
const NOT_SHOWN: &str = "(not shown)";

/// The page's request, and what was inferred for it.
pub(super) fn of(
    given: &Given,
    requests: &[&Sent],
    commands: &[Command],
    console: Option<&ConsoleMessage>,
    text: &str,
) -> Result<(Request, Vec<String>), BadDump> {
    let own = requests
        .iter()
        .find(|sent| sent.method != "OPTIONS")
        .copied();
    let preflight = requests.iter().find(|sent| sent.is_preflight()).copied();
    let mut notes = Vec::new();
    let given_origin = given
        .origin
        .clone()
        .or_else(|| requests.iter().find_map(|sent| sent.header("origin")))
        .or_else(|| console?.origin.clone());
    let page_origin = match given_origin {
        Some(origin) => origin,
        None => {
            let (origin, note) = inferred(requests, console).ok_or(BadDump::NoOrigin)?;
            notes.push(note);
            origin
        }
    };
    let url = match &given.url {
        Some(url) => url.clone(),
        None => own
            .or(preflight)
            .or(requests.first().copied())
            .and_then(|sent| url_of(sent, &page_origin, text))
            .or_else(|| of_wget(text))
            .or_else(|| of_summary(text))
            .or_else(|| console?.url.clone())
            .ok_or(BadDump::NoUrl)?,
    };
    let method = given
        .method
        .clone()
        .or_else(|| own.map(|sent| sent.method.clone()))
        .or_else(|| preflight?.header("access-control-request-method"))
        .or_else(|| console?.method.clone())
        .unwrap_or_else(|| "GET".to_owned());
    let is_told = given.headers.iter().next().is_some() || given.method.is_some();
    let headers = if is_told {
        given.headers.clone()
    } else {
        headers(own, preflight)
    };
    let has_cookies = commands.iter().any(|command| command.has_cookies)
        || requests.iter().any(|sent| sent.header("cookie").is_some());
    let by_itself = if has_cookies {
        Credentials::Include
    } else {
        Credentials::SameOrigin
    };
    if let Some(variable) = unknown(&page_origin).or_else(|| unknown(authority(&url))) {
        return Err(BadDump::Variable(variable));
    }
    let request = Request::new(RequestParts {
        page_origin: &page_origin,
        url: &url,
        method: &method,
        mode: commands
            .iter()
            .find_map(|command| command.mode)
            .unwrap_or(Mode::Cors),
        credentials: given.credentials.unwrap_or(by_itself),
        headers,
    })?;
    Ok((request, notes))
}

/// The page's origin where nothing names it, and the note about it: the one of Referer, or for a message of
/// Firefox or Safari, which name no page, one that stands for it.
fn inferred(requests: &[&Sent], console: Option<&ConsoleMessage>) -> Option<(String, String)> {
    if let Some(origin) = requests.iter().find_map(|sent| referring(sent)) {
        let note = format!(
            "The page's origin `{origin}` is inferred from Referer: the dump has no Origin."
        );
        return Some((origin, note));
    }
    let url = console?.url.as_deref()?;
    // A page with https would not have got as far with http.
    let scheme = if url.starts_with("http://") {
        "http"
    } else {
        "https"
    };
    let origin = format!("{scheme}://your-page.example");
    let note = format!(
        "The message does not name the page: `{origin}` stands for its origin. Give it with --origin, so that the fix has it."
    );
    requests.is_empty().then_some((origin, note))
}

/// Whether a word is a method as it is written in requests.
pub(super) fn is_method(word: &str) -> bool {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    METHODS.contains(&word)
}

/// A variable that was left in a text.
fn unknown(text: &str) -> Option<String> {
    let mut marks = text.match_indices(['$', '%']);
    marks.find_map(|(at, _)| {
        let (_, length) = named(&text[at..])?;
        Some(text[at..at + length].to_owned())
    })
}

/// Host and port of a URL, which hold no `$`; paths may.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// The origin of the page that a request was made from.
fn referring(sent: &Sent) -> Option<String> {
    let referer = Url::parse(&sent.header("referer")?).ok()?;
    matches!(referer.scheme(), "http" | "https").then(|| Origin::of(&referer).to_string())
}

/// The URL that wget says above what it prints: `--2026-05-04 10:00:00--  https://api.test/x`.
fn of_wget(text: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("--")?.split_once("--  "))
        .map(|(_, url)| url.trim().to_owned())
        .next()
}

/// The URL of the summary that Safari's panel begins with: `URL: https://api.test/x`.
fn of_summary(text: &str) -> Option<String> {
    let mut lines = text.lines().map(str::trim);
    let url = lines.find_map(|line| line.strip_prefix("URL:"))?.trim();
    url.contains("://").then(|| url.to_owned())
}

/// The headers that the page sets: those of the request, and those that the preflight asks for.
fn headers(own: Option<&Sent>, preflight: Option<&Sent>) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in own.iter().flat_map(|sent| sent.headers.iter()) {
        let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
        let of_tool = NOT_OF_THE_PAGE.contains(&lower.as_str())
            || is_of_proxy(&lower)
            || is_forbidden_header(&lower, value);
        if !of_tool && !is_of_reload(&lower, own) {
            headers.push(name, value);
        }
    }
    let asked = preflight
        .and_then(|sent| sent.headers.joined("access-control-request-headers"))
        .unwrap_or_default();
    let asked = String::from_utf8_lossy(&asked);
    for name in asked
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if headers.joined(name).is_none() {
            headers.push(name, NOT_SHOWN);
        }
    }
    headers
}

/// Headers that proxies add on the way: what a server saw is copied out of its log.
fn is_of_proxy(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "cdn-loop",
        "client-ip",
        "forwarded",
        "true-client-ip",
        "x-amzn-trace-id",
        "x-client-ip",
        "x-cloud-trace-context",
        "x-cluster-client-ip",
        "x-envoy-external-address",
        "x-real-ip",
        "x-request-start",
    ];
    // Of load balancers, Cloudflare, Fly, App Engine, Azure, Vercel.
    const STARTS: [&str; 8] = [
        "cf-",
        "fly-",
        "x-appengine-",
        "x-arr-",
        "x-azure-",
        "x-forwarded-",
        "x-original-",
        "x-vercel-",
    ];
    NAMES.contains(&name) || STARTS.iter().any(|start| name.starts_with(start))
}

/// DevTools with the cache switched off add both of these; older releases of Postman the first.
fn is_of_reload(name: &str, own: Option<&Sent>) -> bool {
    let value = |name: &str| own.and_then(|sent| sent.header(name));
    if name == "cache-control" && value("postman-token").is_some() {
        return true;
    }
    matches!(name, "cache-control" | "pragma")
        && value("cache-control").as_deref() == Some("no-cache")
        && value("pragma").as_deref() == Some("no-cache")
}

/// The URL of a request: its target where that is whole, else with its Host. The scheme shows in TLS
/// lines and in HTTP/2, which no browser speaks without TLS; else it is taken to be the page's.
fn url_of(sent: &Sent, page_origin: &str, text: &str) -> Option<String> {
    if sent.target.contains("://") {
        return Some(sent.target.clone());
    }
    let host = sent.header("host")?;
    let is_tls = !sent.version.starts_with("HTTP/1")
        || ["SSL connection", "TLSv1", "TLS handshake", "https://"]
            .iter()
            .any(|sign| text.contains(sign));
    let page = Origin::parse(page_origin);
    let page_is_plain = page.is_some_and(|origin| origin.as_str().starts_with("http:"));
    let scheme = if !is_tls && page_is_plain {
        "http"
    } else {
        "https"
    };
    let url = format!("{scheme}://{host}{}", sent.target);
    Url::parse(&url).ok().map(String::from)
}
