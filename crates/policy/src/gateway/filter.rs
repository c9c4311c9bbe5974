//! The CORS filter.

use crate::ask::Ask;
use crate::grant::{Grant, Kind};
use crate::place::SourceLocation;
use crate::prediction::Line;

/// Names with their lines.
pub(crate) type List = Vec<(String, SourceLocation)>;

/// `HTTPCORSFilter`.
#[derive(Debug)]
pub(crate) struct Cors {
    pub(crate) origins: List,
    pub(crate) methods: List,
    pub(crate) headers: List,
    pub(crate) expose: List,
    pub(crate) credentials: Option<SourceLocation>,
    pub(crate) max_age: (String, SourceLocation),
}

/// An origin against an entry of `allowOrigins`: a `*` in the host stands for any text.
pub(crate) fn admits(pattern: &str, origin: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some((scheme, host, port)) = parts(pattern) else {
        return false;
    };
    let Some((own_scheme, own_host, own_port)) = parts(origin) else {
        return false;
    };
    if !scheme.eq_ignore_ascii_case(own_scheme) || port != own_port {
        return false;
    }
    let (host, own_host) = (host.to_ascii_lowercase(), own_host.to_ascii_lowercase());
    match host.split_once('*') {
        None => host == own_host,
        Some((before, after)) => {
            own_host.len() >= before.len() + after.len()
                && own_host.starts_with(before)
                && own_host.ends_with(after)
        }
    }
}

fn parts(origin: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = origin.split_once("://")?;
    let default = if scheme.eq_ignore_ascii_case("https") {
        "443"
    } else {
        "80"
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (rest, default),
    };
    Some((scheme, host, port))
}

impl Cors {
    /// The headers for a request; none for an origin that is not allowed.
    pub(crate) fn lines(&self, ask: &Ask<'_>) -> Vec<Line> {
        let origin = ask.origin();
        let Some((pattern, place)) = self
            .origins
            .iter()
            .find(|(pattern, _)| admits(pattern, origin))
        else {
            return Vec::new();
        };
        if origin.is_empty() && pattern != "*" {
            return Vec::new();
        }
        let line = |name: &str, value: &str, place: &SourceLocation| Line {
            name: format!("Access-Control-{name}"),
            value: value.to_owned(),
            place: Some(place.clone()),
        };
        let is_open = pattern == "*" && self.credentials.is_none();
        let mut lines = vec![line(
            "Allow-Origin",
            if is_open { "*" } else { origin },
            place,
        )];
        // The texts say nothing of it; caches need it.
        lines.push(Line {
            name: "Vary".to_owned(),
            value: "Origin".to_owned(),
            place: None,
        });
        if let Some(place) = &self.credentials {
            lines.push(line("Allow-Credentials", "true", place));
        }
        if !ask.is_preflight() {
            if let Some((names, place)) = joined(&self.expose) {
                lines.push(line("Expose-Headers", &names, place));
            }
            return lines;
        }
        // With credentials a `*` is answered with what was asked for.
        let lists = [
            (
                "Allow-Methods",
                &self.methods,
                "access-control-request-method",
            ),
            (
                "Allow-Headers",
                &self.headers,
                "access-control-request-headers",
            ),
        ];
        for (name, list, asked) in lists {
            let Some((names, place)) = joined(list) else {
                continue;
            };
            let value = if self.credentials.is_some() && list.iter().any(|(name, _)| name == "*") {
                ask.header(asked).unwrap_or_default().to_owned()
            } else {
                names
            };
            if !value.is_empty() {
                lines.push(line(name, &value, place));
            }
        }
        lines.push(line("Max-Age", &self.max_age.0, &self.max_age.1));
        lines
    }

    pub(crate) fn grants(&self) -> Vec<Grant> {
        let lists = [
            (Kind::Origin, &self.origins),
            (Kind::Method, &self.methods),
            (Kind::Header, &self.headers),
            (Kind::Exposed, &self.expose),
        ];
        let mut grants = Vec::new();
        for (kind, list) in lists {
            grants.extend(list.iter().map(|(value, place)| Grant {
                kind,
                value: value.clone(),
                place: place.clone(),
            }));
        }
        grants
    }
}

fn joined(list: &List) -> Option<(String, &SourceLocation)> {
    let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
    list.first().map(|(_, place)| (names.join(", "), place))
}

#[cfg(test)]
mod tests {
    use super::admits;

    #[test]
    fn a_star_in_a_host_stands_for_any_text() {
        let cases = [
            ("*", "https://a.test", true),
            ("https://a.test", "https://a.test", true),
            ("https://a.test:443", "https://a.test", true),
            ("https://a.test", "http://a.test", false),
            ("https://*.test", "https://a.b.test", true),
            ("https://*.test", "https://test", false),
            ("https://*", "https://a.b.test", true),
            ("https://*", "https://a.test:8443", false),
            ("https://*.test", "null", false),
        ];
        for (pattern, origin, expected) in cases {
            assert_eq!(admits(pattern, origin), expected, "{pattern} {origin}");
        }
    }
}
