//! Dot segments, in every form that some server resolves.
//!
//! The URL standard resolves `.`, `..` and their forms with `%2e` before a request is sent
//! (<https://url.spec.whatwg.org/#single-dot-path-segment>). Servers go on: they decode slashes
//! (`..%2f`), take a backslash for a slash, decode twice, and strip parameters (`..;`, Tomcat's path
//! parameters). The SDK sends none of these: a segment with `%` or `;` becomes `:id`.

use std::borrow::Cow;

/// So many times a path is decoded: once by a proxy and once by the server behind it, and once more.
const ROUNDS: usize = 3;

/// Whether a segment of `path` is a dot segment, or contains one after decoding.
pub(super) fn has_dot_segment(path: &str) -> bool {
    let mut bytes = Cow::Borrowed(path.as_bytes());
    for _ in 0..ROUNDS {
        if is_dotted(&bytes) {
            return true;
        }
        match decoded(&bytes) {
            Some(once_more) => bytes = Cow::Owned(once_more),
            None => return false,
        }
    }
    is_dotted(&bytes)
}

pub(crate) fn is_dotted(path: &[u8]) -> bool {
    let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
    segments.any(|segment| {
        let name = segment.split(|byte| *byte == b';').next();
        matches!(name, Some(b"." | b".."))
    })
}

/// The path with its percent-encoded bytes decoded; none where there are none.
pub(crate) fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    let mut found = false;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            bytes.push(high * 16 + low);
            rest = after;
            found = true;
        } else {
            bytes.push(*first);
        }
    }
    found.then_some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}
