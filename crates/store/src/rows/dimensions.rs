//! What rollups are grouped by, beside app and minute.

use observation::{Confidence, Context, Kind, Observation, Origin, Outcome, Source, Stage};

/// The dimensions of a rollup row. `S` is how texts are held: [`Dimensions::of`] owns them,
/// [`Dimensions::borrowed`] makes a key for a look-up without copying; both hash alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dimensions<S = String> {
    /// Deployment environment.
    pub environment: S,
    /// Release of the page.
    pub release: S,
    /// Who saw it.
    pub source: Source,
    /// What is counted.
    pub kind: Kind,
    /// Origin of the page.
    pub page_origin: S,
    /// Origin of the server.
    pub target_origin: S,
    /// Path template.
    pub endpoint: S,
    /// Configured service, or empty.
    pub service: S,
    /// Request method.
    pub method: S,
    /// Whether credentials could be sent.
    pub credentialed: bool,
    /// Whether a preflight was needed.
    pub preflighted: bool,
    /// HTTP status, or 0.
    pub status: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Where in the protocol it failed; none where it did not.
    pub stage: Option<Stage>,
    /// Chromium's `CorsError` name, or empty.
    pub cause: S,
    /// Header names, or empty.
    pub parameter: S,
    /// How sure the source is of a failure; none where there is none.
    pub confidence: Option<Confidence>,
    /// Browser family.
    pub browser_family: S,
    /// Browser major version, or 0.
    pub browser_major: u16,
    /// Where the script ran.
    pub context: Context,
    /// Whether it is laboratory traffic that the app does not count.
    pub lab: bool,
}

impl<'a> Dimensions<&'a str> {
    /// The dimensions of an observation, without copying.
    #[must_use]
    pub fn borrowed(origin: &'a Origin, observation: &'a Observation) -> Self {
        let failure = observation.failure.as_ref();
        Self {
            environment: &origin.environment,
            release: &origin.release,
            source: origin.source,
            kind: observation.kind,
            page_origin: &origin.page_origin,
            target_origin: &observation.target_origin,
            endpoint: &observation.endpoint,
            service: &observation.service,
            method: &observation.method,
            credentialed: observation.credentialed,
            preflighted: observation.preflighted,
            status: observation.status,
            outcome: observation.outcome,
            stage: failure.map(|failure| failure.stage),
            cause: failure.map_or("", |failure| &failure.cause),
            parameter: &observation.parameter,
            confidence: failure.map(|failure| failure.confidence),
            browser_family: &origin.browser.family,
            browser_major: origin.browser.major,
            context: origin.context,
            lab: origin.lab,
        }
    }
}

impl<S> Dimensions<S> {
    /// The same dimensions with every text turned by `text`.
    pub fn map<'a, T>(&'a self, mut text: impl FnMut(&'a S) -> T) -> Dimensions<T> {
        Dimensions {
            environment: text(&self.environment),
            release: text(&self.release),
            source: self.source,
            kind: self.kind,
            page_origin: text(&self.page_origin),
            target_origin: text(&self.target_origin),
            endpoint: text(&self.endpoint),
            service: text(&self.service),
            method: text(&self.method),
            credentialed: self.credentialed,
            preflighted: self.preflighted,
            status: self.status,
            outcome: self.outcome,
            stage: self.stage,
            cause: text(&self.cause),
            parameter: text(&self.parameter),
            confidence: self.confidence,
            browser_family: text(&self.browser_family),
            browser_major: self.browser_major,
            context: self.context,
            lab: self.lab,
        }
    }
}

impl Dimensions {
    /// The dimensions of an observation.
    #[must_use]
    pub fn of(origin: &Origin, observation: &Observation) -> Self {
        Dimensions::borrowed(origin, observation).map(|text| (*text).to_owned())
    }

    /// The same dimensions, borrowed: equal and of equal hash to [`Dimensions::borrowed`].
    #[must_use]
    pub fn as_ref(&self) -> Dimensions<&str> {
        self.map(String::as_str)
    }
}
