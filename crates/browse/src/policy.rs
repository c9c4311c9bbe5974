//! Which targets may be asked at all.

use std::net::IpAddr;

use runtime::Network;
use url::{Host, Url};
use web::{OriginPattern, PathPrefix};

use crate::addresses::Addresses;
use crate::error::Refusal;

/// The origins that may be asked, each with the paths that may be asked there and the addresses it
/// may stand for. Empty, it allows nothing.
#[derive(Debug, Clone, Default)]
pub struct TargetPolicy {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    origins: OriginPattern,
    paths: PathPrefix,
    addresses: Addresses,
}

/// A target that passed everything that can be said before its name is resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name or literal address.
    pub host: Host<String>,
    /// Port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// The addresses that the host may stand for.
    pub addresses: Addresses,
}

impl TargetPolicy {
    /// The same policy with one more rule, for every path of `origins`.
    #[must_use]
    pub fn allow(self, origins: OriginPattern, addresses: Addresses) -> Self {
        self.allow_below(origins, PathPrefix::default(), addresses)
    }

    /// The same policy with one more rule. Of several rules that cover a URL the most permissive one
    /// counts.
    #[must_use]
    pub fn allow_below(
        mut self,
        origins: OriginPattern,
        paths: PathPrefix,
        addresses: Addresses,
    ) -> Self {
        self.rules.push(Rule {
            origins,
            paths,
            addresses,
        });
        self
    }

    /// Judges a URL by its scheme, origin, path and port, and a literal address by its network.
    ///
    /// # Errors
    /// The rule that refuses it.
    pub fn target(&self, url: &Url) -> Result<Target, Refusal> {
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            other => return Err(Refusal::Scheme(other.to_owned())),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Userinfo);
        }
        let origin = url.origin().ascii_serialization();
        let addresses = self.addresses(&origin, url.path())?;
        if cors::is_blocked_port(url) {
            return Err(Refusal::Port(url.port().unwrap_or_default()));
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Refusal::Origin(origin));
        };
        let target = Target {
            host: host.to_owned(),
            port,
            tls,
            addresses,
        };
        match host {
            Host::Ipv4(address) => target.check(address.into())?,
            Host::Ipv6(address) => target.check(address.into())?,
            Host::Domain(_) => {}
        }
        Ok(target)
    }

    /// The addresses that an origin may stand for where `path` is asked.
    fn addresses(&self, origin: &str, path: &str) -> Result<Addresses, Refusal> {
        let mut rules = self
            .rules
            .iter()
            .filter(|rule| rule.origins.admits(origin))
            .peekable();
        if rules.peek().is_none() {
            return Err(Refusal::Origin(origin.to_owned()));
        }
        rules
            .filter(|rule| rule.paths.covers(path))
            .map(|rule| rule.addresses)
            .max()
            .ok_or_else(|| Refusal::Path {
                origin: origin.to_owned(),
                path: path.to_owned(),
            })
    }
}

impl Target {
    /// Judges an address that the host stands for.
    ///
    /// # Errors
    /// [`Refusal::Address`].
    pub fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        if self.addresses.permit(address) {
            return Ok(());
        }
        Err(Refusal::Address {
            host: self.host.to_string(),
            address,
            network: Network::of(address),
        })
    }
}
