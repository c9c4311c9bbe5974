//! What is true of redirects whether or not CORS has a say.

use url::Url;

/// Headers that the browser takes off at a redirect to anywhere but the page's origin, whoever set
/// them.
pub(crate) const CLIENT_HINTS: [&str; 7] = [
    "device-memory",
    "downlink",
    "dpr",
    "ect",
    "rtt",
    "viewport-width",
    "width",
];

/// Headers that describe a body, and go with it where a redirect turns a request into GET.
pub(crate) const OF_BODIES: [&str; 4] = [
    "content-encoding",
    "content-language",
    "content-location",
    "content-type",
];

/// Schemes a server may not redirect to; the others that are not http fail as a CORS error.
pub(crate) const UNSAFE_SCHEMES: [&str; 12] = [
    "about",
    "blob",
    "chrome",
    "chrome-error",
    "chrome-extension",
    "chrome-untrusted",
    "data",
    "devtools",
    "file",
    "filesystem",
    "isolated-app",
    "view-source",
];

/// Ports that no browser asks (<https://fetch.spec.whatwg.org/#port-blocking>).
const BLOCKED_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990,
    993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667,
    6668, 6669, 6679, 6697, 10080,
];

/// Whether no browser asks this URL because of its port.
#[must_use]
pub fn is_blocked_port(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.port().is_some_and(|port| BLOCKED_PORTS.contains(&port))
}

/// Where a `Location` leads.
pub(crate) fn resolve(base: &Url, location: &str) -> Option<Url> {
    let location = location.trim_matches(|c| c <= ' ');
    // A special URL takes any number of slashes for two; the `url` crate does so in absolute URLs
    // only.
    let host = location.trim_start_matches(['/', '\\']);
    if location.len() >= host.len() + 2 {
        return base.join(&format!("//{host}")).ok();
    }
    base.join(location).ok()
}

/// Why a browser does not follow a redirect, apart from CORS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRedirect {
    /// `Location` is not a URL (`net::ERR_INVALID_REDIRECT`).
    Invalid,
    /// A scheme a server may not redirect to (`net::ERR_UNSAFE_REDIRECT`).
    Unsafe,
    /// Too many of them (`net::ERR_TOO_MANY_REDIRECTS`).
    TooMany,
    /// A port that no browser asks (`net::ERR_UNSAFE_PORT`).
    Port,
    /// A user name or password where CORS does not forbid it: Chromium loads no such subresource.
    Userinfo,
    /// Another origin in mode `same-origin`.
    Mode,
}
