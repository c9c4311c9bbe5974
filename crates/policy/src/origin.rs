//! Patterns of origins: `*`, `https://app.example`, `https://*.example`, `https://*.example:8443`.

use cors::Origin;

/// What stands in a list of allowed origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// Everybody.
    Any,
    /// One origin, serialised.
    Exact(String),
    /// What stands around a `*` in the host: `https://` and `.example`.
    Wild(String, String),
}

impl Pattern {
    /// Reads a pattern of the own form: a `*` only in the place of the leftmost labels.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if text == "null" {
            return Err(
                "`null` is the origin of every sandboxed page: no policy should name it".to_owned(),
            );
        }
        let stand_in = text.replacen("://*.", "://any.", 1);
        let origin = match Origin::parse(&stand_in) {
            Some(Origin::Tuple(origin)) if !stand_in.contains('*') => origin,
            _ => {
                return Err(format!(
                    "`{text}` is not an origin such as `https://app.example` or `https://*.example`"
                ));
            }
        };
        if stand_in == text {
            return Ok(Self::Exact(origin));
        }
        let (scheme, rest) = origin.split_once("any.").unwrap_or((&origin, ""));
        Ok(Self::Wild(scheme.to_owned(), format!(".{rest}")))
    }

    /// Whether an origin fits. A `*` stands for one label or more, never for none.
    pub(crate) fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact == origin,
            Self::Wild(before, after) => origin
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|labels| !labels.is_empty() && !labels.contains(['/', ':'])),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(origin) => f.write_str(origin),
            Self::Wild(before, after) => write!(f, "{before}*{after}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_says_and_nothing_beside() {
        let cases = [
            ("*", "https://x.test", true),
            ("https://app.test", "https://app.test", true),
            ("https://APP.test:443/", "https://app.test", true),
            ("https://app.test", "http://app.test", false),
            ("https://app.test", "https://app.test:8443", false),
            ("https://*.app.test", "https://a.app.test", true),
            ("https://*.app.test", "https://a.b.app.test", true),
            ("https://*.app.test", "https://app.test", false),
            ("https://*.app.test", "https://evilapp.test", false),
            ("https://*.app.test", "https://a.app.test:8443", false),
            ("https://*.app.test:8443", "https://a.app.test:8443", true),
            ("https://*.app.test", "https://evil.test/.app.test", false),
        ];
        for (pattern, origin, expected) in cases {
            let read = Pattern::read(pattern).expect("a pattern");
            assert_eq!(read.matches(origin), expected, "{pattern} {origin}");
        }
        for wrong in [
            "app.test",
            "https://*",
            "https://a*.test",
            "https://*.a.*.test",
            "null",
            "",
            "https://a.test/x",
        ] {
            assert!(Pattern::read(wrong).is_err(), "{wrong}");
        }
    }
}
