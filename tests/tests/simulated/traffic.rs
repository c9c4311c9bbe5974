//! An hour of an application's traffic, by its seed.

use std::net::Ipv4Addr;

use corswatch_tests::Visit;
use corswatch_tests::chaos::random::Rng;
use serde_json::{Value, json};
use testkit::Beacon;

const MINUTE: i64 = 60_000;
/// Minutes of traffic; the edge takes what is at most an hour old.
const MINUTES: i64 = 58;
const ENDPOINTS: u64 = 6;
/// The network that lies.
const LIAR: [u8; 3] = [203, 0, 113];

/// What happens to an application within the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One request in about a thousand is blocked, for reasons of its own.
    Healthy,
    /// The same with few users.
    FewUsers,
    /// Nobody comes for half of the hour.
    Valley,
    /// One page load of one network, which nothing works in.
    OneBrokenClient,
    /// One network reports what is not so.
    Forged,
    /// An endpoint is blocked for everybody.
    Outage,
    /// The same, reported by pages that were offline until up to five minutes later.
    LateOutage,
    /// The same, after a time without any traffic.
    OutageAfterValley,
    /// One of eight servers behind a balancer forgets the header.
    OneServer,
    /// The few users of one page origin are blocked wholly.
    Partner,
    /// One network reports what is not so, while an endpoint is blocked for everybody.
    OutageAmongForged,
}

impl Shape {
    /// Every shape.
    pub(crate) const ALL: [Self; 11] = [
        Self::Healthy,
        Self::FewUsers,
        Self::Valley,
        Self::OneBrokenClient,
        Self::Forged,
        Self::Outage,
        Self::LateOutage,
        Self::OutageAfterValley,
        Self::OneServer,
        Self::Partner,
        Self::OutageAmongForged,
    ];

    /// Whether somebody has to be woken.
    pub(crate) const fn is_incident(self) -> bool {
        matches!(
            self,
            Self::Outage
                | Self::LateOutage
                | Self::OutageAfterValley
                | Self::OneServer
                | Self::Partner
                | Self::OutageAmongForged
        )
    }

    const fn lies(self) -> u64 {
        match self {
            Self::Forged | Self::OutageAmongForged => 1_000,
            _ => 0,
        }
    }
}

/// One application and its hour.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its name, and that of its key.
    pub(crate) app: String,
    /// What happens.
    pub(crate) shape: Shape,
    number: u64,
    rng: Rng,
    /// Minutes from the end at which it begins.
    onset: i64,
    networks: u64,
    sent: u64,
}

/// One page load.
struct Load {
    network: u64,
    at: i64,
    partner: bool,
}

impl Run {
    /// The run of this number.
    pub(crate) fn new(number: u64) -> Self {
        let mut rng = Rng::new(0x5eed + number);
        let shape = Shape::ALL[usize::try_from(number).expect("few") % Shape::ALL.len()];
        Self {
            app: format!("run-{number}"),
            shape,
            number,
            onset: 20 + i64::try_from(rng.below(15)).expect("few"),
            networks: 15 + rng.below(30),
            rng,
            sent: 0,
        }
    }

    /// The key of its pages.
    pub(crate) fn key(&self) -> String {
        format!("{}-key-1", self.app)
    }

    /// Origins of its pages: its own, and that of its partner.
    pub(crate) fn pages(&self) -> [String; 2] {
        ["app", "partner"].map(|kind| format!("https://{kind}-{}.test", self.number))
    }

    /// Every beacon of the hour: first what arrives while all is well, so that the edge sees the networks.
    pub(crate) fn visits(&mut self) -> Vec<Visit> {
        let loads = match self.shape {
            Shape::FewUsers => 40,
            _ => 8 * self.networks,
        };
        let mut visits: Vec<Visit> = (0..loads).map(|_| self.load()).collect();
        if self.shape == Shape::Partner {
            visits.extend((0..36).map(|n| self.partner(n)));
        }
        if self.shape == Shape::OneBrokenClient {
            visits.push(self.broken_client());
        }
        let lies = self.shape.lies();
        let lies: Vec<Visit> = (0..lies).map(|_| self.lie()).collect();
        mixed(visits, lies, &mut self.rng)
    }

    fn load(&mut self) -> Visit {
        // The square of a uniform number: some networks have more page loads than others.
        let uniform = self.rng.below(1_000);
        let network = uniform * uniform * self.networks / 1_000_000;
        let mut minute = i64::try_from(self.rng.below(MINUTES as u64)).expect("an hour");
        let is_valley = |minute| match self.shape {
            Shape::Valley => (15..45).contains(&minute),
            Shape::OutageAfterValley => (self.onset..self.onset + 15).contains(&minute),
            _ => false,
        };
        while is_valley(minute) {
            minute = i64::try_from(self.rng.below(MINUTES as u64)).expect("an hour");
        }
        self.report(&Load {
            network,
            at: minute,
            partner: false,
        })
    }

    /// The partner's users pass before it begins and are blocked since.
    fn partner(&mut self, n: u64) -> Visit {
        let spread = i64::try_from(n / 2).expect("few");
        let at = if n < 12 {
            self.onset + 5 + spread
        } else {
            spread - 5
        };
        self.report(&Load {
            network: 200 + n % 4,
            at,
            partner: true,
        })
    }

    fn report(&mut self, load: &Load) -> Visit {
        let count = 3 + self.rng.below(4);
        let rows: Vec<Value> = (0..count).map(|_| self.request(load)).collect();
        let age = match self.shape {
            Shape::LateOutage => self.rng.below(5 * 60_000),
            _ => 0,
        };
        let page = usize::from(load.partner);
        let network = u8::try_from(load.network).expect("few");
        let from = Ipv4Addr::new(
            10,
            2,
            network,
            1 + u8::try_from(self.sent % 200).expect("few"),
        );
        self.visit(from, page, age, rows)
    }

    fn request(&mut self, load: &Load) -> Value {
        let endpoint = self.rng.below(ENDPOINTS);
        let at =
            -(load.at * MINUTE) - i64::try_from(self.rng.below(50_000)).expect("a minute") - 100;
        let by_chance = self.rng.below(1_000) == 0;
        let is_bad = load.at < self.onset
            && match self.shape {
                Shape::Outage
                | Shape::LateOutage
                | Shape::OutageAfterValley
                | Shape::OutageAmongForged => endpoint < 2,
                Shape::OneServer => self.rng.below(8) == 0,
                Shape::Partner => load.partner,
                _ => false,
            };
        row(endpoint, at, is_bad || by_chance)
    }

    fn broken_client(&mut self) -> Visit {
        let rows = (0..30)
            .map(|n| row(n % ENDPOINTS, -100 - 1_000 * n as i64, true))
            .collect();
        self.visit(Ipv4Addr::new(10, 2, 251, 1), 0, 0, rows)
    }

    fn lie(&mut self) -> Visit {
        let endpoint = self.rng.below(ENDPOINTS + 3);
        let at = -100 - i64::try_from(self.rng.below(900_000)).expect("a quarter");
        let [a, b, c] = LIAR;
        let from = Ipv4Addr::new(a, b, c, 1 + u8::try_from(self.sent % 250).expect("few"));
        self.visit(from, 0, 0, vec![row(endpoint, at, true)])
    }

    fn visit(&mut self, from: Ipv4Addr, page: usize, age: u64, rows: Vec<Value>) -> Visit {
        self.sent += 1;
        let target = format!("https://api-{}.test", self.number);
        let start = Beacon::new((self.number + 1) * 1_000_000 + self.sent);
        let start = start
            .with("page", self.pages()[page].as_str())
            .with("age", age);
        let beacon = rows.into_iter().fold(start, |beacon, mut row| {
            row["to"] = json!(target);
            beacon.row(row)
        });
        Visit {
            key: self.key(),
            from,
            beacon,
        }
    }
}

fn row(endpoint: u64, at: i64, is_blocked: bool) -> Value {
    let path = format!("/e{endpoint}");
    if is_blocked {
        json!({"at": at, "ep": path, "o": "blocked", "stage": "response", "cf": "proven"})
    } else {
        json!({"at": at, "ep": path, "st": 200})
    }
}

/// Both in one order that chance decides.
fn mixed(mut visits: Vec<Visit>, more: Vec<Visit>, rng: &mut Rng) -> Vec<Visit> {
    visits.extend(more);
    for at in (1..visits.len()).rev() {
        let other = usize::try_from(rng.below(at as u64 + 1)).expect("fits");
        visits.swap(at, other);
    }
    visits
}
