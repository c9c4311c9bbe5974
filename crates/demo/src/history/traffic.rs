//! What the users of the business do, minute by minute.

use fastrand::Rng;
use observation::{
    BeaconId, Browser, Confidence, Context, Envelope, Failure, Kind, Latency, Observation, Origin,
    Outcome, Page, SessionId, Source, Stage, Standing, UnixMillis, bucket_of_ms,
};

use super::Plan;
use super::incident::{Incident, IncidentKind, release};
use super::site::{APPS, App, BROWSERS, ENDPOINTS, Endpoint};

/// Most rows of one beacon.
const MAX_ROWS: u64 = 24;
/// A page that no list of origins has; it reads what any origin may.
const STRANGER: &str = "https://prices.example.net";
/// How many networks users come from.
const NETWORKS: u32 = 5_000;

/// Makes the traffic of one minute after the other.
pub(super) struct Traffic {
    rng: Rng,
    from: UnixMillis,
    incidents: Vec<Incident>,
    /// The endpoints of every app, with the sum of their weights.
    endpoints: Vec<(Vec<&'static Endpoint>, u64)>,
}

impl Traffic {
    pub(super) fn new(plan: &Plan) -> Self {
        let of = |app: &App| {
            let own: Vec<_> = ENDPOINTS
                .iter()
                .filter(|endpoint| endpoint.app == app.name)
                .collect();
            let sum = own.iter().map(|endpoint| endpoint.weight).sum();
            (own, sum)
        };
        Self {
            rng: Rng::with_seed(plan.seed),
            from: plan.from(),
            incidents: plan.incidents(),
            endpoints: APPS.iter().map(of).collect(),
        }
    }

    /// The beacons of the minute `at`, which hold `rows` observations.
    pub(super) fn minute(&mut self, at: UnixMillis, mut rows: u64) -> Vec<Envelope> {
        let mut beacons = Vec::new();
        while rows > 0 {
            let size = self.rng.u64(1..=MAX_ROWS).min(rows);
            rows -= size;
            beacons.push(self.beacon(at, size));
        }
        beacons
    }

    fn beacon(&mut self, minute: UnixMillis, rows: u64) -> Envelope {
        let (number, app) = self.app();
        let at = minute.plus(self.rng.i64(0..55_000));
        let mut origin = self.origin(app, at);
        let stranger = self.is_strange(app.name, at);
        if stranger && let Some(page) = &mut origin.page {
            STRANGER.clone_into(&mut page.origin);
        }
        let mut beacon = [0; 12];
        self.rng.fill(&mut beacon);
        let mut observations = Vec::new();
        for _ in 0..rows {
            let endpoint = self.endpoint(number);
            observations.push(self.observation(endpoint, &origin, at));
        }
        Envelope {
            beacon: BeaconId(beacon),
            received_at: at.plus(self.rng.i64(800..4_000)),
            origin,
            observations,
        }
    }

    fn app(&mut self) -> (usize, &'static App) {
        let mut left = self.rng.u64(0..APPS.iter().map(|app| app.weight).sum());
        for (number, app) in APPS.iter().enumerate() {
            if left < app.weight {
                return (number, app);
            }
            left -= app.weight;
        }
        (0, &APPS[0])
    }

    fn endpoint(&mut self, app: usize) -> &'static Endpoint {
        let (endpoints, sum) = &self.endpoints[app];
        let mut left = self.rng.u64(0..*sum);
        for &endpoint in endpoints {
            if left < endpoint.weight {
                return endpoint;
            }
            left -= endpoint.weight;
        }
        endpoints[0]
    }

    fn origin(&mut self, app: &App, at: UnixMillis) -> Origin {
        let mut left = self.rng.u64(0..100);
        let mut browser = BROWSERS[0];
        for &known in BROWSERS {
            browser = known;
            if left < known.2 {
                break;
            }
            left -= known.2;
        }
        // Most users have the latest version of their browser, and the latest release of the page.
        let behind = u16::from(self.rng.u8(0..10) == 0);
        let age = if self.rng.u8(0..12) == 0 {
            -6 * 3_600_000
        } else {
            0
        };
        let pages = app.page_origins;
        Origin {
            app: app.name.to_owned(),
            environment: "production".to_owned(),
            release: release(app.name, self.from, at.plus(age)),
            source: Source::Browser,
            page: Some(Page {
                origin: pages[self.rng.usize(..pages.len() * 2) % pages.len()].to_owned(),
                context: if self.rng.u8(0..20) == 0 {
                    Context::Worker
                } else {
                    Context::Page
                },
                session: SessionId(self.rng.u64(1..)),
                network: self.rng.u32(1..=NETWORKS),
                browser: Browser {
                    family: browser.0.to_owned(),
                    major: browser.1.saturating_sub(behind),
                },
                lab: self.rng.u16(0..500) == 0,
            }),
        }
    }

    fn is_strange(&mut self, app: &str, at: UnixMillis) -> bool {
        let open = self.incidents.iter().any(|incident| {
            incident.kind == IncidentKind::AnyOriginAdmitted
                && incident.app == app
                && incident.from <= at
                && at < incident.to
        });
        open && self.rng.u8(0..25) == 0
    }

    fn observation(&mut self, endpoint: &Endpoint, origin: &Origin, at: UnixMillis) -> Observation {
        let failing = self.incident(endpoint, origin, at);
        if !endpoint.reads.is_empty() && self.rng.u8(0..16) == 0 {
            return self.header_read(endpoint, at, failing);
        }
        let preflighted = endpoint.is_preflighted();
        let mut seen = Observation {
            page_origin: None,
            kind: Kind::Request,
            at,
            target_origin: endpoint.origin.to_owned(),
            endpoint: endpoint.path.to_owned(),
            service: endpoint.service.to_owned(),
            method: endpoint.method.to_owned(),
            credentialed: endpoint.credentialed,
            preflighted,
            parameter: endpoint.headers.to_owned(),
            status: 200,
            outcome: Outcome::Ok,
            failure: None,
            count: 1,
            standing: Standing::Undisputed,
            latency: Latency::default(),
            preflight_latency: Latency::default(),
        };
        match failing {
            Some((stage, evidence)) => fail(&mut seen, Outcome::Blocked, stage, evidence),
            None => self.usual_end(&mut seen),
        }
        if seen.outcome == Outcome::Ok {
            seen.count = self.rng.u32(1..=4);
        }
        let spread = 0.5 + self.rng.f64() * 1.4;
        let bucket = bucket_of_ms(endpoint.usual_ms * spread);
        seen.latency = Latency::from_pairs([(bucket, seen.count)]);
        // A third of the answers lets pages see how long their preflights took.
        if preflighted && seen.outcome == Outcome::Ok && self.rng.u8(0..3) == 0 {
            let bucket = bucket_of_ms(30.0 + 60.0 * spread * self.rng.f64() * 2.0);
            seen.preflight_latency = Latency::from_pairs([(bucket, 1)]);
        }
        seen
    }

    /// Where the request is blocked by an incident, and what browsers tell of it.
    fn incident(
        &mut self,
        endpoint: &Endpoint,
        origin: &Origin,
        at: UnixMillis,
    ) -> Option<(Stage, &'static str)> {
        let hit = self
            .incidents
            .iter()
            .find(|incident| incident.hits(endpoint, at))?;
        if hit.only_new_release && origin.release != release(hit.app, self.from, hit.from) {
            return None;
        }
        let (stage, share) = hit.kind.effect()?;
        // The same users meet the broken part of the edge, or keep the old answer.
        let of_a_hundred = f64::from(origin.network() % 100) / 100.0;
        if of_a_hundred >= share {
            return None;
        }
        Some(match stage {
            Stage::Preflight => (stage, "A+B+P-"),
            _ => (stage, "A+B-"),
        })
    }

    fn header_read(
        &mut self,
        endpoint: &Endpoint,
        at: UnixMillis,
        failing: Option<(Stage, &'static str)>,
    ) -> Observation {
        let mut seen = Observation {
            page_origin: None,
            kind: Kind::HeaderRead,
            at,
            target_origin: endpoint.origin.to_owned(),
            endpoint: endpoint.path.to_owned(),
            service: endpoint.service.to_owned(),
            method: endpoint.method.to_owned(),
            credentialed: endpoint.credentialed,
            preflighted: endpoint.is_preflighted(),
            parameter: endpoint.reads.to_owned(),
            status: 200,
            outcome: Outcome::Ok,
            failure: None,
            count: 1,
            standing: Standing::Undisputed,
            latency: Latency::default(),
            preflight_latency: Latency::default(),
        };
        if failing.is_some() || self.rng.u16(0..4_000) == 0 {
            fail(&mut seen, Outcome::Blocked, Stage::Response, "");
            seen.status = 200;
        }
        seen
    }

    /// How requests end on a usual day.
    fn usual_end(&mut self, seen: &mut Observation) {
        match self.rng.u16(0..10_000) {
            0..=2 => fail(seen, Outcome::Blocked, Stage::Response, "A+B-"),
            3..=14 => fail(seen, Outcome::Network, Stage::Unknown, "A-E-R-"),
            15..=18 => fail(seen, Outcome::AdBlocked, Stage::Unknown, "A-E-R+q"),
            19..=20 => fail(seen, Outcome::Unknown, Stage::Unknown, "budget"),
            21..=28 => fail(seen, Outcome::Aborted, Stage::Unknown, "abort"),
            29..=90 => {
                seen.outcome = Outcome::HttpError;
                seen.status = *self
                    .rng
                    .choice(&[400, 401, 404, 429, 500, 503])
                    .unwrap_or(&500);
            }
            _ => {}
        }
    }
}

fn fail(seen: &mut Observation, outcome: Outcome, stage: Stage, evidence: &str) {
    seen.outcome = outcome;
    seen.status = 0;
    seen.failure = Some(Failure {
        stage,
        cause: String::new(),
        confidence: Confidence::Likely,
        evidence: evidence.to_owned(),
    });
}
