//! What the browser does with an exchange, and the request at the hop that decided it.

use crate::preflight::Question;
use crate::redirect::BadRedirect;
use crate::word::{CorsError, Ruling, Stage};

/// What the browser does with an exchange, and what decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Allowed, blocked or incomplete.
    pub ruling: Ruling,
    /// Where it was blocked; `None` where it was not, and where the request never left.
    pub stage: Option<Stage>,
    /// Chromium's name of the reason; `None` where a redirect fails for another reason than CORS.
    pub error: Option<CorsError>,
    /// The bytes Chromium reports beside the reason; empty where it reports none.
    pub parameter: Vec<u8>,
    /// The hop that decided.
    pub hop: usize,
    /// Whether hop 0 was preceded by a preflight.
    pub preflight_sent: bool,
    /// Whether a rule that some engine has of its own came into play on the way: where none did, all
    /// engines decide alike.
    pub engine_specific: bool,
    /// What the request was when it was decided.
    pub scene: Scene,
}

/// The request at the hop that decided, for whoever explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scene {
    /// What stood in the `Origin` header: the page's origin, or `null` once a redirect tainted it.
    pub origin: String,
    /// URL of the hop.
    pub url: String,
    /// URLs of the hops before it.
    pub before: Vec<String>,
    /// Method at the hop: redirects can turn it into GET.
    pub method: String,
    /// What the preflight asked, where one was needed at the hop.
    pub question: Option<Question>,
    /// Where a redirect led, or the text of a `Location` that leads nowhere.
    pub location: Option<String>,
    /// What is wrong with a redirect, beyond CORS.
    pub redirect: Option<BadRedirect>,
    /// Which answer is missing, where one is.
    pub missing: Option<Stage>,
    /// Whether the CORS protocol had a say.
    pub cross_origin: bool,
}

impl Judgement {
    /// What Chromium reports beside the reason, as the DevTools protocol shows it: `None` where it
    /// is empty or not UTF-8.
    #[must_use]
    pub fn parameter_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.parameter)
            .ok()
            .filter(|text| !text.is_empty())
    }
}
