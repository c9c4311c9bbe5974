//! Why a target was not asked, or did not answer.

use std::net::{IpAddr, SocketAddr};

use observation::vocabulary;
use runtime::Network;

use crate::addresses::Addresses;

vocabulary! {
    /// The rules that keep the prober from asking a target.
    Rule {
        /// Neither http nor https.
        Scheme => "scheme",
        /// A user name or password in the URL.
        Userinfo => "userinfo",
        /// Not the origin of a configured service.
        Origin => "origin",
        /// Not a path of a configured service.
        Path => "path",
        /// A port that no browser asks.
        Port => "port",
        /// An address outside of the networks that the target may be in.
        Address => "address",
    }
}

/// A target that must not be asked, with the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither http nor https.
    #[error("the scheme `{0}` is neither http nor https")]
    Scheme(String),
    /// A user name or password in the URL.
    #[error("the URL holds a user name or password")]
    Userinfo,
    /// Not the origin of a configured service.
    #[error("{0} is not an allowed origin")]
    Origin(String),
    /// A path of an allowed origin that no rule covers.
    #[error("{path} is not an allowed path of {origin}")]
    Path {
        /// The origin.
        origin: String,
        /// The path.
        path: String,
    },
    /// A port that no browser asks (<https://fetch.spec.whatwg.org/#port-blocking>).
    #[error("no browser asks port {0}")]
    Port(u16),
    /// The host stands for an address that must not be connected to.
    #[error("{}{address} is a {network} address", stands_for(.host, *.address))]
    Address {
        /// The host.
        host: String,
        /// The address that was refused.
        address: IpAddr,
        /// Its network.
        network: Network,
    },
}

impl Refusal {
    /// The option of a command that permits it, in words to put behind the reason; empty where none
    /// does.
    #[must_use]
    pub fn way_out(&self) -> &'static str {
        match self {
            refusal if refusal.is_of_private_network() => {
                " (`--allow-private-networks` permits private networks)"
            }
            Self::Origin(_) => " (`--allow-origin ORIGIN` permits it)",
            _ => "",
        }
    }

    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        match self {
            Self::Scheme(_) => Rule::Scheme,
            Self::Userinfo => Rule::Userinfo,
            Self::Origin(_) => Rule::Origin,
            Self::Path { .. } => Rule::Path,
            Self::Port(_) => Rule::Port,
            Self::Address { .. } => Rule::Address,
        }
    }

    /// Whether the target may be asked where private networks may be.
    #[must_use]
    pub fn is_of_private_network(&self) -> bool {
        matches!(self, Self::Address { address, .. } if Addresses::Private.permit(*address))
    }
}

/// A name in front of the address that it leads to.
fn stands_for(host: &str, address: IpAddr) -> String {
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(written) if address == written => String::new(),
        _ => format!("{host} leads to {address}, and "),
    }
}

vocabulary! {
    /// The phases of a call.
    Phase {
        /// Looking the name up.
        Resolve => "resolve",
        /// Opening the connection.
        Connect => "connect",
        /// The TLS handshake.
        Tls => "tls",
        /// From the request to the end of the answer's head.
        Answer => "answer",
    }
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The target must not be asked.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The name does not resolve.
    #[error("{host} does not resolve")]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver says; none where it found no address.
        #[source]
        source: Option<std::io::Error>,
    },
    /// No connection to any of the addresses; the last one that was tried.
    #[error("{address} cannot be connected to")]
    Unreachable {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The server does not prove to be who it should be, or speaks no TLS.
    #[error("the TLS handshake with {host} failed")]
    Tls {
        /// The host.
        host: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A phase did not end in time.
    #[error("timed out in phase {0}")]
    TimedOut(Phase),
    /// The connection broke before the head of an answer was there.
    #[error("the connection broke before there was an answer")]
    Broken(#[source] std::io::Error),
    /// The head of the answer is larger than is read.
    #[error("the head of the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// What came is not HTTP.
    #[error("the answer is not HTTP/1")]
    Malformed(#[source] httparse::Error),
    /// The target has had all the messages that it may get for now.
    #[error("the target may be asked again in {0:?}")]
    Paced(std::time::Duration),
    /// A method or header that cannot be sent.
    #[error("the request cannot be written: {0}")]
    Unwritable(&'static str),
}

vocabulary! {
    /// Kinds of [`CallError`].
    Fault {
        /// The target must not be asked.
        Refused => "refused",
        /// The name does not resolve.
        Unresolved => "unresolved",
        /// No connection.
        Unreachable => "unreachable",
        /// TLS failed.
        Tls => "tls",
        /// Out of time.
        TimedOut => "timed_out",
        /// The connection broke.
        Broken => "broken",
        /// The answer is not HTTP/1 or its head is too large.
        Malformed => "malformed",
        /// Out of messages for now.
        Paced => "paced",
        /// The request cannot be sent.
        Unwritable => "unwritable",
    }
}

impl CallError {
    /// What kind of error it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Refused(_) => Fault::Refused,
            Self::Unresolved { .. } => Fault::Unresolved,
            Self::Unreachable { .. } => Fault::Unreachable,
            Self::Tls { .. } => Fault::Tls,
            Self::TimedOut(_) => Fault::TimedOut,
            Self::Broken(_) => Fault::Broken,
            Self::TooLarge(_) | Self::Malformed(_) => Fault::Malformed,
            Self::Paced(_) => Fault::Paced,
            Self::Unwritable(_) => Fault::Unwritable,
        }
    }
}
