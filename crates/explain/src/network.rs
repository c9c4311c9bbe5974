//! Address spaces: this machine, a local network, the rest of the world
//! (<https://wicg.github.io/local-network-access/#ip-address-space>).

use std::net::IpAddr;

use url::{Host, Url};

/// Whether a URL leads to this machine by its host alone.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether the text of a URL may be one that leads to this machine or a local network: without a look
/// at the text, reading it would cost more than all the rest of a verdict.
pub(crate) fn may_be_local(url: &str) -> bool {
    let server = url.split_once("://").map_or(url, |(_, rest)| rest);
    let server = server.split(['/', '?', '#']).next().unwrap_or_default();
    let host = server.rsplit_once('@').map_or(server, |(_, host)| host);
    let end = host.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = end.strip_suffix(':').unwrap_or(host).trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    last.contains('[')
        || last.contains(']')
        || last.ends_with(|c: char| c.is_ascii_digit())
        || matches!(last, "local" | "localhost")
}

/// Whether a URL leads to this machine or a local network by its host alone. A name that resolves to
/// such an address does not show.
pub(crate) fn is_local(url: &Url) -> bool {
    if is_loopback(url) {
        return true;
    }
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.').ends_with(".local"),
        Some(Host::Ipv4(address)) => is_local_address(&address.into()),
        Some(Host::Ipv6(address)) => is_local_address(&address.into()),
        None => false,
    }
}

/// Whether an address is of this machine or a local network.
pub(crate) fn is_local_address(address: &IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            // 100.64.0.0/10 is shared by the customers of a carrier (RFC 6598).
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || (first == 100 && second & 0xc0 == 0x40)
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}
