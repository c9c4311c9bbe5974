//! From what browsers reported to the request that is replayed.

use cors::{Credentials, Mode, NotAnExchange, Request, RequestParts};
use data_encoding::HEXLOWER;
use observation::Kind;
use sha2::Digest as _;
use store::SignatureRow;

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
    HEXLOWER.encode(&digest.finalize()[..8])
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
