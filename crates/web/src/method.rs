//! Request methods.

use std::borrow::Cow;
use std::fmt;

use crate::token::is_token;

/// The methods that `fetch` writes in upper case whatever case the page used; `patch` is not one of
/// them (<https://fetch.spec.whatwg.org/#concept-method-normalize>).
const NORMALISED: [&str; 6] = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"];

/// The methods that `fetch` refuses in any case
/// (<https://fetch.spec.whatwg.org/#forbidden-method>).
const FORBIDDEN: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// A request method as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Method<'a>(Cow<'a, str>);

/// A text that is not a method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a method: a method is a token, such as GET")]
pub struct NotAMethod(pub String);

impl<'a> Method<'a> {
    /// Reads a method in the case in which a page wrote it, and normalises it.
    ///
    /// # Errors
    /// [`NotAMethod`]: it is not a token (RFC 9110, section 9.1).
    pub fn read(written: impl Into<Cow<'a, str>>) -> Result<Self, NotAMethod> {
        let written = written.into();
        let known = |name: &&&str| name.eq_ignore_ascii_case(&written);
        if let Some(name) = NORMALISED.iter().find(known) {
            return Ok(Self(Cow::Borrowed(name)));
        }
        if !is_token(written.as_bytes()) {
            return Err(NotAMethod(written.into_owned()));
        }
        Ok(Self(written))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, as it was held.
    #[must_use]
    pub fn into_text(self) -> Cow<'a, str> {
        self.0
    }

    /// Whether it is one of the handful that every application uses.
    #[must_use]
    pub fn is_common(&self) -> bool {
        self.0 == "PATCH" || NORMALISED.contains(&self.as_str())
    }

    /// Whether `fetch` refuses it.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        FORBIDDEN
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&self.0))
    }

    /// Whether a request with it needs no preflight for its sake
    /// (<https://fetch.spec.whatwg.org/#cors-safelisted-method>).
    #[must_use]
    pub fn is_safelisted(&self) -> bool {
        matches!(self.as_str(), "GET" | "HEAD" | "POST")
    }

    /// Whether it changes nothing at the server (RFC 9110, section 9.2.1). TRACE is safe too, and no
    /// page can send it.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self.as_str(), "GET" | "HEAD" | "OPTIONS")
    }

    /// Whether `fetch` sends a body with it
    /// (<https://fetch.spec.whatwg.org/#dom-request>, step 34).
    #[must_use]
    pub fn may_have_body(&self) -> bool {
        !matches!(self.as_str(), "GET" | "HEAD")
    }

    /// Whether it would be another one in upper case that people mean by it: `get` is sent as GET,
    /// `patch` is not sent as PATCH, and lists of methods are compared byte by byte.
    #[must_use]
    pub fn is_common_in_wrong_case(written: &str) -> bool {
        let is_meant = |name: &&str| *name != written && name.eq_ignore_ascii_case(written);
        NORMALISED.iter().chain(&["PATCH"]).any(is_meant)
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_normalised_as_fetch_does() {
        for (given, expected) in [
            ("get", Some("GET")),
            ("Delete", Some("DELETE")),
            ("oPTIONS", Some("OPTIONS")),
            ("PATCH", Some("PATCH")),
            ("patch", Some("patch")),
            ("PURGE", Some("PURGE")),
            ("m-search", Some("m-search")),
            ("", None),
            ("GE T", None),
            ("GET\r\n", None),
            ("G\u{e9}T", None),
        ] {
            let read = Method::read(given).ok();
            assert_eq!(read.as_ref().map(Method::as_str), expected, "{given}");
        }
    }

    #[test]
    fn a_method_knows_what_fetch_and_http_say_of_it() {
        // Common, forbidden, safelisted, safe, may have a body.
        for (given, expected) in [
            ("GET", [true, false, true, true, false]),
            ("head", [true, false, true, true, false]),
            ("POST", [true, false, true, false, true]),
            ("OPTIONS", [true, false, false, true, true]),
            ("PATCH", [true, false, false, false, true]),
            ("patch", [false, false, false, false, true]),
            ("trace", [false, true, false, false, true]),
            ("Connect", [false, true, false, false, true]),
            ("TRACK", [false, true, false, false, true]),
        ] {
            let method = Method::read(given).expect(given);
            let found = [
                method.is_common(),
                method.is_forbidden(),
                method.is_safelisted(),
                method.is_safe(),
                method.may_have_body(),
            ];
            assert_eq!(found, expected, "{given}");
        }
    }

    #[test]
    fn a_common_method_in_another_case_is_not_what_people_mean() {
        for (written, expected) in [
            ("get", true),
            ("Patch", true),
            ("GET", false),
            ("PATCH", false),
            ("purge", false),
        ] {
            assert_eq!(
                Method::is_common_in_wrong_case(written),
                expected,
                "{written}"
            );
        }
    }
}
