//! Origins in the form in which browsers serialise them.

/// Which schemes an origin may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schemes {
    /// `http` and `https`: what a request can go to.
    Web,
    /// Any: pages of mobile shells have origins such as `capacitor://localhost`.
    Any,
}

/// Says what keeps `text` from being an origin as browsers serialise it
/// (HTML, "serialization of an origin"): `scheme://host[:port]`, lower case, the host in ASCII form,
/// no default port, no path. `None` means that it is one.
pub(crate) fn problem(text: &str, schemes: Schemes) -> Option<&'static str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Some("is not scheme://host[:port]");
    };
    let known = matches!(scheme, "http" | "https");
    if !(known || schemes == Schemes::Any && is_scheme(scheme)) {
        return Some("has a scheme other than http and https");
    }
    let (host, port) = split_port(rest);
    if !is_host(host) {
        return Some("has a host that is empty, not lower case, or not in ASCII form, or a path");
    }
    match port {
        None => None,
        Some(port) if !is_port(port) => Some("has a port that is not a number from 1 to 65535"),
        Some("443") if scheme == "https" => {
            Some("names the default port, which browsers leave out")
        }
        Some("80") if scheme == "http" => Some("names the default port, which browsers leave out"),
        Some(_) => None,
    }
}

/// Says what is wrong with an origin that somebody wrote into a configuration, and what to write
/// instead where that is clear: people paste the address of a page.
pub(crate) fn mistake(text: &str, schemes: Schemes) -> Option<String> {
    let problem = problem(text, schemes)?;
    let has_path = text
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains('/'));
    Some(match meant(text) {
        Some(meant) if has_path => format!("an origin has no path: write `{meant}`"),
        Some(meant) => format!("the origin {problem}: write `{meant}`"),
        None => format!("the origin {problem}"),
    })
}

/// The origin of the URL that `text` is, or would be with a scheme.
fn meant(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = settings::completed(text).unwrap_or_else(|| text.to_owned());
    let url = url::Url::parse(&whole).ok()?;
    let origin = url.origin().ascii_serialization();
    self::problem(&origin, Schemes::Web)
        .is_none()
        .then_some(origin)
}

fn split_port(rest: &str) -> (&str, Option<&str>) {
    let host_end = if rest.starts_with('[') {
        rest.find(']').map_or(rest.len(), |at| at + 1)
    } else {
        rest.find(':').unwrap_or(rest.len())
    };
    let (host, after) = rest.split_at(host_end);
    match after.strip_prefix(':') {
        Some(port) => (host, Some(port)),
        None if after.is_empty() => (host, None),
        None => ("", None),
    }
}

fn is_scheme(scheme: &str) -> bool {
    let mut bytes = scheme.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b))
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return !inner.bytes().any(|b| b.is_ascii_uppercase())
            && inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty()
        && !host.starts_with('.')
        && !host.contains("..")
        && host.bytes().all(is_host_byte)
}

// What the URL standard's forbidden domain code points leave over of lower-case ASCII.
const fn is_host_byte(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\''
        | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

fn is_port(port: &str) -> bool {
    !port.starts_with('0')
        && port.bytes().all(|b| b.is_ascii_digit())
        && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_as_browsers_write_them_are_read() {
        for text in [
            "https://shop.test",
            "http://localhost:3000",
            "https://xn--bcher-kva.example:8443",
            "http://[::1]:8080",
            "http://127.0.0.1",
            "https://a_b.test",
            "https://shop.test.",
        ] {
            assert_eq!(problem(text, Schemes::Web), None, "{text}");
        }
        assert_eq!(problem("capacitor://localhost", Schemes::Any), None);
    }

    #[test]
    fn a_mistake_says_what_to_write_where_that_is_clear() {
        for (text, expected) in [
            (
                "http://localhost:5173/",
                "an origin has no path: write `http://localhost:5173`",
            ),
            (
                "https://Shop.test/cart?a#b",
                "an origin has no path: write `https://shop.test`",
            ),
            (
                "https://shop.test:443",
                "names the default port, which browsers leave out: write `https://shop.test`",
            ),
            (
                "https://b\u{fc}cher.test",
                "write `https://xn--bcher-kva.test`",
            ),
            (
                "localhost:5173",
                "is not scheme://host[:port]: write `http://localhost:5173`",
            ),
            (
                "shop.test",
                "is not scheme://host[:port]: write `https://shop.test`",
            ),
            (" https://shop.test ", "write `https://shop.test`"),
            ("shop", "the origin is not scheme://host[:port]"),
            ("", "the origin is not scheme://host[:port]"),
            (
                "ftp://shop.test/",
                "the origin has a scheme other than http and https",
            ),
        ] {
            let found = mistake(text, Schemes::Web).expect(text);
            assert!(found.ends_with(expected), "{text}: {found}");
        }
        assert_eq!(mistake("https://shop.test", Schemes::Web), None);
    }

    #[test]
    fn anything_else_says_what_is_wrong() {
        for (text, expected) in [
            ("", "scheme://"),
            ("null", "scheme://"),
            ("shop.test", "scheme://"),
            ("ftp://shop.test", "scheme other"),
            ("capacitor://localhost", "scheme other"),
            ("https://", "host"),
            ("https://Shop.test", "lower case"),
            ("https://shop.test/", "path"),
            ("https://shop.test/a", "path"),
            ("https://user@shop.test", "host"),
            ("https://b\u{fc}cher.test", "ASCII"),
            ("https://shop..test", "host"),
            ("https://shop.test:", "port"),
            ("https://shop.test:0", "port"),
            ("https://shop.test:65536", "port"),
            ("https://shop.test:443", "default port"),
            ("http://shop.test:80", "default port"),
            ("http://[::1", "host"),
            ("http://[::1]x", "host"),
            ("https://a b.test", "host"),
            ("https://a?b", "host"),
        ] {
            let found = problem(text, Schemes::Web).expect(text);
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
