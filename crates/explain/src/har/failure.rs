//! What a tool's word for a failure says.

use cors::CorsError;

use super::message::{self, BlockMessage};
use crate::reason::Reason;

/// The failure of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// None is recorded.
    None,
    /// One without a reason: nothing was sent.
    NotSent,
    /// The general one, which Chromium writes for CORS and for much else.
    General,
    /// CORS, and what the message says of it.
    Cors(BlockMessage),
    /// For another reason.
    Other(Reason),
}

/// Words of a failure that is not of CORS, lower case, with the reason. The first that is contained
/// decides.
const WORDS: [(&str, Reason); 19] = [
    ("err_blocked_by_csp", Reason::Csp),
    ("content security policy", Reason::Csp),
    ("content-security-policy", Reason::Csp),
    ("private_network_access", Reason::LocalNetwork),
    ("local_network_access", Reason::LocalNetwork),
    ("localnetwork", Reason::LocalNetwork),
    ("mixed", Reason::MixedContent),
    ("blocked_by_client", Reason::ClientBlocked),
    ("blocked_by_administrator", Reason::ClientBlocked),
    ("content blocker", Reason::ClientBlocked),
    ("blocked by extension", Reason::ClientBlocked),
    ("inspector", Reason::ClientBlocked),
    ("subresource-filter", Reason::ClientBlocked),
    ("ns_error_tracking", Reason::ClientBlocked),
    ("err_aborted", Reason::Network),
    ("ns_binding_aborted", Reason::Network),
    ("cancel", Reason::Network),
    ("net::err_", Reason::Network),
    ("ns_error_", Reason::Network),
];

/// Words of failures that say nothing in particular.
const GENERAL: [&str; 7] = [
    "err_failed",
    // What Firefox says of every request that CORS blocks, and of some others.
    "ns_error_dom_bad_uri",
    "ns_error_failure",
    "failed to fetch",
    "load failed",
    "networkerror when attempting",
    "generic",
];

/// Words of CORS, in Chromium's, Firefox' and WebKit's messages.
const CORS: [&str; 8] = [
    "access-control-",
    "access control",
    "cors",
    "cross-origin request blocked",
    "cross-origin redirection",
    "preflight response is not successful",
    "response for preflight",
    "dom_bad_cross_origin",
];

/// Reads the text of a failure; `None` where the tool notes none.
pub(crate) fn read(text: Option<&str>) -> Failure {
    let Some(text) = text else {
        return Failure::None;
    };
    let text = text.trim();
    if text.is_empty() {
        return Failure::NotSent;
    }
    if let Some(error) = named(text) {
        return Failure::Cors(BlockMessage::rule(error));
    }
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if lower == "csp" {
        return Failure::Other(Reason::Csp);
    }
    // Chromium and Firefox bring these under CORS, and no header of the answer decides them.
    if lower.contains("address space") {
        return Failure::Other(Reason::LocalNetwork);
    }
    if lower.contains("cors request did not succeed") {
        return Failure::Other(Reason::Network);
    }
    if has(&GENERAL) {
        return Failure::General;
    }
    if has(&CORS) {
        return Failure::Cors(message::read(text));
    }
    let reason = WORDS
        .iter()
        .find(|(word, _)| lower.contains(word))
        .map_or(Reason::Network, |(_, reason)| *reason);
    Failure::Other(reason)
}

/// A word of the DevTools protocol, as recorders built on it write it.
fn named(text: &str) -> Option<CorsError> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .find_map(CorsError::parse)
}
