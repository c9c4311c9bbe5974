//! The access check: may this origin read this answer
//! (<https://fetch.spec.whatwg.org/#concept-cors-check>), with Chromium's order of reasons.

use std::borrow::Cow;

use url::Url;

use crate::header::Headers;
use crate::word::{CorsError, Credentials, Engine};

/// A reason to block, with the bytes Chromium reports beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: CorsError,
    pub(crate) parameter: Vec<u8>,
}

impl Refusal {
    pub(crate) fn new(error: CorsError, parameter: impl Into<Vec<u8>>) -> Self {
        Self {
            error,
            parameter: parameter.into(),
        }
    }
}

/// Whether `origin` (serialised, `null` for an opaque or tainted one) may read the answer.
pub(crate) fn check(
    headers: &Headers,
    origin: &str,
    credentials: Credentials,
    engine: Engine,
) -> Result<(), Refusal> {
    let include = credentials == Credentials::Include;
    match read(headers, "access-control-allow-origin", engine) {
        None => return Err(Refusal::new(CorsError::MissingAllowOriginHeader, "")),
        Some(allowed) if *allowed == *b"*" => {
            if include {
                return Err(Refusal::new(CorsError::WildcardOriginNotAllowed, ""));
            }
            return Ok(());
        }
        Some(allowed) if *allowed != *origin.as_bytes() => {
            return Err(Refusal::new(why_not(&allowed), allowed.into_owned()));
        }
        Some(_) => {}
    }
    if include {
        let allowed = read(headers, "access-control-allow-credentials", engine).unwrap_or_default();
        if *allowed != *b"true" {
            return Err(Refusal::new(
                CorsError::InvalidAllowCredentials,
                allowed.into_owned(),
            ));
        }
    }
    Ok(())
}

/// Whether engines may read the headers of the access check differently: where one of several lines is
/// empty.
pub(crate) fn depends_on_engine(headers: &Headers) -> bool {
    [
        "access-control-allow-origin",
        "access-control-allow-credentials",
    ]
    .into_iter()
    .any(|name| {
        let (mut lines, mut empty) = (0, false);
        for line in headers.all(name) {
            lines += 1;
            empty |= line.is_empty();
        }
        empty && lines > 1
    })
}

/// The value of a header. Firefox leaves empty lines out where it joins several
/// (`netwerk/protocol/http/nsHttpHeaderArray.cpp`, `MergeHeader`).
fn read<'a>(headers: &'a Headers, name: &'a str, engine: Engine) -> Option<Cow<'a, [u8]>> {
    let value = headers.joined(name)?;
    if engine != Engine::Firefox || !value.contains(&b',') {
        return Some(value);
    }
    let lines: Vec<&[u8]> = headers.all(name).filter(|line| !line.is_empty()).collect();
    Some(Cow::Owned(lines.join(b", ".as_slice())))
}

/// What is wrong with an `Access-Control-Allow-Origin` that does not match. Chromium looks for blanks
/// and commas first and then asks its URL parser, which takes far more than origins.
fn why_not(allowed: &[u8]) -> CorsError {
    if allowed.iter().any(|byte| matches!(byte, b' ' | b',')) {
        return CorsError::MultipleAllowOriginValues;
    }
    if allowed == b"null" || is_url(&String::from_utf8_lossy(allowed)) {
        return CorsError::AllowOriginMismatch;
    }
    CorsError::InvalidAllowOriginValue
}

/// Whether Chromium's URL parser takes a text. It is laxer with hosts than the standard: it lets
/// `%20` stand and does not look into `xn--` labels.
fn is_url(text: &str) -> bool {
    Url::parse(text).is_ok()
        || ((text.contains("xn--") || text.contains("%20"))
            && Url::parse(&text.replace("xn--", "xx--").replace("%20", "-")).is_ok())
}
