//! What an HTTP/1 request must say of its bounds and its host, so that every reader agrees on both.
//!
//! The parser refuses what it cannot read, takes chunks alone where a length stands beside them, and closes the
//! connection after that. What else it takes and a proxy may read otherwise is refused here, on the headers that it
//! understood.

use http::header::{HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode, Version};

/// A request whose bounds or host are not certain (RFC 9112).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFraming {
    /// HTTP/1.1 has exactly one (section 3.2).
    #[error("send exactly one Host header")]
    Host,
    /// The value is not a host and port (section 3.2).
    #[error("the Host header is not a host with a port")]
    HostValue,
    /// A coding that is not understood here (section 6.1).
    #[error("the only transfer coding that is understood is chunked")]
    Coding,
    /// Chunked is not the last coding, or stands twice (section 6.1).
    #[error("Transfer-Encoding is malformed: send `chunked` once")]
    TransferEncoding,
}

impl BadFraming {
    /// How it is answered, before the connection is closed.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Coding => StatusCode::NOT_IMPLEMENTED,
            Self::Host | Self::HostValue | Self::TransferEncoding => StatusCode::BAD_REQUEST,
        }
    }
}

/// Checks the headers of a request.
///
/// # Errors
/// [`BadFraming`]: nothing of such a request may be used, and its connection has to be closed.
pub fn framing(version: Version, headers: &HeaderMap) -> Result<(), BadFraming> {
    host(version, headers)?;
    if !headers.contains_key(TRANSFER_ENCODING) {
        return Ok(());
    }
    codings(headers.get_all(TRANSFER_ENCODING).iter())
}

fn host(version: Version, headers: &HeaderMap) -> Result<(), BadFraming> {
    let mut lines = headers.get_all(HOST).iter();
    match (lines.next(), lines.next()) {
        (Some(value), None) if is_host(value.as_bytes()) => Ok(()),
        (Some(_), None) => Err(BadFraming::HostValue),
        (None, _) if version < Version::HTTP_11 => Ok(()),
        _ => Err(BadFraming::Host),
    }
}

/// `uri-host [ ":" port ]`, or nothing (RFC 9110, 7.2): what it may be made of, not whether it exists.
fn is_host(value: &[u8]) -> bool {
    let value = match value {
        [b'[', rest @ ..] => {
            let Some(end) = rest.iter().position(|byte| *byte == b']') else {
                return false;
            };
            let (literal, port) = rest.split_at(end);
            let is_literal = literal
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b":.".contains(byte));
            return is_literal && !literal.is_empty() && is_port(&port[1..]);
        }
        name => name,
    };
    let end = value.iter().position(|byte| *byte == b':');
    let (name, port) = value.split_at(end.unwrap_or(value.len()));
    let is_name = name
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(byte));
    is_name && is_port(port)
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The codings of all lines together are `chunked`.
fn codings<'a>(lines: impl Iterator<Item = &'a HeaderValue>) -> Result<(), BadFraming> {
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    let (mut last_is_chunked, mut has_other) = (false, false);
    let bad = codings.any(|coding| {
        let coding = coding.trim_ascii();
        let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        let is_name = !coding.is_empty() && coding.iter().all(|byte| crate::is_token_byte(*byte));
        // Nothing stands after it, not even itself.
        let is_bad = last_is_chunked || !is_name;
        has_other |= !is_chunked;
        last_is_chunked = is_chunked;
        is_bad
    });
    match (bad || !last_is_chunked, has_other) {
        (true, _) => Err(BadFraming::TransferEncoding),
        (false, true) => Err(BadFraming::Coding),
        (false, false) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn checked(version: Version, lines: &[(HeaderName, &str)]) -> Result<(), BadFraming> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        framing(version, &headers)
    }

    #[test]
    fn a_host_is_there_once_and_is_one() {
        for (values, expected) in [
            (&["shop.test"][..], Ok(())),
            (&["shop.test:443"], Ok(())),
            (&["[::1]:7780"], Ok(())),
            (&["[::1]"], Ok(())),
            (&["xn--bcher-kva.test"], Ok(())),
            (&[""], Ok(())),
            (&[], Err(BadFraming::Host)),
            (&["a.test", "a.test"], Err(BadFraming::Host)),
            (&["a.test", "b.test"], Err(BadFraming::Host)),
            (&["a b"], Err(BadFraming::HostValue)),
            (&["user@a.test"], Err(BadFraming::HostValue)),
            (&["a.test/"], Err(BadFraming::HostValue)),
            (&["a.test:8a"], Err(BadFraming::HostValue)),
            (&["a.test:80:80"], Err(BadFraming::HostValue)),
            (&["::1"], Err(BadFraming::HostValue)),
            (&["[::1"], Err(BadFraming::HostValue)),
            (&["[]"], Err(BadFraming::HostValue)),
            (&["[::1]x"], Err(BadFraming::HostValue)),
        ] {
            let lines: Vec<_> = values.iter().map(|value| (HOST, *value)).collect();
            assert_eq!(checked(Version::HTTP_11, &lines), expected, "{values:?}");
        }
        assert_eq!(checked(Version::HTTP_10, &[]), Ok(()));
        let two = [(HOST, "a.test"), (HOST, "a.test")];
        assert_eq!(checked(Version::HTTP_10, &two), Err(BadFraming::Host));
    }

    #[test]
    fn chunked_is_the_only_coding_and_stands_once() {
        const TE: HeaderName = TRANSFER_ENCODING;
        for (lines, expected) in [
            (&[(TE, "chunked")][..], Ok(())),
            (&[(TE, "Chunked ")], Ok(())),
            (&[(TE, "gzip, chunked")], Err(BadFraming::Coding)),
            (&[(TE, "gzip"), (TE, "chunked")], Err(BadFraming::Coding)),
            (&[(TE, "identity, chunked")], Err(BadFraming::Coding)),
            (&[(TE, "xchunked")], Err(BadFraming::TransferEncoding)),
            (
                &[(TE, "chunked, identity")],
                Err(BadFraming::TransferEncoding),
            ),
            (
                &[(TE, "chunked, chunked")],
                Err(BadFraming::TransferEncoding),
            ),
            (
                &[(TE, "chunked"), (TE, "chunked")],
                Err(BadFraming::TransferEncoding),
            ),
            (
                &[(TE, "chunked, gzip, chunked")],
                Err(BadFraming::TransferEncoding),
            ),
            (&[(TE, "")], Err(BadFraming::TransferEncoding)),
            (&[(TE, "chunked,")], Err(BadFraming::TransferEncoding)),
            (&[(TE, ",chunked")], Err(BadFraming::TransferEncoding)),
            (&[(TE, "\"chunked\"")], Err(BadFraming::TransferEncoding)),
            (&[(TE, "chunked;q=1")], Err(BadFraming::TransferEncoding)),
        ] {
            let with_host = [&[(HOST, "a.test")], lines].concat();
            assert_eq!(checked(Version::HTTP_11, &with_host), expected, "{lines:?}");
        }
    }
}
