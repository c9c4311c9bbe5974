//! From what browsers reported to the request that is replayed.

use std::fmt::Write as _;

use cors::{Credentials, Mode, NotAnExchange, Request, RequestParts};
use observation::Kind;
use sha2::Digest as _;
use store::SignatureRow;

use crate::config::Sample;

/// What stands for a segment that the page has made a name for.
const STAND_IN: &str = "1";

/// The identity of a signature: the same for the same failure, whenever it is seen.
pub(crate) fn id(row: &SignatureRow) -> String {
    let stage = row.stage.map_or("", |stage| stage.as_str());
    let mut digest = sha2::Sha256::new();
    for part in [
        row.app.as_str(),
        row.kind.as_str(),
        &row.page_origin,
        &row.target_origin,
        &row.endpoint,
        &row.method,
        &row.headers,
        row.outcome.as_str(),
        stage,
        if row.credentialed { "credentialed" } else { "" },
        if row.preflighted { "preflighted" } else { "" },
    ] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest = digest.finalize();
    digest[..8].iter().fold(String::new(), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where a question about an endpoint goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The URL.
    pub url: String,
    /// Segments of the path are stand-ins: the server may not know them.
    pub made_up: bool,
}

impl Place {
    /// The URL for an endpoint template: the configured sample, or the template with stand-ins.
    #[must_use]
    pub fn of(origin: &str, endpoint: &str, samples: &[Sample]) -> Self {
        let sample = samples.iter().find(|sample| {
            sample.endpoint == endpoint && (sample.origin.is_empty() || sample.origin == origin)
        });
        if let Some(sample) = sample {
            return Self {
                url: format!("{origin}{}", sample.path),
                made_up: false,
            };
        }
        let mut made_up = false;
        let segments: Vec<&str> = endpoint
            .split('/')
            .map(|segment| {
                if segment.starts_with(':') || segment.contains('*') || segment == "__other__" {
                    made_up = true;
                    STAND_IN
                } else {
                    segment
                }
            })
            .collect();
        Self {
            url: format!("{origin}{}", segments.join("/")),
            made_up,
        }
    }
}

/// The request as the page made it, as far as it is known: the names of headers are, their values
/// are not. The stand-ins are values that need a preflight, as those of the page did.
pub(crate) fn request(row: &SignatureRow, url: &str) -> Result<Request, NotAnExchange> {
    let names = match row.kind {
        // The name is that of a response header.
        Kind::HeaderRead => "",
        Kind::Request | Kind::Preflight => row.headers.as_str(),
    };
    let headers = names
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| {
            let value = if name == "content-type" {
                "application/json"
            } else {
                "\""
            };
            (name, value)
        })
        .collect();
    Request::new(RequestParts {
        page_origin: &row.page_origin,
        url,
        method: &row.method,
        mode: Mode::Cors,
        credentials: if row.credentialed {
            Credentials::Include
        } else {
            Credentials::SameOrigin
        },
        headers,
    })
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
