//! One message that reaches the platform.

use url::Url;

/// What is known of headers that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// They are not there.
    Absent,
    /// A browser sent the message: what it adds by itself may be there, with any value.
    OfBrowser,
}

/// A message as far as it is known.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The method, `OPTIONS` for a preflight.
    pub method: &'a str,
    /// Where it goes.
    pub url: &'a Url,
    /// Names in lower case, each once; `None` is a value that no one knows.
    pub headers: Vec<(String, Option<String>)>,
    /// The headers beside those.
    pub rest: Rest,
}

/// Headers that browsers, and proxies in front of a server, send on their own account.
const BY_THEMSELVES: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "dnt",
    "forwarded",
    "if-modified-since",
    "if-none-match",
    "pragma",
    "priority",
    "range",
    "referer",
    "save-data",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
    "via",
];

impl Ask<'_> {
    /// The value of a header: `Some("")` where it is missing, `None` where no one knows.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        if let Some((_, value)) = self.headers.iter().find(|(other, _)| other == name) {
            return value.as_deref();
        }
        let may_be_there = self.rest == Rest::OfBrowser
            && (BY_THEMSELVES.contains(&name)
                || ["sec-", "x-forwarded-", "x-real-", "cf-", "x-request-id"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix)));
        if may_be_there { None } else { Some("") }
    }

    /// The origin of the page.
    pub(crate) fn origin(&self) -> &str {
        self.header("origin").unwrap_or_default()
    }

    /// Whether it is a preflight.
    #[must_use]
    pub fn is_preflight(&self) -> bool {
        self.method == "OPTIONS"
            && !self.origin().is_empty()
            && self.header("access-control-request-method") != Some("")
    }

    /// Host of the URL, in lower case.
    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}
