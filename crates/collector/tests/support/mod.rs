//! A running edge, a journal in memory, and a client that sends bytes as they are.
#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod client;
pub(crate) mod memory;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use collector::{Collector, Config, ServeError};
use intake::{Catalog, CatalogConfig};
use memory::Memory;
use observation::UnixMillis;
use runtime::{ManualClock, Metrics, Stop};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub(crate) use client::{Client, Reply};

pub(crate) const PARTITIONS: u32 = 4;
/// Longer than anything here takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

const CATALOG: &str = r#"
    [[apps]]
    name = "shop"
    keys = ["shop-key-1"]
    disabled_keys = ["shop-key-0"]
    page_origins = ["https://shop.test"]
    quota = 100000
    [[apps.log_keys]]
    key = "a-secret-of-a-gateway"
    [[apps]]
    name = "small"
    keys = ["small-key-1"]
    page_origins = ["https://shop.test"]
    quota = 1
    [[apps]]
    name = "tiny"
    keys = ["tiny-key-1"]
    page_origins = ["https://shop.test"]
    quota_bytes = "64KiB"
    [[apps]]
    name = "calm"
    keys = ["calm-key-1"]
    page_origins = ["https://shop.test"]
    sdk = { probes = "cheap", flush_interval = "60500ms", stopped_observers = ["xhr", "preflight_latency"] }
"#;

pub(crate) struct Edge {
    pub(crate) address: SocketAddr,
    pub(crate) journal: Arc<Memory>,
    pub(crate) metrics: Metrics,
    pub(crate) stop: Stop,
    served: JoinSet<Result<(), ServeError>>,
}

impl Edge {
    /// An edge with the settings of `config` (TOML), whose clock stands.
    pub(crate) async fn start(config: &str) -> Self {
        let config: Config = toml::from_str(config).expect("readable settings");
        let mut found = Vec::new();
        config.problems(settings::Problems::at("collector", &mut found));
        assert!(found.is_empty(), "{found:?}");
        let catalog: CatalogConfig = toml::from_str(CATALOG).expect("a readable catalog");
        let catalog = Catalog::build(&catalog).expect("a catalog without problems");
        let journal = Arc::new(Memory::default());
        let metrics = Metrics::default();
        let (clock, _) = ManualClock::at(UnixMillis(1_795_000_000_000));
        let appender = Arc::clone(&journal) as Arc<dyn journal::Appender>;
        let collector = Collector::build(config, catalog, appender, PARTITIONS, clock, &metrics);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let stop = Stop::new();
        let mut served = JoinSet::new();
        served.spawn(collector.serve(listener, stop.clone()));
        Self {
            address,
            journal,
            metrics,
            stop,
            served,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn send(&self, request: &[u8]) -> Reply {
        let mut client = self.client().await;
        client.write(request).await;
        client.reply().await
    }

    /// Asks the edge to end and waits until it has.
    pub(crate) async fn end(&mut self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(TIMEOUT, self.served.join_next()).await;
        ended
            .expect("in time")
            .expect("one task")
            .expect("no panic")
            .expect("no failure");
    }

    /// The value of a metric, by its line's beginning.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = self.metrics.encode();
        let start = format!("corswatch_collector_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.unwrap_or_else(|| panic!("no {name} in\n{text}"))
            .parse()
            .expect("a number")
    }

    pub(crate) fn refused(&self, reason: &str) -> u64 {
        self.metric(&format!("refused_total{{reason=\"{reason}\"}}"))
    }

    pub(crate) fn shed(&self, reason: &str) -> u64 {
        self.metric(&format!("shed_total{{reason=\"{reason}\"}}"))
    }

    pub(crate) fn cut(&self, reason: &str) -> u64 {
        self.metric(&format!("connections_cut_total{{reason=\"{reason}\"}}"))
    }

    /// The sum over all labels of a family.
    pub(crate) fn sum(&self, family: &str) -> u64 {
        let text = self.metrics.encode();
        let start = format!("corswatch_collector_{family}{{");
        let lines = text.lines().filter(|line| line.starts_with(&start));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }

    /// Waits until `condition` holds.
    pub(crate) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let hold = async {
            while !condition(self) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let held = tokio::time::timeout(TIMEOUT, hold).await;
        assert!(
            held.is_ok(),
            "{what} did not come true\n{}",
            self.metrics.encode()
        );
    }
}

/// The `n`th beacon.
pub(crate) fn beacon(n: u32) -> String {
    format!(
        r#"{{"v":1,"id":"AAAAAAAA{n:08}","age":0,"s":"EjRWeJq8","page":"https://shop.test","rows":[{{"at":-1,"to":"https://api.shop.test","ep":"/items","st":200}}]}}"#
    )
}

/// A request to `path` with more header lines and a body.
pub(crate) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: edge\r\ncontent-length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// A good beacon's request.
pub(crate) fn good(n: u32) -> Vec<u8> {
    post(
        "/v1/b/shop-key-1",
        "content-type: text/plain\r\n",
        beacon(n).as_bytes(),
    )
}
