//! Origins with a wildcard: `https://*.example.com`.

use crate::origin::{self, Schemes};

/// Admits the subdomains, one label or more below, of one host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct OriginPattern {
    /// `https://`
    scheme: String,
    /// `.example.com` or `.example.com:8443`
    suffix: String,
}

impl OriginPattern {
    /// Reads a pattern.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            "the wildcard stands for the first labels of a host only: \
             \"https://*.example.com\" (for every page origin set `dangerously_any_page_origin`)"
                .to_owned()
        };
        if let Some(meant) = meant(text) {
            return Err(match text.starts_with(&meant) {
                true => format!("an origin has no path: write `{meant}`"),
                false => format!("the origin is not scheme://host[:port]: write `{meant}`"),
            });
        }
        let (scheme, suffix) = text.split_once('*').ok_or_else(wrong)?;
        if !scheme.ends_with("://") || !suffix.starts_with('.') || suffix.contains('*') {
            return Err(wrong());
        }
        // A stand-in for the wildcard makes the whole an origin that can be checked as one.
        match origin::problem(&format!("{scheme}any{suffix}"), Schemes::Any) {
            Some(problem) => Err(format!("the origin {problem}")),
            // `https://*.com` would admit every site of a top-level domain.
            None if !suffix[1..].contains('.') && !suffix.starts_with(".localhost") => {
                Err("a wildcard right below a top-level domain admits everybody".to_owned())
            }
            None => Ok(Self {
                scheme: scheme.to_owned(),
                suffix: suffix.to_owned(),
            }),
        }
    }

    /// Whether the pattern admits `origin`, which is an origin as browsers write it.
    pub(crate) fn matches(&self, origin: &str) -> bool {
        origin.len() > self.scheme.len() + self.suffix.len()
            && origin.starts_with(&self.scheme)
            && origin.ends_with(&self.suffix)
    }
}

/// The pattern that somebody meant who wrote a path behind it, or no scheme before it.
fn meant(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let host = rest.split(['/', '?', '#']).next()?;
    let meant = format!("{scheme}://{host}");
    (meant != text && OriginPattern::read(&meant).is_ok()).then_some(meant)
}

/// What origins a rule of the configuration admits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginRule(Kind);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    One(String),
    Below(OriginPattern),
}

impl OriginRule {
    /// Reads `https://api.example` or, for all subdomains, `https://*.example.com`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.contains('*') {
            return OriginPattern::read(text).map(|pattern| Self(Kind::Below(pattern)));
        }
        match origin::mistake(text, Schemes::Web) {
            Some(mistake) => Err(mistake),
            None => Ok(Self(Kind::One(text.to_owned()))),
        }
    }

    /// Whether the rule admits `origin`, which is an origin as browsers write it.
    #[must_use]
    pub fn admits(&self, origin: &str) -> bool {
        match &self.0 {
            Kind::One(one) => one == origin,
            Kind::Below(pattern) => pattern.matches(origin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_admits_subdomains_of_one_label_or_more() {
        let pattern = OriginPattern::read("https://*.example.com").expect("a pattern");
        for (origin, admitted) in [
            ("https://shop.example.com", true),
            ("https://a.b.example.com", true),
            ("https://example.com", false),
            ("https://.example.com", false),
            ("http://shop.example.com", false),
            ("https://shop.example.com:8443", false),
            ("https://evilexample.com", false),
            ("https://shop.example.com.evil.test", false),
        ] {
            assert_eq!(pattern.matches(origin), admitted, "{origin}");
        }
        let with_port = OriginPattern::read("http://*.localhost:3000").expect("a pattern");
        assert!(with_port.matches("http://a.localhost:3000"));
    }

    #[test]
    fn other_wildcards_are_mistakes() {
        for text in [
            "*",
            "https://*",
            "https://*example.com",
            "https://a.*.example.com",
            "https://*.*.example.com",
            "https://*.com",
            "https://*.example.com/",
            "*.example.com",
        ] {
            assert!(OriginPattern::read(text).is_err(), "{text}");
        }
        for (text, meant) in [
            (
                "https://*.example.com/",
                "an origin has no path: write `https://*.example.com`",
            ),
            ("*.example.com", "write `https://*.example.com`"),
        ] {
            let found = OriginPattern::read(text).expect_err(text);
            assert!(found.ends_with(meant), "{found}");
        }
    }
}
