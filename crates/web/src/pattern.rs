//! Origins and patterns of origins, as lists of allowed origins hold them.

use std::fmt;

use crate::origin::{NotAnOrigin, Origin, Schemes};

/// An origin, or with `https://*.example.com` every origin one label or more below a host.
///
/// There is one set of rules, whoever reads the list:
/// * The `*` stands for the first labels of the host and for nothing else: no browser sends one, and
///   in any other place (`https://example*`, `https://*example.com`) it admits names that strangers
///   register.
/// * What stands right of it must belong to one owner. `https://*.com` does not, and neither does
///   `https://*.co.uk` or `https://*.github.io`: everybody can get a name below a public suffix
///   (<https://publicsuffix.org>). Chromium refuses the same in a list of pages that may talk to an
///   extension, private suffixes and unlisted top-level domains included
///   (`externally_connectable.cc`, `MatchesEffectiveTld`), and browsers set no cookie for such a
///   name. Names that no one can register at all are exempt ([RFC 6761], [RFC 6762], [RFC 8375],
///   and `internal`, which ICANN keeps for private use).
/// * All else is an origin as browsers serialise it, because lists are compared with what they send.
///
/// [RFC 6761]: https://www.rfc-editor.org/rfc/rfc6761
/// [RFC 6762]: https://www.rfc-editor.org/rfc/rfc6762
/// [RFC 8375]: https://www.rfc-editor.org/rfc/rfc8375
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OriginPattern(Kind);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    One(String),
    Below {
        /// `https://`
        scheme: String,
        /// `.example.com` or `.example.com:8443`
        suffix: String,
    },
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPattern {
    /// A `*` where none may stand.
    #[error(
        "the wildcard stands for the first labels of a host only, as in \"https://*.example.com\""
    )]
    Wildcard,
    /// A wildcard below a name that has no single owner.
    #[error(
        "a wildcard right below {0} admits everybody: anyone can get a name there. Name a host \
         below it, as in \"https://*.example.{0}\""
    )]
    PublicSuffix(String),
    /// Not an origin.
    #[error("the origin {}{}", .0, example(*.0))]
    Origin(#[from] NotAnOrigin),
    /// The address of a page, where its origin is asked for.
    #[error("an origin has no path: write `{0}`")]
    Path(String),
    /// An origin, in another form than the one that is compared.
    #[error("the origin {problem}: write `{instead}`")]
    Form {
        /// What differs.
        problem: NotAnOrigin,
        /// What browsers send.
        instead: String,
    },
}

/// One to compare with, where what was written says too little to be mended.
const fn example(problem: NotAnOrigin) -> &'static str {
    match problem {
        NotAnOrigin::Form => ", such as https://shop.example",
        _ => "",
    }
}

/// Names below which no one can register one: they lead nowhere, or to this machine or network.
const RESERVED: [&str; 7] = [
    "example",
    "home.arpa",
    "internal",
    "invalid",
    "local",
    "localhost",
    "test",
];

/// Stands for the wildcard where the rest is checked.
const LABEL: &str = "any";

impl OriginPattern {
    /// Reads `https://api.example` or, for everything below, `https://*.example.com`.
    ///
    /// # Errors
    /// What is wrong and, where it can be told, what to write instead.
    pub fn read(text: &str, schemes: Schemes) -> Result<Self, NotAPattern> {
        let Some((scheme, suffix)) = text.split_once('*') else {
            check(text, schemes)?;
            return Ok(Self(Kind::One(text.to_owned())));
        };
        if scheme.is_empty() {
            let instead = format!("https://{text}");
            Self::read(&instead, schemes)?;
            let problem = NotAnOrigin::Form;
            return Err(NotAPattern::Form { problem, instead });
        }
        if !scheme.ends_with("://") || !suffix.starts_with('.') || suffix.contains('*') {
            return Err(NotAPattern::Wildcard);
        }
        // With a label in its place the whole is an origin that can be checked as one.
        let with_wildcard = |instead: String| instead.replacen(&format!("{LABEL}."), "*.", 1);
        check(&format!("{scheme}{LABEL}{suffix}"), schemes).map_err(|error| match error {
            NotAPattern::Form { problem, instead } => NotAPattern::Form {
                problem,
                instead: with_wildcard(instead),
            },
            NotAPattern::Path(instead) => NotAPattern::Path(with_wildcard(instead)),
            error => error,
        })?;
        let host = suffix[1..].split(':').next().unwrap_or_default();
        if let Some(public) = of_nobody(host) {
            return Err(NotAPattern::PublicSuffix(public.to_owned()));
        }
        Ok(Self(Kind::Below {
            scheme: scheme.to_owned(),
            suffix: suffix.to_owned(),
        }))
    }

    /// Whether the pattern admits `origin`, which is an origin as browsers write it.
    #[must_use]
    pub fn admits(&self, origin: &str) -> bool {
        match &self.0 {
            Kind::One(one) => one == origin,
            Kind::Below { scheme, suffix } => origin
                .strip_prefix(scheme.as_str())
                .and_then(|rest| rest.strip_suffix(suffix.as_str()))
                .is_some_and(|labels| {
                    !labels.is_empty() && !labels.contains(['/', ':', '@', '?', '#', '\\'])
                }),
        }
    }

    /// The origin, where the pattern admits just one.
    #[must_use]
    pub fn exact(&self) -> Option<&str> {
        match &self.0 {
            Kind::One(one) => Some(one),
            Kind::Below { .. } => None,
        }
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::One(one) => f.write_str(one),
            Kind::Below { scheme, suffix } => write!(f, "{scheme}*{suffix}"),
        }
    }
}

/// A name below which strangers are neighbours (<https://publicsuffix.org>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicSuffix<'a> {
    /// `co.uk`, `github.io`.
    pub name: &'a str,
    /// Names below it are given out by a company to its customers rather than by a registry.
    pub is_private: bool,
}

impl<'a> PublicSuffix<'a> {
    /// The suffix above `host`: `co.uk` of `shop.co.uk`; none where the list knows none. A suffix has
    /// none above itself.
    #[must_use]
    pub fn above(host: &'a str) -> Option<Self> {
        let suffix = psl::suffix(host.as_bytes()).filter(psl::Suffix::is_known)?;
        let start = host.len() - suffix.as_bytes().len();
        (start > 0).then(|| Self {
            name: &host[start..],
            is_private: suffix.typ() == Some(psl::Type::Private),
        })
    }
}

fn check(text: &str, schemes: Schemes) -> Result<(), NotAPattern> {
    let Err(problem) = Origin::check(text, schemes) else {
        return Ok(());
    };
    let has_path = text
        .split_once("://")
        .is_some_and(|(_, rest)| rest.contains('/'));
    Err(match meant(text, schemes) {
        Some(instead) if has_path => NotAPattern::Path(instead),
        Some(instead) => NotAPattern::Form { problem, instead },
        None => problem.into(),
    })
}

/// What is wrong with an origin that someone wrote, and what to write instead where that is clear:
/// people paste the address of a page. None where nothing is.
#[must_use]
pub fn mistake(text: &str, schemes: Schemes) -> Option<String> {
    check(text, schemes).err().map(|error| error.to_string())
}

/// The origin of the URL that `text` is, or would be with a scheme.
fn meant(text: &str, schemes: Schemes) -> Option<String> {
    let text = text.trim();
    // A port alone is one of this machine.
    let is_port = text.parse::<u16>().is_ok_and(|port| port > 0);
    let whole = if is_port {
        format!("http://localhost:{text}")
    } else if text.contains("://") {
        text.to_owned()
    } else {
        let host = text.split([':', '/']).next().unwrap_or_default();
        let is_here = host == "localhost" || host.starts_with("127.") || text.starts_with("[::1]");
        if !is_here && !host.contains('.') {
            return None;
        }
        format!("{}://{text}", if is_here { "http" } else { "https" })
    };
    let url = url::Url::parse(&whole).ok()?;
    let page = Origin::of(&url);
    let origin = match page {
        Origin::Tuple(_) => Some(page),
        // Of a scheme of its own: without the path.
        Origin::Opaque => {
            let host = url.host_str()?;
            let port = url.port().map(|port| format!(":{port}"));
            Origin::parse(&format!(
                "{}://{host}{}",
                url.scheme(),
                port.unwrap_or_default()
            ))
        }
    };
    let Some(Origin::Tuple(instead)) = origin else {
        return None;
    };
    Origin::check(&instead, schemes).is_ok().then_some(instead)
}

/// The name that has no single owner and that the names below `host` are directly below.
fn of_nobody(host: &str) -> Option<&str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_reserved = |name: &str| {
        host.strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if RESERVED.iter().any(|name| is_reserved(name)) {
        return None;
    }
    // The list may say so of a name (`co.uk`) or of all names below it (`*.ck`).
    let is_suffix = |name: &str| psl::domain(name.as_bytes()).is_none();
    (is_suffix(host) || is_suffix(&format!("{LABEL}.{host}"))).then_some(host)
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
