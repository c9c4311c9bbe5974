//! Whose server it is that was asked, as far as names tell.

use cors::Request;
use url::{Host, Url};
use web::PublicSuffix;

/// The way around a server that is not the page's: one of the page's own asks it. `None` where both belong to one
/// site, or where names do not tell.
pub(crate) fn way_around(request: &Request) -> Option<String> {
    let page = Url::parse(request.page_origin().as_str()).ok()?;
    let Some(Host::Domain(asked)) = request.url().host() else {
        return None;
    };
    let is_web = matches!(page.scheme(), "http" | "https");
    if !is_web || registrable(asked)? == registrable(page.host_str()?).unwrap_or_default() {
        return None;
    }
    Some(format!(
        "If {asked} is not your server, nothing in the page changes what it answers: let a server of yours ask it, at a route of the page's own origin that passes the request on (a proxy; in development that of the bundler's server)."
    ))
}

/// The part of a host name that someone registered.
fn registrable(host: &str) -> Option<&str> {
    let suffix = PublicSuffix::above(host)?.name;
    let label = host.strip_suffix(suffix)?.strip_suffix('.')?;
    let start = label.rfind('.').map_or(0, |dot| dot + 1);
    Some(&host[start..])
}
