//! Whether a page's Content-Security-Policy lets it connect to a URL
//! (<https://www.w3.org/TR/CSP3/#connect-src-pre-request>).

use cors::Origin;
use url::Url;

/// Whether one of the page's policies forbids a request of `fetch` or XHR. `header` is the value of
/// `Content-Security-Policy`: policies separated by commas.
pub(super) fn forbids(header: &str, page: &Origin, url: &Url) -> bool {
    header.split(',').any(|policy| {
        let sources = directive(policy, "connect-src").or_else(|| directive(policy, "default-src"));
        sources.is_some_and(|sources| !sources.iter().any(|source| matches(source, page, url)))
    })
}

/// The sources of a directive.
fn directive<'a>(policy: &'a str, name: &str) -> Option<Vec<&'a str>> {
    policy.split(';').find_map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        let named = words.next()?.eq_ignore_ascii_case(name);
        named.then(|| words.collect())
    })
}

fn matches(source: &str, page: &Origin, url: &Url) -> bool {
    if source == "*" {
        return matches!(url.scheme(), "http" | "https" | "ws" | "wss");
    }
    if source.eq_ignore_ascii_case("'self'") {
        return page.is_same(url);
    }
    if let Some(scheme) = source.strip_suffix(':') {
        return is_scheme(scheme, url.scheme());
    }
    if source.starts_with('\'') {
        return false;
    }
    let (scheme, rest) = match source.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, source),
    };
    let own = page.as_str().split("://").next().unwrap_or_default();
    is_scheme(scheme.unwrap_or(own), url.scheme()) && is_place(rest, url)
}

/// A source of `http` lets `https` through too.
fn is_scheme(source: &str, scheme: &str) -> bool {
    source.eq_ignore_ascii_case(scheme)
        || (source.eq_ignore_ascii_case("http") && scheme == "https")
}

/// Whether host, port and path of a source match.
fn is_place(source: &str, url: &Url) -> bool {
    let (authority, path) = match source.find('/') {
        Some(at) => source.split_at(at),
        None => (source, ""),
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let actual = url.host_str().unwrap_or_default();
    let same_host = match host.strip_prefix("*.") {
        Some(parent) => actual
            .strip_suffix(&parent.to_ascii_lowercase())
            .is_some_and(|sub| sub.ends_with('.')),
        None => host == "*" || host.eq_ignore_ascii_case(actual),
    };
    let same_port = match port {
        Some("*") => true,
        Some(port) => url
            .port_or_known_default()
            .is_some_and(|actual| actual.to_string() == port),
        None => url.port().is_none(),
    };
    let same_path = match path {
        "" | "/" => true,
        path if path.ends_with('/') => url.path().starts_with(path),
        path => url.path() == path,
    };
    same_host && same_port && same_path
}
