//! Elements of a list of allowed origins: `*`, an origin, or a pattern of origins.

use web::{OriginPattern, Schemes};

/// What stands in a list of allowed origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Everybody.
    Any,
    /// One origin, or those below a host.
    Some(OriginPattern),
}

impl Pattern {
    /// Reads an element of the own form.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        match text {
            "*" => Ok(Self::Any),
            "null" => Err(
                "`null` is the origin of every sandboxed page: no policy should name it".to_owned(),
            ),
            _ => match OriginPattern::read(text, Schemes::Any) {
                Ok(pattern) => Ok(Self::Some(pattern)),
                Err(error) => Err(format!(
                    "`{text}` is not an origin such as `https://app.example` or `https://*.app.example`: {error}"
                )),
            },
        }
    }

    /// Whether an origin fits.
    pub(crate) fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Some(pattern) => pattern.admits(origin),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Some(pattern) => pattern.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_everybody_an_origin_or_a_pattern_of_origins() {
        let cases = [
            ("*", "https://x.test", true),
            ("https://app.test", "https://app.test", true),
            ("https://app.test", "http://app.test", false),
            ("https://*.app.test", "https://a.b.app.test", true),
            ("https://*.app.test", "https://app.test", false),
            ("capacitor://localhost", "capacitor://localhost", true),
        ];
        for (pattern, origin, expected) in cases {
            let read = Pattern::read(pattern).expect("a pattern");
            assert_eq!(read.matches(origin), expected, "{pattern} {origin}");
            assert_eq!(read.to_string(), pattern);
        }
        for (wrong, why) in [
            ("app.test", "scheme://"),
            ("https://*", "wildcard"),
            ("https://a*.test", "wildcard"),
            ("https://*.a.*.test", "wildcard"),
            ("https://*.com", "admits everybody"),
            ("https://*.co.uk", "admits everybody"),
            ("null", "sandboxed"),
            ("", "scheme://"),
            ("https://a.test/x", "path"),
            ("https://APP.test:443/", "write `https://app.test`"),
        ] {
            let error = Pattern::read(wrong).expect_err(wrong);
            assert!(error.contains(why), "{error}");
        }
    }
}
