//! Client addresses: whose request it is, behind proxies or not.

use std::net::IpAddr;
use std::str::FromStr;

use http::HeaderMap;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A block of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(with = "String")]
#[serde(try_from = "String", into = "String")]
pub struct IpBlock(IpNet);

impl IpBlock {
    /// Whether `address` lies in the block.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for IpBlock {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let one = || text.parse().map(|address: IpAddr| IpNet::from(address));
        let wrong = || format!("`{text}` is not a block of addresses, such as 10.0.0.0/8");
        let block: IpNet = text.parse().or_else(|_| one()).map_err(|_| wrong())?;
        let first = block.trunc();
        if first == block {
            return Ok(Self(block));
        }
        Err(format!(
            "`{text}` has bits set beyond its prefix; the block is {first}"
        ))
    }
}

impl TryFrom<String> for IpBlock {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<IpBlock> for String {
    fn from(block: IpBlock) -> Self {
        block.0.to_string()
    }
}

/// The first `bits` of an address, the rest zero. More bits than the address has are all of them.
pub(crate) fn masked(address: IpAddr, bits: u8) -> IpAddr {
    IpNet::new(address, bits).map_or(address, |block| block.trunc().addr())
}

/// What limits are counted by: an IPv4 address, or the /64 that one IPv6 client has to itself.
pub(crate) fn counted_as(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(_) => masked(client, 64),
    }
}

/// Prefix lengths of what counts as one network.
const NETWORK_BITS: (u8, u8) = (24, 48);

/// The network of a client: an IPv4 /24, an IPv6 /48.
pub(crate) fn network_of(client: IpAddr) -> IpAddr {
    let (v4, v6) = NETWORK_BITS;
    masked(client, if client.is_ipv4() { v4 } else { v6 })
}

/// The proxies that may say whose request they pass on.
#[derive(Debug, Clone)]
pub(crate) struct Proxies(pub(crate) Vec<IpBlock>);

impl Proxies {
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.0.iter().any(|block| block.contains(peer))
    }

    /// The client behind `peer`: the rightmost hop that is not a trusted proxy. What stands further
    /// left was written by someone no one trusts. A hop that is not an address ends the search.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.0.is_empty() || !self.trusts(peer) {
            return peer;
        }
        let mut client = peer;
        for header in headers.get_all("x-forwarded-for").iter().rev() {
            for hop in header.to_str().unwrap_or_default().rsplit(',') {
                let Some(hop) = read_hop(hop.trim()) else {
                    return client;
                };
                client = hop;
                if !self.trusts(hop) {
                    return client;
                }
            }
        }
        client
    }
}

/// Some proxies add the port: `192.0.2.1:443`, `[2001:db8::1]:443`.
fn read_hop(text: &str) -> Option<IpAddr> {
    let address = text
        .parse()
        .or_else(|_| text.parse().map(|socket: std::net::SocketAddr| socket.ip()))
        .ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    #[test]
    fn a_block_holds_what_shares_its_prefix() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
        ] {
            let block: IpBlock = block.parse().expect(block);
            assert!(block.contains(address(inside)), "{block:?} {inside}");
            assert!(!block.contains(address(outside)), "{block:?} {outside}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/x", "example.com"] {
            assert!(text.parse::<IpBlock>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_no_proxy() {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().expect("a block")]);
        for (peer, forwarded, client) in [
            ("203.0.113.1", &["198.51.100.1"][..], "203.0.113.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            (
                "10.0.0.1",
                &["1.1.1.1, 198.51.100.1, 10.0.0.2"],
                "198.51.100.1",
            ),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.1:443"], "198.51.100.1"),
            ("10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.0.0.1", &["1.1.1.1, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().expect("a value"));
            }
            assert_eq!(
                proxies.client(address(peer), &headers),
                address(client),
                "{forwarded:?}"
            );
        }
    }
}
