//! Request methods.

use std::borrow::Cow;

/// Longest method that is read, in characters.
pub(crate) const MAX_METHOD: usize = 32;

/// The methods that the Fetch standard writes in upper case whatever the page wrote ("normalize a
/// method"). `patch` is not among them: it stays as written, and fails in most servers.
const NORMALISED: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"];

/// Whether a method is one of the handful that every application uses.
pub(crate) fn is_common(method: &str) -> bool {
    method == "PATCH" || NORMALISED.contains(&method)
}

/// Reads a method and normalises it; `None` where it is no token (RFC 9110, 5.6.2).
pub(crate) fn read(method: Cow<'_, str>) -> Option<Cow<'_, str>> {
    for known in NORMALISED {
        if method.eq_ignore_ascii_case(known) {
            return Some(Cow::Borrowed(known));
        }
    }
    (!method.is_empty() && method.bytes().all(is_token_byte)).then_some(method)
}

/// Whether a byte may stand in a token: a method, a header name.
pub(crate) const fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_normalised_as_fetch_does() {
        for (given, expected) in [
            ("get", Some("GET")),
            ("Delete", Some("DELETE")),
            ("PATCH", Some("PATCH")),
            ("patch", Some("patch")),
            ("PURGE", Some("PURGE")),
            ("", None),
            ("GE T", None),
            ("G\u{e9}T", None),
        ] {
            assert_eq!(read(Cow::Borrowed(given)).as_deref(), expected, "{given}");
        }
    }
}
