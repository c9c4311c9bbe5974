//! What network an address belongs to, for whoever calls an address that someone else named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, by the IANA registries of special-purpose addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// Globally reachable.
    Public,
    /// The machine itself.
    Loopback,
    /// A private network (RFC 1918), a carrier's (RFC 6598) or a unique local one (RFC 4193).
    Private,
    /// The link itself (RFC 3927, RFC 4291).
    LinkLocal,
    /// Where a cloud hands machines their secrets.
    Metadata,
    /// A group.
    Multicast,
    /// Reserved, unspecified, for documentation, for measurements.
    Reserved,
}

impl Network {
    /// The network of `address`. An IPv4 address inside an IPv6 one is judged as what it is.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// The word for people: "a private address".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Metadata => "metadata",
            Self::Multicast => "multicast",
            Self::Reserved => "reserved",
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The metadata services of AWS and those who copied it, of Alibaba, Oracle and Azure. Two of them
/// lie outside of link-local space, Azure's even in public space.
const METADATA: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// The metadata service of AWS over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);

/// The IANA registry of special-purpose IPv4 addresses, without what is globally reachable.
fn of_v4(address: Ipv4Addr) -> Network {
    let [a, b, c, _] = address.octets();
    if METADATA.contains(&address) {
        Network::Metadata
    } else if address.is_loopback() {
        Network::Loopback
    } else if address.is_private() || (a == 100 && (64..128).contains(&b)) {
        Network::Private
    } else if address.is_link_local() {
        Network::LinkLocal
    } else if address.is_multicast() {
        Network::Multicast
    } else if address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
    {
        Network::Reserved
    } else {
        Network::Public
    }
}

/// Public is only global unicast (2000::/3), without what the IANA registry takes out of it.
fn of_v6(address: Ipv6Addr) -> Network {
    if let Some(inside) = embedded_v4(address) {
        return of_v4(inside);
    }
    let [a, b, ..] = address.segments();
    let documentation = (a == 0x2001 && b == 0x0db8) || (a == 0x3fff && b < 0x1000);
    let protocols = a == 0x2001 && b < 0x0200;
    if address == METADATA_V6 {
        Network::Metadata
    } else if address.is_loopback() {
        Network::Loopback
    } else if (a & 0xfe00) == 0xfc00 {
        Network::Private
    } else if (a & 0xffc0) == 0xfe80 {
        Network::LinkLocal
    } else if (a & 0xff00) == 0xff00 {
        Network::Multicast
    } else if (a & 0xe000) == 0x2000 && !documentation && !protocols {
        Network::Public
    } else {
        Network::Reserved
    }
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
    fn every_address_belongs_to_one_network() {
        for (network, addresses) in [
            (
                Network::Public,
                "1.1.1.1 93.184.215.14 100.128.0.1 2606:4700::1111 64:ff9b::101:101 ::ffff:1.1.1.1",
            ),
            (
                Network::Loopback,
                "127.0.0.1 127.8.8.8 ::1 ::ffff:127.0.0.1 2002:7f00:1::",
            ),
            (
                Network::Private,
                "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 ::ffff:10.0.0.1 \
                 64:ff9b::a00:1 fc00::1 fd12:3456::1",
            ),
            (Network::LinkLocal, "169.254.0.1 fe80::1 febf::1"),
            (
                Network::Metadata,
                "169.254.169.254 100.100.100.200 192.0.0.192 168.63.129.16 fd00:ec2::254 \
                 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe",
            ),
            (Network::Multicast, "224.0.0.1 239.255.255.255 ff02::1"),
            (
                Network::Reserved,
                "0.0.0.0 192.0.0.8 198.18.0.1 198.51.100.1 240.0.0.1 255.255.255.255 :: \
                 ::127.0.0.1 64:ff9b:1::1 2001::1 2001:db8::1 fec0::1 3fff::1",
            ),
        ] {
            for address in addresses.split_whitespace() {
                let parsed = address.parse().expect(address);
                assert_eq!(Network::of(parsed), network, "{address}");
            }
        }
    }
}
