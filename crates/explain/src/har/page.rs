//! The page that a request belongs to.

use std::collections::HashMap;
use std::net::IpAddr;

use cors::Origin;
use url::Url;

use super::csp;
use super::entry::Entry;
use super::file::Page;
use super::kind::is_document;
use super::pairs::Index;
use crate::network;

/// What told the page's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PageSource {
    /// The request's own `Origin`.
    Origin,
    /// `Origin` of its preflight.
    Preflight,
    /// `Referer`, which may also be that of a style sheet.
    Referer,
    /// The page that the entry refers to.
    Page,
}

impl PageSource {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Preflight => "preflight",
            Self::Referer => "referer",
            Self::Page => "page",
        }
    }
}

/// What a file says of its pages.
pub(super) struct Pages {
    /// Their origins, by identifier.
    origins: HashMap<String, Origin>,
    /// The `Content-Security-Policy` of documents, by origin.
    policies: HashMap<Origin, String>,
    /// The addresses of servers, by origin.
    addresses: HashMap<Origin, IpAddr>,
}

impl Pages {
    /// A page's URL is its title, or that of its document.
    pub(super) fn new(pages: &[Page<'_>], entries: &[Entry<'_>]) -> Self {
        let mut origins = HashMap::new();
        let mut policies = HashMap::new();
        let mut addresses = HashMap::new();
        for page in pages {
            let title = page.title.get().and_then(web_origin);
            if let (Some(id), Some(origin)) = (page.id.get(), title) {
                origins.insert(id.to_owned(), origin);
            }
        }
        for entry in entries.iter().filter(|entry| is_document(entry)) {
            let answer = entry.answer();
            let policy = answer
                .as_ref()
                .and_then(|answer| answer.headers.joined("content-security-policy"));
            if let (Some(policy), Some(origin)) = (policy, web_origin(&entry.request.url)) {
                policies.insert(origin, String::from_utf8_lossy(&policy).into_owned());
            }
            let redirected = answer.is_some_and(|answer| answer.redirect().is_some());
            if let (Some(id), Some(origin), false) = (
                entry.pageref.get(),
                web_origin(&entry.request.url),
                redirected,
            ) {
                origins.entry(id.to_owned()).or_insert(origin);
            }
        }
        for entry in entries {
            // Chromium writes IPv6 addresses in brackets, and none for what came from a cache.
            let text = entry.server_address.get().unwrap_or_default();
            let address = text.trim_matches(['[', ']']).parse();
            if let (Ok(address), Some(origin)) = (address, web_origin(&entry.request.url)) {
                addresses.entry(origin).or_insert(address);
            }
        }
        Self {
            origins,
            policies,
            addresses,
        }
    }

    /// Whether the page's own Content-Security-Policy forbids it to connect to a URL.
    pub(super) fn forbid(&self, page: &Origin, url: &Url) -> bool {
        let policy = self.policies.get(page);
        policy.is_some_and(|policy| csp::forbids(policy, page, url))
    }

    /// Whether a page that came from elsewhere asks a server on this machine or a local network.
    pub(super) fn reaches_into_local(&self, page: &Origin, url: &Url) -> bool {
        let is_local = |origin: &Origin| self.addresses.get(origin).map(network::is_local_address);
        is_local(page) == Some(false) && is_local(&Origin::of(url)) == Some(true)
    }

    /// The origin of an entry's page, and what told it.
    pub(super) fn origin_of(&self, index: &Index<'_>, at: usize) -> Option<(Origin, PageSource)> {
        let entry = &index.entries[at];
        if let Some(origin) = entry.origin() {
            return Some((origin, PageSource::Origin));
        }
        if let Some(origin) = index.preflight(at).and_then(Entry::origin) {
            return Some((origin, PageSource::Preflight));
        }
        if let Some(origin) = entry.header("referer").and_then(web_origin) {
            return Some((origin, PageSource::Referer));
        }
        let page = self.origins.get(entry.pageref.get()?)?;
        Some((page.clone(), PageSource::Page))
    }
}

fn web_origin(url: &str) -> Option<Origin> {
    let url = Url::parse(url).ok()?;
    match Origin::of(&url) {
        Origin::Opaque if url.scheme() == "file" => Some(Origin::Opaque),
        Origin::Opaque => None,
        tuple => Some(tuple),
    }
}
