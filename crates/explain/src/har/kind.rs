//! What kind of fetch an entry is.

use super::entry::Entry;

/// How a browser made a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In mode `cors`.
    Cors,
    /// In mode `no-cors`: images, scripts and the like.
    NoCors,
    /// A document.
    Navigation,
    /// Neither http nor https: WebSockets, `data:`, `blob:`.
    NotHttp,
    /// Nothing says how.
    Unknown,
}

/// Whether an entry loads a document.
pub(super) fn is_document(entry: &Entry<'_>) -> bool {
    match (entry.header("sec-fetch-mode"), entry.resource_type.get()) {
        (Some(mode), _) => mode == "navigate",
        (None, Some(kind)) => kind.eq_ignore_ascii_case("document"),
        (None, None) => entry.header("upgrade-insecure-requests").is_some(),
    }
}

/// The kind of a request that is not a preflight.
pub(super) fn of(entry: &Entry<'_>, has_preflight: bool) -> Kind {
    let url = &entry.request.url;
    let is_http = ["http://", "https://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !is_http {
        return Kind::NotHttp;
    }
    match entry.header("sec-fetch-mode") {
        Some("cors" | "same-origin") => return Kind::Cors,
        Some("no-cors") => return Kind::NoCors,
        Some("navigate") => return Kind::Navigation,
        Some("websocket") => return Kind::NotHttp,
        _ => {}
    }
    if is_document(entry) {
        return Kind::Navigation;
    }
    if has_preflight
        || entry.header("origin").is_some()
        || entry.header("x-requested-with").is_some()
    {
        return Kind::Cors;
    }
    let kind = entry
        .resource_type
        .get()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match kind.as_str() {
        "fetch" | "xhr" | "xmlhttprequest" | "font" | "eventsource" | "manifest" => Kind::Cors,
        "websocket" => Kind::NotHttp,
        "" => Kind::Unknown,
        // Without an Origin these are plain loads of a document's parts.
        _ => Kind::NoCors,
    }
}
