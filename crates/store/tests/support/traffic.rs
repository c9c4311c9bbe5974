//! Beacons of a shop: forty endpoints behind five services, sessions of several beacons, latencies
//! log-normal, one failure in forty.

use std::collections::VecDeque;

use observation::{
    BeaconId, Browser, Confidence, Context, Envelope, Failure, Kind, Latency, Observation, Origin,
    Outcome, Page, Position, SessionId, Source, Stage, Standing, UnixMillis, bucket_of_ms,
};

use super::random::Random;

pub(crate) const APP: &str = "shop";
const PAGES: [&str; 3] = [
    "https://shop.example.com",
    "https://m.shop.example.com",
    "https://admin.shop.example.com",
];
const SERVICES: [&str; 5] = ["catalog", "cart", "checkout", "identity", "recommendations"];
const BROWSERS: [(&str, u16); 8] = [
    ("chrome", 156),
    ("safari", 20),
    ("chrome", 155),
    ("edge", 156),
    ("firefox", 150),
    ("safari", 19),
    ("chrome", 149),
    ("other", 0),
];
const HEADERS: [&str; 4] = ["x-tenant", "authorization", "x-request-id,x-tenant", ""];

/// A beacon as the log hands it out.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) position: Position,
    pub(crate) append_time: UnixMillis,
    pub(crate) envelope: Envelope,
}

#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    random: Random,
    offsets: Vec<u64>,
    now_ms: f64,
    step_ms: f64,
    rows: u64,
    sessions: VecDeque<(Origin, u32)>,
}

impl Traffic {
    /// Beacons from `start` on, `per_second` of them, over so many partitions.
    pub(crate) fn new(seed: u64, start: UnixMillis, per_second: f64, partitions: usize) -> Self {
        Self {
            random: Random(seed),
            offsets: vec![0; partitions],
            now_ms: start.0 as f64,
            step_ms: 1000.0 / per_second,
            rows: 10,
            sessions: VecDeque::new(),
        }
    }

    pub(crate) fn rows_per_beacon(mut self, rows: u64) -> Self {
        self.rows = rows;
        self
    }

    pub(crate) fn record(&mut self) -> Record {
        self.now_ms += self.step_ms;
        let append_time = UnixMillis(self.now_ms as i64);
        let received_at = append_time.plus(-(self.random.below(4) as i64));
        let mut id = [0; 12];
        id[..8].copy_from_slice(&self.random.next().to_be_bytes());
        id[8..].copy_from_slice(&self.random.next().to_be_bytes()[..4]);
        let beacon = BeaconId(id);
        let partition = beacon.partition(self.offsets.len() as u32);
        let offset = &mut self.offsets[partition as usize];
        let position = Position {
            epoch: 1,
            partition,
            offset: *offset,
        };
        *offset += 1;
        let origin = self.session();
        let observations = (0..self.rows)
            .map(|_| observation(&mut self.random, received_at))
            .collect();
        Record {
            position,
            append_time,
            envelope: Envelope {
                beacon,
                received_at,
                origin,
                observations,
            },
        }
    }

    /// A session goes on for four beacons or so; a thousand are in progress.
    fn session(&mut self) -> Origin {
        let random = &mut self.random;
        if self.sessions.len() < 1000 {
            let length = 1 + random.below(7) as u32;
            self.sessions.push_back((origin(random), length));
        }
        let (origin, left) = self.sessions.pop_front().expect("filled above");
        if left > 1 {
            self.sessions.push_back((origin.clone(), left - 1));
        }
        origin
    }
}

fn origin(random: &mut Random) -> Origin {
    let (family, major) = BROWSERS[random.skewed(BROWSERS.len())];
    Origin {
        app: APP.to_owned(),
        environment: "production".to_owned(),
        release: format!("2026.11.{}", 22 - random.skewed(3)),
        source: Source::Browser,
        page: Some(Page {
            origin: PAGES[random.skewed(PAGES.len())].to_owned(),
            context: if random.chance(0.97) {
                Context::Page
            } else {
                Context::Worker
            },
            session: SessionId(random.next() >> 16),
            network: random.below(50_000) as u32,
            browser: Browser {
                family: family.to_owned(),
                major,
            },
            lab: random.chance(0.005),
        }),
    }
}

fn observation(random: &mut Random, received_at: UnixMillis) -> Observation {
    let endpoint = random.skewed(40);
    let service = SERVICES[endpoint % SERVICES.len()];
    let outcome = outcome(random);
    let readable = matches!(outcome, Outcome::Ok | Outcome::HttpError);
    let count = if readable {
        1 + random.skewed(6) as u32
    } else {
        1
    };
    let preflighted = endpoint.is_multiple_of(3);
    let median = 40.0 + 25.0 * (endpoint % 7) as f64;
    let mut latency = Latency::default();
    let mut preflight_latency = Latency::default();
    for _ in 0..count {
        latency.add(bucket_of_ms(random.log_normal(median, 0.5)), 1);
        if preflighted && random.chance(0.2) {
            preflight_latency.add(bucket_of_ms(random.log_normal(30.0, 0.4)), 1);
        }
    }
    Observation {
        kind: if random.chance(0.01) {
            Kind::HeaderRead
        } else {
            Kind::Request
        },
        at: received_at.plus(-(random.below(15_000) as i64)),
        page_origin: None,
        target_origin: format!("https://{service}.api.example.com"),
        endpoint: format!("/v1/{service}/resource-{endpoint}/:id"),
        service: service.to_owned(),
        method: if preflighted { "POST" } else { "GET" }.to_owned(),
        credentialed: service != "catalog",
        preflighted,
        parameter: if preflighted {
            HEADERS[endpoint % HEADERS.len()].to_owned()
        } else {
            String::new()
        },
        status: status(random, outcome),
        outcome,
        failure: failure(random, outcome),
        count,
        standing: Standing::Undisputed,
        latency,
        preflight_latency,
    }
}

fn outcome(random: &mut Random) -> Outcome {
    match random.below(1000) {
        0..5 => Outcome::Blocked,
        5..9 => Outcome::Network,
        9..11 => Outcome::Unknown,
        11..16 => Outcome::Aborted,
        16..18 => Outcome::Unloaded,
        18..19 => Outcome::AdBlocked,
        19..25 => Outcome::HttpError,
        _ => Outcome::Ok,
    }
}

fn status(random: &mut Random, outcome: Outcome) -> u16 {
    match outcome {
        Outcome::Ok => [200, 201, 204, 304][random.skewed(4)],
        Outcome::HttpError => [404, 401, 500, 403, 503][random.skewed(5)],
        _ => 0,
    }
}

fn failure(random: &mut Random, outcome: Outcome) -> Option<Failure> {
    (!matches!(outcome, Outcome::Ok | Outcome::HttpError)).then(|| Failure {
        stage: Stage::ALL[random.skewed(Stage::ALL.len())],
        cause: String::new(),
        confidence: Confidence::ALL[random.skewed(2)],
        evidence: "A+P".to_owned(),
    })
}
