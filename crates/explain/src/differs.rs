//! Where Firefox and WebKit are known to decide differently from Chromium.

use cors::{CorsError, Exchange, Judgement, Ruling, Stage};

/// A browser engine other than Chromium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Browser {
    /// Gecko.
    Firefox,
    /// WebKit: Safari and everything on iOS.
    WebKit,
}

/// One known difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// Which browsers.
    pub browsers: &'static [Browser],
    /// What they do instead.
    pub note: &'static str,
}

/// Headers that Chromium alone sends without a preflight.
const CLIENT_HINTS: [&str; 5] = [
    "save-data",
    "device-memory",
    "dpr",
    "width",
    "viewport-width",
];

/// The differences that this exchange may meet.
pub(crate) fn notes(exchange: &Exchange, judgement: &Judgement) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut note = |browsers, note| found.push(Difference { browsers, note });
    let headers = exchange.request.headers();
    if headers
        .iter()
        .any(|(name, _)| CLIENT_HINTS.contains(&name.as_str()))
    {
        note(
            &[Browser::Firefox, Browser::WebKit],
            "the client hint header is not on their safelist: they send a preflight that asks for it",
        );
    }
    if judgement.stage == Some(Stage::Preflight)
        && judgement.error == Some(CorsError::PreflightMissingAllowOriginHeader)
    {
        note(
            &[Browser::WebKit],
            "looks at the preflight's status first and reports that where it is not 2xx",
        );
    }
    if judgement.ruling == Ruling::Allowed && judgement.scene.question.is_some() {
        note(
            &[Browser::Firefox, Browser::WebKit],
            "keep the preflight's answer for at most 24 hours (Firefox) and 10 minutes (WebKit); Chromium for 2 hours",
        );
    }
    found
}
