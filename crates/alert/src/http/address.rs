//! Which addresses may be called.

use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use runtime::Network;

/// Which addresses notifications may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// Addresses of the public internet.
    Public,
    /// Any: for receivers inside the own network.
    Any,
}

/// An address that must not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not a public address: write `dangerously_allow_private_networks = true` below `[alert]` to permit it"
)]
pub(crate) struct Forbidden(IpAddr);

impl Addresses {
    pub(crate) fn check(self, address: IpAddr) -> Result<(), Forbidden> {
        if self == Self::Any || Network::of(address) == Network::Public {
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
pub(crate) fn target(text: &str, addresses: Addresses) -> Result<Url, String> {
    let url = settings::web_url(text)?;
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

/// The addresses of a host that may be called; for protocols other than HTTP.
///
/// # Errors
/// Why there is none: the name does not resolve, or only to addresses that must not be called.
pub(crate) async fn permitted(
    host: &str,
    port: u16,
    addresses: Addresses,
) -> Result<Vec<SocketAddr>, crate::NotifyError> {
    let found = tokio::net::lookup_host((host, port)).await;
    let found = found.map_err(|error| crate::NotifyError::Later {
        reason: format!("{host} does not resolve: {error}"),
        after: None,
    })?;
    let (mut open, mut refused) = (Vec::new(), None);
    for socket in found {
        match addresses.check(socket.ip()) {
            Ok(()) => open.push(socket),
            Err(forbidden) => refused = Some(forbidden),
        }
    }
    match refused {
        Some(forbidden) if open.is_empty() => Err(crate::NotifyError::Forbidden {
            reason: forbidden.to_string(),
        }),
        _ => Ok(open),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_called() {
        for (text, public) in [
            ("1.1.1.1", true),
            ("2606:4700::1111", true),
            ("127.0.0.1", false),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("198.51.100.1", false),
            ("224.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("fd00::1", false),
        ] {
            let address = text.parse().expect(text);
            assert_eq!(Addresses::Public.check(address).is_ok(), public, "{text}");
            assert_eq!(Addresses::Any.check(address), Ok(()), "{text}");
        }
    }

    #[test]
    fn the_address_of_a_receiver_is_judged_when_it_is_configured() {
        for (text, problem) in [
            ("https://hooks.test/services/x", None),
            ("http://hooks.test:8080/", None),
            ("hooks.test", Some("not a URL")),
            (
                "hooks.test:9093/x",
                Some("write `http://hooks.test:9093/x`"),
            ),
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
