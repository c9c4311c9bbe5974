//! Origins, as the browser serialises them.

use url::Url;

/// An origin: `scheme://host[:port]` without a default port, or opaque.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Scheme, host and port, serialised.
    Tuple(String),
    /// Same origin with nothing; serialised as `null`.
    Opaque,
}

impl Origin {
    /// Reads an origin as a person or a tool writes it: any case, a default port, a trailing slash.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Opaque);
        }
        let url = Url::parse(text).ok()?;
        let bare =
            matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() {
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

    /// Whether a page of this origin shares it with `url`. An opaque origin shares with nothing.
    #[must_use]
    pub fn is_same(&self, url: &Url) -> bool {
        matches!(self, Self::Tuple(_)) && *self == Self::of(url)
    }
}

/// The origin of a page that an application serves under a scheme of its own, such as
/// `capacitor://localhost`: WebKit and WebView2 serialise it as scheme, host and port.
fn of_shell(url: &Url) -> Option<Origin> {
    if matches!(
        url.scheme(),
        "about" | "blob" | "data" | "file" | "javascript"
    ) {
        return None;
    }
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url.port().map(|port| format!(":{port}"));
    let port = port.unwrap_or_default();
    Some(Origin::Tuple(format!("{}://{host}{port}", url.scheme())))
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
