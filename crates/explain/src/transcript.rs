//! What was asked and answered, as far as CORS reads it.

use cors::{Answer, Exchange};

use crate::visible::visible;

/// Headers that the protocol, or a cache in between, reads.
const READ: [&str; 5] = ["vary", "location", "timing-allow-origin", "allow", "age"];

/// The lines of an exchange for a person: each message with the status of its answer and the
/// headers that CORS reads, byte for byte.
#[must_use]
pub fn transcript(exchange: &Exchange) -> Vec<String> {
    let mut lines = Vec::new();
    for hop in &exchange.hops {
        for (what, answer) in [("preflight", &hop.preflight), ("response", &hop.response)] {
            if let Some(answer) = answer {
                lines.extend(heads(what, &hop.url, answer));
            }
        }
    }
    lines
}

/// The lines of one answer; `what` was asked for it.
#[must_use]
pub fn heads(what: &str, url: &str, answer: &Answer) -> Vec<String> {
    let mut lines = vec![format!("{what} {url} -> {}", answer.status)];
    for (name, value) in answer.headers.iter() {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if name.starts_with("access-control-") || READ.contains(&name.as_str()) {
            lines.push(format!("  {name}: {}", visible(value)));
        }
    }
    lines
}
