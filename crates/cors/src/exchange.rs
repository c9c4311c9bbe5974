//! One exchange: what a page asks, and what the servers along the redirect chain answer.

use std::borrow::Cow;

use url::Url;
use web::{HeaderName, Method, Origin};

use crate::header::{Headers, trim};
use crate::order;
use crate::preflight::Question;
use crate::safelist::{is_forbidden_header, survives_no_cors};
use crate::word::{Credentials, Mode};

/// Why something is not an exchange: `fetch` would throw before it asked anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAnExchange {
    /// The page's origin is not an origin.
    #[error("`{0}` is not an origin such as `https://app.example`")]
    PageOrigin(String),
    /// The URL is not a URL.
    #[error("`{0}` is not an absolute URL")]
    Url(String),
    /// `fetch` refuses a URL with `user:password@`.
    #[error("fetch refuses a URL that includes credentials")]
    UrlWithCredentials,
    /// Not a token.
    #[error("`{0}` is not a method")]
    Method(String),
    /// CONNECT, TRACE and TRACK.
    #[error("fetch refuses the method `{0}`")]
    ForbiddenMethod(String),
    /// `no-cors` takes GET, HEAD and POST only.
    #[error("fetch refuses the method `{0}` in mode no-cors")]
    MethodInNoCors(String),
    /// A header name that is not a token.
    #[error("`{0}` is not a header name")]
    HeaderName(String),
    /// A header value with a NUL, CR or LF.
    #[error("the value of `{0}` holds a NUL, CR or LF")]
    HeaderValue(String),
}

/// A request as a page hands it to `fetch`, before the browser has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestParts<'a> {
    /// Origin of the page, `null` for an opaque one.
    pub page_origin: &'a str,
    /// Absolute URL.
    pub url: &'a str,
    /// Method in the case the page wrote it.
    pub method: &'a str,
    /// Request mode.
    pub mode: Mode,
    /// Credentials mode.
    pub credentials: Credentials,
    /// Headers the page set.
    pub headers: Headers,
}

/// A request as the browser takes it: method normalised, forbidden headers dropped, lines of one
/// name combined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) page_origin: Origin,
    pub(crate) url: Url,
    pub(crate) method: String,
    pub(crate) mode: Mode,
    pub(crate) credentials: Credentials,
    /// Lower-case names, each once, in the order in which the browser goes through them.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// `User-Agent` as the page set it, which Chromium drops and other engines send.
    pub(crate) user_agent: Option<Vec<u8>>,
    /// Names of headers that the page set and Chromium leaves out, lower case, each once.
    pub(crate) dropped: Vec<String>,
    /// The use-CORS-preflight flag of the standard.
    pub(crate) always_preflighted: bool,
}

impl Request {
    /// Takes a request the way `new Request()` does.
    pub fn new(parts: RequestParts<'_>) -> Result<Self, NotAnExchange> {
        let page_origin = Origin::parse(parts.page_origin)
            .ok_or_else(|| NotAnExchange::PageOrigin(parts.page_origin.to_owned()))?;
        let url = Url::parse(parts.url).map_err(|_| NotAnExchange::Url(parts.url.to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAnExchange::UrlWithCredentials);
        }
        let method = method(parts.method, parts.mode)?;
        let (combined, dropped) = combine(&parts.headers, parts.mode)?;
        let headers = order::arrange(combined, &url);
        Ok(Self {
            page_origin,
            url,
            method,
            mode: parts.mode,
            credentials: parts.credentials,
            headers,
            user_agent: parts.headers.joined("user-agent").map(Cow::into_owned),
            dropped,
            always_preflighted: false,
        })
    }

    /// The request of a page that listens to the progress of its upload: XHR sends a preflight then,
    /// whatever the method and the headers (<https://fetch.spec.whatwg.org/#use-cors-preflight-flag>).
    #[must_use]
    pub fn always_preflighted(&self) -> Self {
        Self {
            always_preflighted: true,
            ..self.clone()
        }
    }

    /// Whether it sends a preflight that its method and headers do not need.
    #[must_use]
    pub const fn is_always_preflighted(&self) -> bool {
        self.always_preflighted
    }

    /// The request with another credentials mode.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self {
            credentials,
            ..self.clone()
        }
    }

    /// The request as it is where the page does not set this header. `name` is in lower case.
    #[must_use]
    pub fn without_header(&self, name: &str) -> Self {
        let mut request = self.clone();
        let mut headers = std::mem::take(&mut request.headers);
        headers.retain(|(other, _)| other != name);
        headers.sort();
        request.headers = order::arrange(headers, &self.url);
        request.dropped.retain(|other| other != name);
        if name == "user-agent" {
            request.user_agent = None;
        }
        request
    }

    /// Where the page came from.
    #[must_use]
    pub const fn page_origin(&self) -> &Origin {
        &self.page_origin
    }

    /// What it asks for.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Method as it goes over the wire.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Credentials mode.
    #[must_use]
    pub const fn credentials(&self) -> Credentials {
        self.credentials
    }

    /// Headers the page set: lower-case names, each once, in the order in which the browser goes
    /// through them.
    #[must_use]
    pub fn headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    /// Names of headers that the page set and the browser leaves out: those that no script may set,
    /// and in mode `no-cors` all that would need a preflight. Lower case.
    #[must_use]
    pub fn dropped_headers(&self) -> &[String] {
        &self.dropped
    }

    /// What its preflight asks, whether or not it needs one.
    #[must_use]
    pub fn question(&self) -> Question {
        self.ask().question()
    }

    /// Request mode.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }
}

fn method(written: &str, mode: Mode) -> Result<String, NotAnExchange> {
    let method = Method::read(written).map_err(|error| NotAnExchange::Method(error.0))?;
    if method.is_forbidden() {
        return Err(NotAnExchange::ForbiddenMethod(written.to_owned()));
    }
    if mode == Mode::NoCors && !method.is_safelisted() {
        return Err(NotAnExchange::MethodInNoCors(written.to_owned()));
    }
    Ok(method.into_text().into_owned())
}

/// Headers that are sent, and the names of those that are not.
type Combined = (Vec<(String, Vec<u8>)>, Vec<String>);

/// Combines the lines of one name with `, ` and drops what a script may not set.
fn combine(lines: &Headers, mode: Mode) -> Result<Combined, NotAnExchange> {
    let mut combined: Vec<(String, Vec<u8>)> = Vec::new();
    let mut dropped = Vec::new();
    for (name, value) in lines.iter() {
        let text = String::from_utf8_lossy(name);
        let name = HeaderName::read(&text)
            .map_err(|_| NotAnExchange::HeaderName(text.to_ascii_lowercase()))?
            .into_text()
            .into_owned();
        let value = trim(value);
        if value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Err(NotAnExchange::HeaderValue(name));
        }
        if is_forbidden_header(&name, value)
            || (mode == Mode::NoCors && !survives_no_cors(&name, value))
        {
            if !dropped.contains(&name) {
                dropped.push(name);
            }
            continue;
        }
        match combined.iter_mut().find(|(other, _)| *other == name) {
            Some((_, present)) => {
                present.extend_from_slice(b", ");
                present.extend_from_slice(value);
            }
            None => combined.push((name, value.to_vec())),
        }
    }
    combined.sort();
    Ok((combined, dropped))
}

/// What a server answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Header lines.
    pub headers: Headers,
}

impl Answer {
    /// The value of `Location` if the browser takes this answer as a redirect: one of five statuses
    /// and a value that is not empty.
    #[must_use]
    pub fn redirect(&self) -> Option<&[u8]> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        self.headers.all("location").find(|value| !value.is_empty())
    }
}

/// One URL of the redirect chain and what is answered there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hop {
    /// The URL, as the tool that recorded the exchange wrote it.
    pub url: String,
    /// Answer to the OPTIONS preflight, if one was seen.
    pub preflight: Option<Answer>,
    /// Answer to the request itself, if one was seen.
    pub response: Option<Answer>,
}

/// A request and the answers along its redirect chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What the page asks.
    pub request: Request,
    /// What is answered, in order.
    pub hops: Vec<Hop>,
}
