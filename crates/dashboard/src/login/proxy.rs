//! A proxy with sign-in before this side: who it says is there.

use std::net::IpAddr;

use http::HeaderMap;

use super::config::{Person, ProxySignIn, granted};
use crate::problem::{Code, Fault, Problem};

/// Longest name of a person, in bytes.
const MAX_NAME: usize = 256;

/// Reads the headers of trusted proxies.
#[derive(Debug)]
pub(crate) struct Proxy(ProxySignIn);

impl Proxy {
    pub(crate) const fn new(config: ProxySignIn) -> Self {
        Self(config)
    }

    /// Whether a trusted proxy says who is there.
    ///
    /// # Errors
    /// When the headers are from someone else.
    pub(crate) fn speaks(&self, headers: &HeaderMap, peer: IpAddr) -> Result<bool, Problem> {
        let names = [&self.0.user_header, &self.0.groups_header];
        let Some(present) = names.into_iter().find(|name| headers.contains_key(*name)) else {
            return Ok(false);
        };
        if self.0.peers.contains(&peer) {
            return Ok(true);
        }
        let fault = Fault {
            field: present.clone(),
            value: peer.to_string(),
            permitted: "only from an address in `dashboard.proxy_sign_in.peers`".into(),
        };
        let detail = "a header that only the proxy may set came from another address";
        Err(Problem::new(Code::UntrustedProxy, detail).with(vec![fault]))
    }

    /// Who is there, as a proxy that [speaks](Self::speaks) says it.
    ///
    /// # Errors
    /// When the headers are not what one proxy sends, or nothing is granted to the person.
    pub(crate) fn person(&self, headers: &HeaderMap) -> Result<Person, Problem> {
        let values = |name: &String| {
            let lines = headers.get_all(name).iter();
            lines
                .map(|line| line.to_str().unwrap_or_default().trim().to_owned())
                .collect::<Vec<_>>()
        };
        let users = values(&self.0.user_header);
        let user = match users.as_slice() {
            [user] if !user.is_empty() && user.len() <= MAX_NAME => user.clone(),
            // Two lines: the proxy lets through what a client sent.
            _ => {
                let fault = Fault {
                    field: self.0.user_header.clone(),
                    value: users.join(", ").chars().take(MAX_NAME).collect(),
                    permitted: "one name; let the proxy take away what clients send".into(),
                };
                let detail = "the proxy does not say who is there";
                return Err(Problem::new(Code::UntrustedProxy, detail).with(vec![fault]));
            }
        };
        let groups = values(&self.0.groups_header);
        let groups: Vec<String> = groups
            .iter()
            .flat_map(|line| line.split(','))
            .map(|group| group.trim().to_owned())
            .filter(|group| !group.is_empty())
            .collect();
        let claim = |name: &str| match name {
            "user" => vec![user.clone()],
            _ => groups.clone(),
        };
        let Some(grant) = granted(&self.0.grants, claim) else {
            let detail = "nothing is granted to this person in `dashboard.proxy_sign_in.grants`";
            return Err(Problem::new(Code::Forbidden, detail));
        };
        Ok(Person {
            name: user.clone(),
            role: grant.role,
            apps: grant.apps.clone(),
        })
    }
}
