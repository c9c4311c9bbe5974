//! What one accepted beacon says, and what one edge process counted.

use serde::{Deserialize, Serialize};

use crate::{BeaconId, Context, Observation, SessionId, Source, UnixMillis};

/// Everything one accepted beacon says, with what the edge resolved from configuration and clock.
/// From here on every stage is a pure function of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope<S = String> {
    /// Identity of the beacon.
    pub beacon: BeaconId,
    /// When the edge took it in.
    pub received_at: UnixMillis,
    /// Who reported it, from where.
    pub origin: Origin<S>,
    /// What was seen. Never empty.
    pub observations: Vec<Observation<S>>,
}

/// What all observations of an envelope share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin<S = String> {
    /// Configured application that the key belongs to.
    pub app: S,
    /// Deployment environment as the sender states it; empty where it does not.
    pub environment: S,
    /// Release of the page; empty where it does not say.
    pub release: S,
    /// Who saw it.
    pub source: Source,
    /// The page that reports; none where a server does, whose observations name their pages one by one.
    pub page: Option<Page<S>>,
}

/// A page that reports what it saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<S = String> {
    /// Its origin.
    pub origin: S,
    /// Where the script ran.
    pub context: Context,
    /// The page load.
    pub session: SessionId,
    /// Salted daily hash of the client's /24 or /48 network; 0 where unknown.
    pub network: u32,
    /// The browser.
    pub browser: Browser<S>,
    /// Whether the traffic is of a headless or automated browser and the app does not count such.
    pub lab: bool,
}

impl Origin {
    /// Origin of the page that made the requests of `observation`; empty where no one knows it.
    #[must_use]
    pub fn page_origin<'a>(&'a self, observation: &'a Observation) -> &'a str {
        let named = observation.page_origin.as_deref();
        named
            .or_else(|| self.page.as_ref().map(|page| &*page.origin))
            .unwrap_or_default()
    }

    /// The page load; 0 where no page reports.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.page
            .as_ref()
            .map_or_else(SessionId::default, |page| page.session)
    }

    /// Hash of the client's network; 0 where unknown.
    #[must_use]
    pub fn network(&self) -> u32 {
        self.page.as_ref().map_or(0, |page| page.network)
    }

    /// Family of the browser; empty where no page reports.
    #[must_use]
    pub fn browser_family(&self) -> &str {
        self.page.as_ref().map_or("", |page| &page.browser.family)
    }

    /// Major version of the browser; 0 where unknown.
    #[must_use]
    pub fn browser_major(&self) -> u16 {
        self.page.as_ref().map_or(0, |page| page.browser.major)
    }

    /// Where the script ran.
    #[must_use]
    pub fn context(&self) -> Context {
        self.page
            .as_ref()
            .map_or(Context::Unknown, |page| page.context)
    }

    /// Whether it is traffic that the app does not count.
    #[must_use]
    pub fn lab(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.lab)
    }
}

/// Browser family and major version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser<S = String> {
    /// `chrome`, `edge`, `firefox`, `safari`, `other`, ...
    pub family: S,
    /// Major version, 0 where unknown.
    pub major: u16,
}

/// What one edge process has counted since it started; later reports of a process replace earlier
/// ones. The ledger sums the last report of every process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeReport {
    /// Random identity of the process.
    pub process: [u8; 12],
    /// When the report was made.
    pub at: UnixMillis,
    /// Beacons that arrived.
    pub received: u64,
    /// Beacons that the journal made durable.
    pub appended: u64,
    /// Beacons sent away for load, to be sent again.
    pub shed: u64,
    /// Of the appended, those that wait in this process's spool to reach the log.
    pub spooled: u64,
    /// Beacons refused for good, by reason.
    pub refused: Vec<(String, u64)>,
    /// Of the shed, how many for which reason. Last on purpose: earlier builds skip what follows what they
    /// know of a report, and what they wrote ends before it.
    pub shed_by: Vec<(String, u64)>,
}
