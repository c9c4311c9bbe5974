//! Numbered beacons of many rows, sent as the SDK sends them: until the edge has them, and nearly a
//! third of them again, later and to another edge.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use observation::SessionId;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::random::Rng;
use crate::settings::KEY;

const SENDERS: u64 = 24;
/// Kinds of beacons, by their rows.
const KINDS: u64 = 5;
const ENDPOINTS: u64 = 24;
const RESENT_PERCENT: u64 = 30;
/// Of the sendings that fail, so many are not tried again: the page was closed.
const GIVEN_UP_PERCENT: u64 = 3;
const ANSWER: Duration = Duration::from_secs(15);

/// The outcome of a beacon as its sender sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The edge said 204.
    Acknowledged,
    /// The sender gave up without an answer: it may be stored or not.
    GivenUp,
}

/// The load and its outcome.
#[derive(Debug)]
pub struct Load {
    seed: u64,
    edges: [String; 2],
    rows: u64,
    bodies: Vec<String>,
    next: AtomicU64,
    stopped: AtomicBool,
    fates: Mutex<BTreeMap<u64, Fate>>,
    /// Sendings of beacons that had been acknowledged before.
    pub resent: AtomicU64,
    /// Sendings that were not acknowledged.
    pub failed: AtomicU64,
}

impl Load {
    /// Beacons of `rows` rows each for the two edges.
    #[must_use]
    pub fn new(seed: u64, edges: [String; 2], rows: u64) -> Self {
        Self {
            seed,
            edges,
            rows,
            bodies: (0..KINDS).map(|kind| rows_of(kind, rows)).collect(),
            next: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            fates: Mutex::default(),
            resent: AtomicU64::default(),
            failed: AtomicU64::default(),
        }
    }

    /// The outcome of every beacon.
    #[must_use]
    pub fn fates(&self) -> BTreeMap<u64, Fate> {
        self.lock().clone()
    }

    /// How many beacons were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        let is_acknowledged = |fate: &&Fate| **fate == Fate::Acknowledged;
        self.lock().values().filter(is_acknowledged).count() as u64
    }

    /// Rows of a beacon.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the load once what is in progress is settled.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Sends `per_second` new beacons a second until stopped.
    ///
    /// # Panics
    /// When an edge refuses a beacon for good.
    pub async fn run(&self, per_second: u64) {
        let client = testkit::http::client();
        let pace = Duration::from_secs(SENDERS) / u32::try_from(per_second).expect("a small rate");
        let senders = (0..SENDERS).map(|_| self.send_on(&client, pace));
        futures::future::join_all(senders).await;
    }

    async fn send_on(&self, client: &reqwest::Client, pace: Duration) {
        let mut resends = JoinSet::new();
        let mut tick = tokio::time::interval(pace);
        while !self.stopped.load(Ordering::Relaxed) {
            tick.tick().await;
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let mut rng = Rng::new(self.seed ^ (n + 1));
            let sealed = Instant::now();
            let fate = self.deliver(client, n, sealed, &mut rng).await;
            self.lock().insert(n, fate);
            if fate == Fate::Acknowledged && rng.below(100) < RESENT_PERCENT {
                let copies = self.copies(client, n, sealed, &mut rng);
                resends.spawn(copies);
            }
            while resends.try_join_next().is_some() {}
        }
        // Those that wait for their time are cut short: they are copies.
        resends.abort_all();
    }

    /// Sends a beacon until it is acknowledged or its sender is gone.
    async fn deliver(
        &self,
        client: &reqwest::Client,
        n: u64,
        sealed: Instant,
        rng: &mut Rng,
    ) -> Fate {
        loop {
            let edge = &self.edges[usize::from(rng.below(2) == 0)];
            if post(client, edge, self.body(n, sealed)).await {
                return Fate::Acknowledged;
            }
            self.failed.fetch_add(1, Ordering::Relaxed);
            if rng.below(100) < GIVEN_UP_PERCENT {
                return Fate::GivenUp;
            }
            tokio::time::sleep(Duration::from_millis(100 + rng.below(400))).await;
        }
    }

    /// One to four copies within a minute, to either edge; whether they arrive does not matter.
    fn copies(
        &self,
        client: &reqwest::Client,
        n: u64,
        sealed: Instant,
        rng: &mut Rng,
    ) -> impl Future<Output = ()> + use<> {
        let count = 1 + rng.below(4);
        self.resent.fetch_add(count, Ordering::Relaxed);
        let plan: Vec<(Duration, String)> = (0..count)
            .map(|_| {
                let edge = self.edges[usize::from(rng.below(2) == 0)].clone();
                (Duration::from_millis(rng.below(15_000)), edge)
            })
            .collect();
        let rows = self.bodies[usize::try_from(n % KINDS).expect("small")].clone();
        let client = client.clone();
        async move {
            for (wait, edge) in plan {
                tokio::time::sleep(wait).await;
                let _ = post(&client, &edge, body(n, sealed, &rows)).await;
            }
        }
    }

    fn body(&self, n: u64, sealed: Instant) -> String {
        body(
            n,
            sealed,
            &self.bodies[usize::try_from(n % KINDS).expect("small")],
        )
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Fate>> {
        self.fates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the edge acknowledged the beacon.
async fn post(client: &reqwest::Client, edge: &str, body: String) -> bool {
    let request = client
        .post(format!("{edge}/v1/b/{KEY}"))
        .header("content-type", "text/plain;charset=UTF-8")
        .header("origin", testkit::beacon::PAGE)
        .timeout(ANSWER)
        .body(body);
    match request.send().await.map(|answer| answer.status().as_u16()) {
        Ok(204) => true,
        Ok(status @ (400..=428 | 430..=499)) => panic!("the edge refused a beacon: {status}"),
        Ok(_) | Err(_) => false,
    }
}

fn body(n: u64, sealed: Instant, rows: &str) -> String {
    format!(
        r#"{{"v":1,"id":"{}","age":{},"s":"{}","page":"{}","sdk":"0.1.0","rows":{rows}}}"#,
        testkit::beacon::id(n),
        sealed.elapsed().as_millis(),
        SessionId(n),
        testkit::beacon::PAGE,
    )
}

/// Endpoint, count and whether it is blocked of the row `row` of a beacon of `kind`.
const fn row(kind: u64, row: u64) -> (u64, u64, bool) {
    let mix = row * 7 + kind;
    (mix % ENDPOINTS, 1 + mix % 4, row.is_multiple_of(10))
}

fn rows_of(kind: u64, rows: u64) -> String {
    let mut text = String::from("[");
    for index in 0..rows {
        let (endpoint, count, is_blocked) = row(kind, index);
        let outcome = match is_blocked {
            true => r#""o":"blocked","stage":"preflight","cf":"proven","p":1"#.to_owned(),
            false => format!(r#""st":200,"l":[55,{count}]"#),
        };
        let (comma, at) = (if index == 0 { "" } else { "," }, index * 300);
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            r#"{comma}{{"at":-{at},"to":"{}","ep":"/r{endpoint}","n":{count},{outcome}}}"#,
            testkit::beacon::TARGET
        );
    }
    text.push(']');
    text
}

/// Requests by endpoint, and how many of them are blocked.
pub type Sums = BTreeMap<String, (u64, u64)>;

/// What the beacons `numbers` amount to.
#[must_use]
pub fn sums(numbers: impl IntoIterator<Item = u64>, rows: u64) -> Sums {
    let mut kinds = [0_u64; KINDS as usize];
    for n in numbers {
        kinds[usize::try_from(n % KINDS).expect("small")] += 1;
    }
    let mut sums = Sums::new();
    for (kind, beacons) in (0..).zip(kinds) {
        for index in 0..rows {
            let (endpoint, count, is_blocked) = row(kind, index);
            let sum = sums.entry(format!("/r{endpoint}")).or_default();
            sum.0 += beacons * count;
            sum.1 += beacons * count * u64::from(is_blocked);
        }
    }
    sums.retain(|_, sum| sum.0 > 0);
    sums
}
