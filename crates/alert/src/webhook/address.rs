//! Which addresses may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Which addresses a webhook may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// Addresses of the public internet.
    Public,
    /// Any: for receivers inside the own network.
    Any,
}

/// An address that must not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a public address; `dangerously_allow_private_networks` permits it")]
pub(crate) struct Forbidden(IpAddr);

impl Addresses {
    pub(crate) fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        if self == Self::Any || is_public(address) {
            Ok(())
        } else {
            Err(Forbidden(address))
        }
    }
}

/// Resolves names where the connection is made, and leaves out what must not be called.
impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = *self;
        Box::pin(async move {
            let mut permitted = Vec::new();
            let mut refused = None;
            for socket in tokio::net::lookup_host((name.as_str(), 0)).await? {
                match policy.check(socket.ip()) {
                    Ok(()) => permitted.push(socket),
                    Err(forbidden) => refused = Some(forbidden),
                }
            }
            match refused {
                Some(forbidden) if permitted.is_empty() => Err(forbidden.into()),
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}

/// Reads the address of a receiver. Names are judged when they are resolved; literal addresses are
/// never resolved, so they are judged here.
///
/// # Errors
/// What is wrong, in words.
pub fn target(text: &str, addresses: Addresses) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the scheme is http or https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("user and password do not belong into the address".to_owned());
    }
    let literal = match url.host() {
        Some(url::Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(url::Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(url::Host::Domain(_)) => None,
        None => return Err("a host is missing".to_owned()),
    };
    if let Some(address) = literal {
        addresses
            .check(address)
            .map_err(|error| error.to_string())?;
    }
    Ok(url)
}

pub(crate) fn forbidden(error: &(dyn std::error::Error + 'static)) -> Option<Forbidden> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref() {
            return Some(*forbidden);
        }
        cause = error.source();
    }
    None
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// The IANA registry of special-purpose IPv4 addresses, without what is globally reachable.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

/// Only global unicast (2000::/3), without what the IANA registry takes out of it; an IPv4 address
/// inside an IPv6 one is judged as what it is.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inside) = embedded_v4(address) {
        return is_public_v4(inside);
    }
    let [a, b, ..] = address.segments();
    let documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    let protocols = a == 0x2001 && b < 0x0200;
    (a & 0xe000) == 0x2000 && !documentation && !protocols
}

fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, [c, d, e, f]) {
        // IPv4-mapped.
        (0, 0, [0, 0, 0, 0xffff]) => Some(v4(high, low)),
        // NAT64 (RFC 6052).
        (0x64, 0xff9b, [0, 0, 0, 0]) => Some(v4(high, low)),
        // 6to4 (RFC 3056).
        (0x2002, ..) => Some(v4(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_called() {
        for public in [
            "1.1.1.1",
            "93.184.215.14",
            "100.128.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
        ] {
            let address = public.parse().expect(public);
            assert_eq!(Addresses::Public.check(address), Ok(()), "{public}");
        }
        for inside in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "198.51.100.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "3fff::1",
        ] {
            let address = inside.parse().expect(inside);
            assert_eq!(
                Addresses::Public.check(address),
                Err(Forbidden(address)),
                "{inside}"
            );
            assert_eq!(Addresses::Any.check(address), Ok(()), "{inside}");
        }
    }

    #[test]
    fn the_address_of_a_receiver_is_judged_when_it_is_configured() {
        for (text, problem) in [
            ("https://hooks.test/services/x", None),
            ("http://hooks.test:8080/", None),
            ("hooks.test", Some("not a URL")),
            ("file:///etc/passwd", Some("http or https")),
            ("https://user:pass@hooks.test/", Some("do not belong")),
            ("http://127.0.0.1:9000/", Some("not a public address")),
            ("http://[::1]/", Some("not a public address")),
            ("http://2130706433/", Some("not a public address")),
            ("http://0x7f.1/", Some("not a public address")),
        ] {
            let got = target(text, Addresses::Public).err();
            match problem {
                None => assert_eq!(got, None, "{text}"),
                Some(part) => assert!(
                    got.as_ref().is_some_and(|got| got.contains(part)),
                    "{text}: {got:?}"
                ),
            }
        }
        assert!(target("http://127.0.0.1:9000/", Addresses::Any).is_ok());
    }
}
