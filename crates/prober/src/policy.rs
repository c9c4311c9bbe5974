//! Which targets may be asked at all.

use std::net::IpAddr;

use intake::OriginRule;
use runtime::Network;
use url::{Host, Url};

use crate::addresses::Addresses;
use crate::error::Refusal;

/// The origins that may be asked, each with the addresses it may stand for. Empty, it allows
/// nothing.
#[derive(Debug, Clone, Default)]
pub struct TargetPolicy {
    rules: Vec<(OriginRule, Addresses)>,
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
    /// The same policy with one more rule. Of several rules that admit an origin the most
    /// permissive one counts.
    #[must_use]
    pub fn allow(mut self, rule: OriginRule, addresses: Addresses) -> Self {
        self.rules.push((rule, addresses));
        self
    }

    /// Judges a URL by its scheme, origin and port, and a literal address by its network.
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
        let addresses = self
            .rules
            .iter()
            .filter(|(rule, _)| rule.admits(&origin))
            .map(|(_, addresses)| *addresses)
            .max()
            .ok_or_else(|| Refusal::Origin(origin.clone()))?;
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
