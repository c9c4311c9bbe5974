//! What broke: the rule a replay named, and what makes two replays show the same cause.

use observation::{Stage, UnixMillis};
use serde::{Deserialize, Serialize};

/// What a replay that reproduced the failure showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The app whose request was replayed.
    pub app: String,
    /// Chromium's `CorsError` name.
    pub cause: String,
    /// What Chromium names beside it, or empty.
    pub parameter: String,
    /// Where in the protocol the replay was blocked.
    pub stage: Option<Stage>,
    /// What the browser required and what it got.
    pub explanation: String,
    /// The header to set and its value, as `name: value`, or empty.
    pub header: String,
    /// The change that lets the request pass, in words.
    pub fix: String,
    /// The request that was replayed: `PUT https://api.example/cart/1 from https://shop.example`.
    pub replayed: String,
    /// When it was replayed.
    pub at: UnixMillis,
    /// Headers of the answer that decided.
    pub offending: Vec<(String, String)>,
    /// Headers of the target that changed.
    pub changes: Vec<HeaderChange>,
}

/// A header of a target that was seen to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderChange {
    /// The header, in lower case; `:status` for the status.
    pub header: String,
    /// What happened to it, in words.
    pub what: String,
    /// Its value before; empty where it was absent.
    pub before: String,
    /// Its value since; empty where it vanished.
    pub after: String,
    /// When it was last seen as it was before.
    pub from: UnixMillis,
    /// When it was first seen as it is since.
    pub to: UnixMillis,
    /// The app whose pages its values name; empty where they name none.
    #[serde(default)]
    pub app: String,
}

/// Two failures of one target with the same root have one cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Root(String);

/// Causes that browsers name once for the preflight and once for the response: one header is behind both.
/// These exist at the preflight only.
const PREFLIGHT_ONLY: [&str; 2] = ["PreflightInvalidStatus", "PreflightDisallowedRedirect"];

impl Cause {
    /// What this cause has in common with others that the same change mends: the rule without its stage
    /// and, unless the header is absent altogether, its parameter.
    #[must_use]
    pub fn root(&self) -> Root {
        let rule = if PREFLIGHT_ONLY.contains(&self.cause.as_str()) {
            &self.cause
        } else {
            self.cause.strip_prefix("Preflight").unwrap_or(&self.cause)
        };
        let header = self.header_name();
        let absent = !header.is_empty()
            && !self
                .offending
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(header));
        if absent {
            return Root(format!("{rule} without {header}"));
        }
        Root(format!("{rule} {}", self.parameter))
    }

    /// The same without anything that tells of the request that was replayed.
    #[must_use]
    pub fn without_request(&self) -> Self {
        Self {
            app: String::new(),
            explanation: String::new(),
            header: self.header_name().to_owned(),
            fix: String::new(),
            replayed: String::new(),
            offending: Vec::new(),
            ..self.clone()
        }
    }

    /// Name of the header that the change sets, or empty.
    #[must_use]
    pub fn header_name(&self) -> &str {
        self.header.split(':').next().unwrap_or_default().trim()
    }

    /// The longest time that browsers keep the preflight answer, as the target said, in seconds.
    #[must_use]
    pub fn max_age(&self) -> Option<u64> {
        let ages = self
            .offending
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("access-control-max-age"));
        ages.filter_map(|(_, value)| value.trim().parse().ok())
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(cause: &str, parameter: &str, header: &str, offending: &[(&str, &str)]) -> Cause {
        Cause {
            cause: cause.to_owned(),
            parameter: parameter.to_owned(),
            header: header.to_owned(),
            offending: offending
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Cause::default()
        }
    }

    #[test]
    fn one_header_that_is_missing_is_one_root_whatever_stage_and_parameter_it_shows_at() {
        let origin = "access-control-allow-origin: https://shop.test";
        let headers = "access-control-allow-headers: x-tenant";
        let listed = [("access-control-allow-headers", "x-trace")];
        let same = [
            (
                cause("MissingAllowOriginHeader", "", origin, &[]),
                cause("PreflightMissingAllowOriginHeader", "", origin, &[]),
            ),
            (
                cause(
                    "HeaderDisallowedByPreflightResponse",
                    "x-tenant",
                    headers,
                    &[],
                ),
                cause(
                    "HeaderDisallowedByPreflightResponse",
                    "x-user",
                    headers,
                    &[],
                ),
            ),
        ];
        for (one, other) in same {
            assert_eq!(one.root(), other.root(), "{one:?} {other:?}");
        }
        let different = [
            (
                cause(
                    "HeaderDisallowedByPreflightResponse",
                    "x-tenant",
                    headers,
                    &listed,
                ),
                cause(
                    "HeaderDisallowedByPreflightResponse",
                    "x-user",
                    headers,
                    &listed,
                ),
            ),
            (
                cause("PreflightInvalidStatus", "404", "", &[]),
                cause("InvalidStatus", "404", "", &[]),
            ),
            (
                cause("MissingAllowOriginHeader", "", origin, &[]),
                cause(
                    "AllowOriginMismatch",
                    "https://a.test",
                    origin,
                    &[("access-control-allow-origin", "https://a.test")],
                ),
            ),
        ];
        for (one, other) in different {
            assert_ne!(one.root(), other.root(), "{one:?} {other:?}");
        }
    }

    #[test]
    fn the_longest_time_that_preflights_are_kept_is_read_from_the_answer() {
        let kept = [
            ("Access-Control-Max-Age", "600"),
            ("access-control-max-age", "60"),
        ];
        assert_eq!(cause("x", "", "", &kept).max_age(), Some(600));
        assert_eq!(
            cause("x", "", "", &[("access-control-max-age", "soon")]).max_age(),
            None
        );
    }
}
