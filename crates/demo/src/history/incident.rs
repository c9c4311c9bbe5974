//! What went wrong, when, for whom; and the deploys around it.

use fastrand::Rng;
use observation::{Stage, UnixMillis};

use super::site::{APPS, ENDPOINTS, Endpoint};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// One incident for so many days, and never less than one of each kind.
const DAYS_PER_INCIDENT: u32 = 4;

/// How CORS fails, as the product's guide numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentKind {
    /// F1: the response carries no CORS headers.
    HeadersMissing,
    /// F2: OPTIONS is answered 404 or 500.
    OptionsRefused,
    /// F3: `*` with credentials.
    WildcardWithCredentials,
    /// F4: a part of the edge strips headers, also those that are exposed.
    StrippedAtEdge,
    /// F5: a header of a new release is not allowed.
    HeaderNotAllowed,
    /// F6: browsers keep the answer to an earlier preflight.
    StalePreflight,
    /// F7: any origin is allowed, and a strange one reads.
    AnyOriginAdmitted,
}

impl IncidentKind {
    const ALL: [Self; 7] = [
        Self::HeadersMissing,
        Self::OptionsRefused,
        Self::WildcardWithCredentials,
        Self::StrippedAtEdge,
        Self::HeaderNotAllowed,
        Self::StalePreflight,
        Self::AnyOriginAdmitted,
    ];

    /// The label of the guide: `F1`.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::HeadersMissing => "F1",
            Self::OptionsRefused => "F2",
            Self::WildcardWithCredentials => "F3",
            Self::StrippedAtEdge => "F4",
            Self::HeaderNotAllowed => "F5",
            Self::StalePreflight => "F6",
            Self::AnyOriginAdmitted => "F7",
        }
    }

    /// Where browsers say that they blocked, and what share of the requests concerned they block.
    pub(super) const fn effect(self) -> Option<(Stage, f64)> {
        match self {
            Self::HeadersMissing => Some((Stage::Response, 1.0)),
            Self::OptionsRefused => Some((Stage::Preflight, 1.0)),
            Self::WildcardWithCredentials => Some((Stage::Response, 1.0)),
            Self::StrippedAtEdge => Some((Stage::Response, 0.4)),
            Self::HeaderNotAllowed => Some((Stage::Preflight, 1.0)),
            Self::StalePreflight => Some((Stage::Preflight, 0.3)),
            Self::AnyOriginAdmitted => None,
        }
    }

    fn concerns(self, endpoint: &Endpoint) -> bool {
        match self {
            Self::HeadersMissing | Self::StrippedAtEdge | Self::AnyOriginAdmitted => true,
            Self::OptionsRefused | Self::StalePreflight => endpoint.is_preflighted(),
            Self::WildcardWithCredentials => endpoint.credentialed,
            Self::HeaderNotAllowed => !endpoint.headers.is_empty(),
        }
    }
}

/// One incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// How it failed.
    pub kind: IncidentKind,
    /// The app whose pages saw it.
    pub app: &'static str,
    /// The service that caused it.
    pub service: &'static str,
    /// From then on.
    pub from: UnixMillis,
    /// Until then.
    pub to: UnixMillis,
    /// Only pages of the release that was current at its start, or of all.
    pub only_new_release: bool,
}

/// A deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deploy {
    /// Identity.
    pub id: String,
    /// When.
    pub at: UnixMillis,
    /// The app.
    pub app: &'static str,
    /// The service, or empty for the pages themselves.
    pub service: &'static str,
    /// Whether it changes CORS configuration.
    pub touches_cors: bool,
    /// Identity of the deploy that it takes back.
    pub reverts: Option<String>,
    /// What it is.
    pub note: String,
}

impl Incident {
    /// Whether it concerns `endpoint` at `at`.
    pub(super) fn hits(&self, endpoint: &Endpoint, at: UnixMillis) -> bool {
        self.from <= at
            && at < self.to
            && endpoint.app == self.app
            && endpoint.service == self.service
            && self.kind.concerns(endpoint)
    }

    /// The deploys around it: the one that caused it, and the one that ended it.
    fn deploys(&self, number: usize, end: UnixMillis) -> Vec<Deploy> {
        let id = format!("{}-{number}", self.service);
        let cause = Deploy {
            id: id.clone(),
            at: self.from.plus(-2 * MINUTE),
            app: self.app,
            service: self.service,
            touches_cors: true,
            reverts: None,
            note: format!("{}: gateway policy", self.service),
        };
        let rollback = Deploy {
            id: format!("{id}-back"),
            at: self.to,
            reverts: Some(id),
            note: format!("{}: back to the policy before", self.service),
            ..cause.clone()
        };
        let mut deploys = vec![cause, rollback];
        deploys.retain(|deploy| deploy.at < end);
        deploys
    }
}

/// The incidents between `from` and `end`, in order of time. The last one goes on at the end.
pub(super) fn incidents(seed: u64, from: UnixMillis, end: UnixMillis) -> Vec<Incident> {
    let mut rng = Rng::with_seed(seed ^ 0x1c1d_e217);
    let days = u32::try_from((end.0 - from.0) / DAY).unwrap_or(1);
    let count = (days / DAYS_PER_INCIDENT).max(7);
    let slice = (end.0 - from.0) / i64::from(count);
    let mut found = Vec::new();
    for number in 0..count {
        let kind = IncidentKind::ALL[number as usize % IncidentKind::ALL.len()];
        let possible: Vec<_> = ENDPOINTS
            .iter()
            .filter(|endpoint| kind.concerns(endpoint))
            .collect();
        let endpoint = possible[rng.usize(..possible.len())];
        let longest = (slice / 2).clamp(2 * MINUTE, 6 * HOUR);
        let length = rng.i64(longest / 4..=longest);
        let start = from.plus(i64::from(number) * slice + rng.i64(0..=slice / 2 - 1));
        let last = number + 1 == count;
        let (start, to) = if last {
            (end.plus(-length.min(40 * MINUTE)).minute(), end)
        } else {
            (start.minute(), start.plus(length).minute())
        };
        found.push(Incident {
            // What goes on at the end is something that browsers see.
            kind: if last {
                IncidentKind::HeadersMissing
            } else {
                kind
            },
            app: endpoint.app,
            service: endpoint.service,
            from: start,
            to,
            only_new_release: kind == IncidentKind::HeaderNotAllowed,
        });
    }
    found
}

/// Releases of the pages, and the deploys around incidents, in order of time.
pub(super) fn deploys(from: UnixMillis, end: UnixMillis, incidents: &[Incident]) -> Vec<Deploy> {
    let mut deploys: Vec<Deploy> = Vec::new();
    for app in APPS {
        for number in 1.. {
            let at = from.plus(number * app.release_days * DAY);
            if at >= end {
                break;
            }
            deploys.push(Deploy {
                id: format!("{}-pages-{number}", app.name),
                at,
                app: app.name,
                service: "",
                touches_cors: false,
                reverts: None,
                note: format!("release {} of the pages", release(app.name, from, at)),
            });
        }
    }
    let around = incidents.iter().enumerate();
    deploys.extend(around.flat_map(|(number, incident)| incident.deploys(number, end)));
    deploys.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    deploys
}

/// The release of the pages of `app` at `at`.
pub(super) fn release(app: &str, from: UnixMillis, at: UnixMillis) -> String {
    let known = APPS.iter().find(|known| known.name == app);
    let days = known.map_or(7, |known| known.release_days);
    format!("2.{}.0", (at.0 - from.0).max(0) / (days * DAY))
}
