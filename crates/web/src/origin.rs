//! Origins, as browsers serialise them.

use std::borrow::Cow;
use std::fmt;

use url::{Position, Url};

use crate::host;

/// Which schemes an origin may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemes {
    /// `http` and `https`: what a request can go to.
    Web,
    /// Any: pages of mobile shells and of extensions have origins such as `capacitor://localhost`.
    Any,
}

/// Why a text is not an origin as browsers serialise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    /// Not even of that form.
    #[error("is not scheme://host[:port]")]
    Form,
    /// A scheme that cannot be requested, or none.
    #[error("has a scheme other than http and https")]
    Scheme,
    /// A scheme of which every origin is opaque.
    #[error("has a scheme whose pages have the origin \"null\"")]
    OpaqueScheme,
    /// `user:password@`.
    #[error("names a user before its host, which no origin does")]
    User,
    /// Anything behind the host and its port.
    #[error("has a host that is empty, not lower case, or not in ASCII form, or a path")]
    Host,
    /// An address in another notation: `127.1`, `0x7f000001`, `127.0.0.1.`, `[0::1]`.
    #[error(
        "has a host that browsers write as an address in its one form, such as 127.0.0.1 or [::1]"
    )]
    Address,
    /// Not a port.
    #[error("has a port that is not a number from 1 to 65535")]
    Port,
    /// `:443` of https, `:80` of http.
    #[error("names the default port, which browsers leave out")]
    DefaultPort,
}

/// An origin: `scheme://host[:port]` without a default port, or opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Scheme, host and port, serialised.
    Tuple(String),
    /// Same origin with nothing; serialised as `null`.
    Opaque,
}

impl Origin {
    /// Checks that `text` is an origin as browsers serialise it (HTML, "serialization of an origin"):
    /// `scheme://host[:port]`, lower case, the host in ASCII form, addresses in their one form, no
    /// default port, no path. `null` is not one: who takes it says so.
    ///
    /// # Errors
    /// What is wrong, worded to stand behind "the origin".
    pub fn check(text: &str, schemes: Schemes) -> Result<(), NotAnOrigin> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnOrigin::Form)?;
        let known = matches!(scheme, "http" | "https");
        if !known {
            check_scheme(scheme, schemes)?;
        }
        check_server(scheme, rest).map_err(|problem| match rest.contains('@') {
            true => NotAnOrigin::User,
            false => problem,
        })
    }

    /// Reads an origin as a person or a tool writes it: any case, a default port, a trailing slash.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Opaque);
        }
        if Self::check(text, Schemes::Web).is_ok() {
            return Some(Self::Tuple(text.to_owned()));
        }
        let url = Url::parse(text).ok()?;
        let bare =
            matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        match Self::of(&url) {
            Self::Opaque => of_shell(&url),
            tuple => Some(tuple),
        }
    }

    /// The origin of a URL.
    #[must_use]
    pub fn of(url: &Url) -> Self {
        match url.scheme() {
            "http" | "https" | "ws" | "wss" | "ftp" => {
                Self::Tuple(url.origin().ascii_serialization())
            }
            // Extension pages: a standard scheme in the browser, an unknown one to the standard.
            scheme if scheme.ends_with("-extension") => match url.host_str() {
                Some(host) => Self::Tuple(format!("{scheme}://{host}")),
                None => Self::Opaque,
            },
            _ => Self::Opaque,
        }
    }

    /// What stands in the `Origin` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tuple(text) => text,
            Self::Opaque => "null",
        }
    }

    /// Whether two URLs are of the same origin. Opaque origins count as one: nothing tells them apart.
    #[must_use]
    pub fn is_shared(one: &Url, other: &Url) -> bool {
        match (written(one), written(other)) {
            (Some(one), Some(other)) => one == other,
            _ => Self::of(one) == Self::of(other),
        }
    }

    /// Whether a page of this origin shares it with `url`. An opaque origin shares with nothing.
    #[must_use]
    pub fn is_same(&self, url: &Url) -> bool {
        let Self::Tuple(text) = self else {
            return false;
        };
        match written(url) {
            Some(origin) => origin == text,
            None => *self == Self::of(url),
        }
    }

    /// One text for every way to write the same server: `http://127.1`, `http://127.0.0.1.` and
    /// `http://127.0.0.1:80` are one, and so are `https://a.test` and `https://a.test.`, which
    /// browsers keep apart although both names lead to the same addresses (RFC 1034, section 3.1). A
    /// text that is not an origin stands for itself.
    #[must_use]
    pub fn server_of(text: &str) -> Cow<'_, str> {
        let Some(Self::Tuple(origin)) = Self::parse(text) else {
            return Cow::Borrowed(text);
        };
        let Some((scheme, rest)) = origin.split_once("://") else {
            return Cow::Owned(origin);
        };
        let (host, port) = split_port(rest);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Cow::Owned(format!("{scheme}://{}{port}", host::without_root(host)))
    }
}

/// The origin as it is written at the beginning of a URL, where it is.
fn written(url: &Url) -> Option<&str> {
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_written = matches!(url.scheme(), "http" | "https") && !has_user;
    is_written.then(|| &url[..Position::BeforePath])
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Schemes whose URLs have opaque origins in every browser: a page of theirs sends `Origin: null`.
const OPAQUE: [&str; 6] = ["about", "blob", "data", "file", "javascript", "mailto"];

/// The origin of a page of an application that serves its pages under a scheme of its own: WebKit
/// and WebView2 serialise it as scheme, host and port, in lower case (WebKit, `SecurityOriginData`).
fn of_shell(url: &Url) -> Option<Origin> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let text = format!("{}://{host}{port}", url.scheme()).to_ascii_lowercase();
    Origin::check(&text, Schemes::Any).ok()?;
    Some(Origin::Tuple(text))
}

fn check_scheme(scheme: &str, schemes: Schemes) -> Result<(), NotAnOrigin> {
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+.-".contains(&b));
    if schemes == Schemes::Web || !is_scheme {
        return Err(NotAnOrigin::Scheme);
    }
    if OPAQUE.contains(&scheme) {
        return Err(NotAnOrigin::OpaqueScheme);
    }
    Ok(())
}

/// Checks what stands behind `://`.
fn check_server(scheme: &str, rest: &str) -> Result<(), NotAnOrigin> {
    let (host, port) = split_port(rest);
    host::check(host, form(scheme))?;
    match port {
        None => Ok(()),
        Some(port) if !is_port(port) => Err(NotAnOrigin::Port),
        Some(port) if Some(port) == default_port(scheme) => Err(NotAnOrigin::DefaultPort),
        Some(_) => Ok(()),
    }
}

/// The schemes that the URL standard calls special, but for `file`.
fn form(scheme: &str) -> host::Form {
    match default_port(scheme) {
        Some(_) => host::Form::Domain,
        None => host::Form::Opaque,
    }
}

fn default_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        "http" | "ws" => Some("80"),
        "https" | "wss" => Some("443"),
        "ftp" => Some("21"),
        _ => None,
    }
}

fn split_port(rest: &str) -> (&str, Option<&str>) {
    let host_end = if rest.starts_with('[') {
        rest.find(']').map_or(rest.len(), |at| at + 1)
    } else {
        rest.find(':').unwrap_or(rest.len())
    };
    let (host, after) = rest.split_at(host_end);
    match after.strip_prefix(':') {
        Some(port) => (host, Some(port)),
        None if after.is_empty() => (host, None),
        None => ("", None),
    }
}

fn is_port(port: &str) -> bool {
    !port.starts_with('0')
        && port.bytes().all(|b| b.is_ascii_digit())
        && port.parse::<u16>().is_ok()
}

#[cfg(test)]
#[path = "origin_tests.rs"]
mod tests;
