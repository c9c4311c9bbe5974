//! One entry of a HAR file, as any tool writes it: members may be missing, null, or of another type
//! (<http://www.softwareishard.com/blog/har-12-spec/>).

use std::borrow::Cow;

use cors::{Answer, Headers, Origin};
use serde::Deserialize;

use super::lenient::{Count, Line, Lines, Text};

/// A request and its answer.
#[derive(Debug, Deserialize)]
pub(super) struct Entry<'a> {
    #[serde(skip)]
    pub(super) index: usize,
    #[serde(skip)]
    pub(super) line: usize,
    #[serde(borrow)]
    pub(super) request: Asked<'a>,
    #[serde(borrow, default)]
    response: Option<Answered<'a>>,
    #[serde(borrow, default, rename = "startedDateTime")]
    started: Text<'a>,
    #[serde(borrow, default)]
    pub(super) pageref: Text<'a>,
    #[serde(borrow, default, rename = "serverIPAddress")]
    pub(super) server_address: Text<'a>,
    #[serde(borrow, default, rename = "_resourceType")]
    pub(super) resource_type: Text<'a>,
    #[serde(borrow, default, rename = "_fromCache")]
    from_cache: Text<'a>,
    #[serde(borrow, default, rename = "_fetchType")]
    fetch_type: Text<'a>,
    #[serde(borrow, default, rename = "_fetchedViaServiceWorker")]
    by_service_worker: Text<'a>,
    /// DevTools and Safari note failures with the answer, recorders built on the DevTools protocol
    /// also beside it.
    #[serde(borrow, default, rename = "_error")]
    error: Text<'a>,
    #[serde(borrow, default, rename = "_failureText")]
    failure_text: Text<'a>,
    #[serde(borrow, default, rename = "_failureReason")]
    failure_reason: Text<'a>,
    #[serde(borrow, default, rename = "_errorText")]
    error_text: Text<'a>,
    #[serde(borrow, default, rename = "_blockedReason")]
    blocked_reason: Text<'a>,
    #[serde(borrow, default, rename = "_corsError")]
    cors_error: Text<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Asked<'a> {
    #[serde(borrow)]
    pub(super) method: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) url: Cow<'a, str>,
    #[serde(borrow, default)]
    headers: Lines<'a>,
    #[serde(default)]
    cookies: Count,
}

#[derive(Debug, Deserialize)]
struct Answered<'a> {
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    headers: Lines<'a>,
    #[serde(borrow, default, rename = "redirectURL")]
    redirect_url: Text<'a>,
    /// `_failureText` is Playwright's, the others are those of recorders for Puppeteer.
    #[serde(borrow, default, rename = "_error")]
    error: Text<'a>,
    #[serde(borrow, default, rename = "_failureText")]
    failure_text: Text<'a>,
    #[serde(borrow, default, rename = "_failureReason")]
    failure_reason: Text<'a>,
    #[serde(borrow, default, rename = "_errorText")]
    error_text: Text<'a>,
    #[serde(borrow, default, rename = "_blockedReason")]
    blocked_reason: Text<'a>,
    #[serde(borrow, default, rename = "_corsError")]
    cors_error: Text<'a>,
}

impl Entry<'_> {
    /// The first value of a request header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.request_headers()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The request's headers without the pseudo-headers of HTTP/2, which Chromium's files have too.
    pub(super) fn request_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        lines(self.request.headers.get().unwrap_or_default())
    }

    pub(super) fn is_preflight(&self) -> bool {
        self.request.method == "OPTIONS" && self.header("access-control-request-method").is_some()
    }

    /// Whether cookies went along, as far as the tool wrote them down.
    pub(super) fn has_cookies(&self) -> bool {
        self.header("cookie").is_some_and(|value| !value.is_empty()) || self.request.cookies.0 > 0
    }

    /// The `Origin` header, where there is one that can be read.
    pub(super) fn origin(&self) -> Option<Origin> {
        Origin::parse(self.header("origin")?)
    }

    /// URL without its fragment, which is not sent.
    pub(super) fn bare_url(&self) -> &str {
        bare(&self.request.url)
    }

    /// When it started, in milliseconds.
    pub(super) fn started(&self) -> Option<i64> {
        let time: jiff::Timestamp = self.started.get()?.parse().ok()?;
        Some(time.as_millisecond())
    }

    /// The status of the answer; one below 200 (0, -1) stands for none.
    pub(super) fn status(&self) -> Option<u16> {
        let status = self.response.as_ref()?.status.get()?;
        let status: f64 = status.parse().ok()?;
        (200.0..=999.0).contains(&status).then_some(status as u16)
    }

    /// What was answered. Where the tool wrote down no headers at all, that is not known: an empty list says
    /// that there were none.
    pub(super) fn answer(&self) -> Option<Answer> {
        let response = self.response.as_ref()?;
        let status = self.status()?;
        let lines_of = response.headers.get()?;
        let mut headers: Headers = lines(lines_of)
            .flat_map(|(name, value)| {
                // Firefox joins the lines of one name with line feeds.
                value
                    .split('\n')
                    .map(move |line| (bytes(name), bytes(line)))
            })
            .collect();
        if let Some(location) = response.redirect_url.get()
            && (300..400).contains(&status)
            && headers.joined("location").is_none()
        {
            headers.push("location", bytes(location));
        }
        Some(Answer { status, headers })
    }

    /// What the tool says of a failure: `Some("")` is a failure without a reason, which Chromium
    /// writes where it sent nothing.
    pub(super) fn error(&self) -> Option<&str> {
        let beside = [
            &self.cors_error,
            &self.error,
            &self.failure_text,
            &self.failure_reason,
            &self.error_text,
            &self.blocked_reason,
        ];
        let inside = self.response.iter().flat_map(|response| {
            [
                &response.cors_error,
                &response.error,
                &response.failure_text,
                &response.failure_reason,
                &response.error_text,
                &response.blocked_reason,
            ]
        });
        let mut texts = beside
            .into_iter()
            .chain(inside)
            .filter_map(|text| text.0.as_deref());
        let first = texts.next()?;
        if first.is_empty() {
            return Some(texts.find(|text| !text.is_empty()).unwrap_or(first));
        }
        Some(first)
    }

    /// The browser's cache that the answer came from.
    pub(super) fn browser_cache(&self) -> Option<String> {
        // Chromium: `disk`, `memory`; WebKit: `Memory Cache`, `Disk Cache`, `Network Load`.
        let named = self.from_cache.get().map(|kind| match kind {
            "true" => "cache".to_owned(),
            kind => format!("{kind} cache"),
        });
        let kind = self.fetch_type.get().map(str::to_lowercase);
        named.or(kind.filter(|kind| kind.contains("cache")))
    }

    /// Whether the page's service worker answered. What it hands out goes past the CORS check
    /// (<https://fetch.spec.whatwg.org/#http-fetch>, step 4).
    pub(super) fn is_of_service_worker(&self) -> bool {
        let kind = self.fetch_type.get().unwrap_or_default();
        self.by_service_worker.get() == Some("true") || kind.eq_ignore_ascii_case("service worker")
    }
}

fn lines<'a>(list: &'a [Line<'_>]) -> impl Iterator<Item = (&'a str, &'a str)> {
    list.iter()
        .filter(|line| !line.name.starts_with(':') && !line.name.is_empty())
        .map(|line| (line.name.as_ref(), line.value.get().unwrap_or_default()))
}

/// Header texts are one character a byte where they can be, UTF-8 where a tool has decoded them.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    if text.is_ascii() {
        return text.as_bytes().to_vec();
    }
    let latin1: Result<Vec<u8>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    latin1.unwrap_or_else(|_| text.as_bytes().to_vec())
}

/// A URL without its fragment.
pub(super) fn bare(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}
