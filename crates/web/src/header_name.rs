//! Names of header fields.

use std::borrow::Cow;
use std::fmt;

use crate::token::{is_token, is_token_byte};

/// The name of a header field, in lower case: names are compared without regard to case (RFC 9110,
/// section 5.1), and HTTP/2 and Fetch write them so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeaderName<'a>(Cow<'a, str>);

/// A text that is not a header name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a header: a name is a token, such as x-request-id")]
pub struct NotAHeaderName(pub String);

impl<'a> HeaderName<'a> {
    /// Reads a name in any case.
    ///
    /// # Errors
    /// [`NotAHeaderName`]: it is not a token.
    pub fn read(written: &'a str) -> Result<Self, NotAHeaderName> {
        if !is_token(written.as_bytes()) {
            return Err(NotAHeaderName(written.to_owned()));
        }
        if written.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Ok(Self(Cow::Owned(written.to_ascii_lowercase())));
        }
        Ok(Self(Cow::Borrowed(written)))
    }

    /// The text, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, as it was held.
    #[must_use]
    pub fn into_text(self) -> Cow<'a, str> {
        self.0
    }

    /// Whether `list` is made of names in lower case separated by commas alone, as the SDK and
    /// `Access-Control-Request-Headers` write them; an empty list is one.
    #[must_use]
    pub fn is_list(list: &str) -> bool {
        let fits = |byte: u8| byte == b',' || is_token_byte(byte) && !byte.is_ascii_uppercase();
        list.bytes().all(fits)
    }
}

impl fmt::Display for HeaderName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_token_and_is_held_in_lower_case() {
        for (written, expected) in [
            ("x-request-id", Some("x-request-id")),
            ("Content-Type", Some("content-type")),
            ("", None),
            ("x a", None),
            ("x:", None),
            ("x\u{e9}", None),
        ] {
            let read = HeaderName::read(written).ok();
            assert_eq!(read.as_ref().map(HeaderName::as_str), expected, "{written}");
        }
    }

    #[test]
    fn a_list_holds_nothing_but_names() {
        for (list, expected) in [
            ("", true),
            ("content-type,x-a", true),
            ("Content-Type", false),
            ("x-a, x-b", false),
            ("x-a: secret", false),
            ("x\u{e9}", false),
        ] {
            assert_eq!(HeaderName::is_list(list), expected, "{list}");
        }
    }
}
