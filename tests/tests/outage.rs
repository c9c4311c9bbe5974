//! Kafka that stands still, is killed, or was never there: the edge goes on, says so, and nothing is
//! lost or counted twice. ClickHouse that is not there yet: the others wait for it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::chaos::cluster::address_of;
use corswatch_tests::chaos::proxy::{Proxy, Weather};
use corswatch_tests::{
    Cluster, Flood, KEY, Role, Settings, address, counted_and_balanced, eventually,
};
use store::engine::EngineUser;
use testkit::engine::Engine;
use testkit::http::Http;
use testkit::kafka::Broker;
use testkit::{Beacon, Process};

/// How long a process has to say or do what it is to.
const TIMEOUT: Duration = Duration::from_secs(60);
const SENDERS: u64 = 8;
const BEACONS: u64 = 1500;

/// A collector and what it says of itself.
struct Collector {
    process: Process,
    edge: Http,
    health: Http,
}

impl Collector {
    async fn start(mut process: Process) -> Self {
        let edge = Http::new(address(&mut process, "edge").await);
        let health = Http::new(address(&mut process, "health").await);
        Self {
            process,
            edge,
            health,
        }
    }

    async fn metric(&self, name: &str) -> Result<u64> {
        let text = self.health.get("/metrics").await?.text().await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        let value = value.with_context(|| format!("no {name} in {text}"))?;
        Ok(value.trim().parse()?)
    }

    /// It lives, takes beacons, and says that they wait here.
    async fn spools(&self) {
        eventually("it says that it spools", async || -> Result<()> {
            let ready = self.health.json("/readyz").await?;
            ensure!(ready["condition"] == "degraded", "{ready}");
            let detail = ready["parts"][0]["detail"].as_str().unwrap_or_default();
            ensure!(detail.starts_with("spooling: "), "{ready}");
            ensure!(self.metric("corswatch_spool_records ").await? > 0);
            ensure!(self.health.get("/livez").await?.status() == 200);
            Ok(())
        })
        .await;
    }

    /// Nothing waits here any more.
    async fn is_drained(&self) {
        eventually("the spool is drained", async || -> Result<()> {
            let ready = self.health.json("/readyz").await?;
            ensure!(ready["condition"] == "ready", "{ready}");
            ensure!(self.metric("corswatch_spool_records ").await? == 0);
            Ok(())
        })
        .await;
    }

    /// Nobody was sent away.
    async fn shed_nothing(&self) {
        let text = self.health.get("/metrics").await.expect("metrics");
        let text = text.text().await.expect("text");
        let shed = text
            .lines()
            .filter(|line| line.starts_with("corswatch_collector_shed_total{"))
            .filter(|line| !line.ends_with(" 0"));
        assert_eq!(shed.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outages_of_kafka_and_killed_collectors_cost_no_beacon_and_count_none_twice() {
    let mut cluster = Cluster::prepare("outage").await;
    let mut loader = cluster.start("loader");
    address(&mut loader, "health").await;
    let mut dashboard = cluster.start("dashboard");
    let private = Http::new(address(&mut dashboard, "dashboard").await);
    let mut collector = Collector::start(cluster.start("collector")).await;

    let flood = Flood::new(&collector.edge, SENDERS, BEACONS);

    // It stands still with connections open. What it was given and did not answer is in the spool
    // as well, and the collector dies before it can learn that the broker took it after all.
    flood.reaches(BEACONS / 10).await;
    cluster.broker.pause();
    flood.reaches(BEACONS * 3 / 10).await;
    collector.spools().await;
    collector.shed_nothing().await;
    collector.process.kill();
    cluster.broker.resume();
    collector = Collector::start(cluster.start("collector")).await;
    collector.is_drained().await;

    // It dies; a collector that starts meanwhile spools as well, and adds to what it finds.
    flood.reaches(BEACONS * 5 / 10).await;
    cluster.broker.kill();
    flood.reaches(BEACONS * 6 / 10).await;
    collector.spools().await;
    collector.shed_nothing().await;
    collector.process.kill();
    collector = Collector::start(cluster.start("collector")).await;
    flood.reaches(BEACONS * 8 / 10).await;
    collector.spools().await;
    collector.shed_nothing().await;
    cluster.broker.restart().await;
    flood.ends().await;
    collector.is_drained().await;
    counted_and_balanced(&private, BEACONS).await;
    let ledger = private.json("/api/v1/ledger").await.expect("a ledger");
    // Every third was sent twice; further ones are copies that the outages made.
    let resent = BEACONS.div_ceil(3);
    let copies = ledger["duplicate"].as_u64().expect("a number") - resent;
    println!("{copies} copies dropped besides {resent} beacons that were sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_is_answered_with_503_and_when_to_come_back_until_it_is_drained() {
    let folder = tempfile::tempdir().expect("a directory");
    let mut broker = Broker::prepare();
    let file = Settings::with_fixed_ports()
        .and(&format!(
            "[journal]\nkind = \"kafka\"\n\
             [journal.kafka]\nbrokers = \"{}\"\npartitions = 3\ncreate_topic = true\n\
             [journal.spool]\ndir = {:?}\nmax_size = \"16MiB\"",
            broker.bootstrap(),
            folder.path().join("spool"),
        ))
        .write(folder.path());
    let collector = Collector::start(Role::start("collector", &file)).await;
    let refused = async |count: std::ops::Range<u64>| {
        for number in count {
            let answer = collector.edge.beacon_answer(KEY, &large(number)).await;
            let answer = answer.expect("an answer");
            if answer.status() != 204 {
                return Some((number, answer));
            }
        }
        None
    };
    let (taken, answer) = refused(0..2000).await.expect("it has a bound");
    assert_eq!(answer.status(), 503);
    let after = answer.headers()["retry-after"].to_str().expect("ASCII");
    assert!((1..=60).contains(&after.parse::<u64>().expect("seconds")));
    assert!(taken > 10, "{taken} taken");
    let shed = "corswatch_collector_shed_total{reason=\"journal_full\"} ";
    assert!(collector.metric(shed).await.expect("counted") > 0);
    let ready = collector.health.get("/readyz").await.expect("an answer");
    assert_eq!(ready.status(), 503);
    let ready = ready.text().await.expect("text");
    assert!(ready.contains("the spool cannot take records"), "{ready}");

    broker.restart().await;
    collector.is_drained().await;
    assert!(refused(5000..5005).await.is_none(), "it takes again");
    println!("{taken} beacons filled it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_waits_for_clickhouse_as_long_as_configured_and_no_longer() {
    let folder = tempfile::tempdir().expect("a directory");
    let engine = Engine::start().await.expect("an engine");
    let (user, password) = engine.access().credentials(EngineUser::Writer);
    let to_engine = Proxy::start(address_of(engine.access())).await;
    let to_engine = to_engine.expect("a port");
    to_engine.set(Weather::Cut);
    let port = to_engine.port();
    let health = format!("127.0.0.1:{}", testkit::port::lasting());
    let start = |timeout: &str| {
        let file = Settings::with_fixed_ports()
            .and(&format!(
                "[store]\nurl = \"http://127.0.0.1:{port}\"\nuser = \"{user}\"\npassword = \"{}\"\n\
                 database = \"late\"\nopen_timeout = \"{timeout}\"",
                password.reveal(),
            ))
            .write(folder.path());
        let mut command = Role::command("aggregator", &file);
        Process::start(command.env("CORSWATCH__HEALTH__AGGREGATOR", &health))
    };
    let said = |line: &str| line.contains("does not answer yet").then_some(());

    let mut hasty = start("1s");
    assert_eq!(hasty.ended(TIMEOUT).await.code(), Some(69));
    let lines = hasty.lines().join("\n");
    assert!(
        lines.contains("no answer within `store.open_timeout`"),
        "{lines}"
    );

    let mut patient = start("5m");
    patient.line("that it waits", TIMEOUT, said).await;
    let health = Http::new(format!("http://{health}"));
    assert_eq!(health.get("/livez").await.expect("it lives").status(), 200);
    let ready = health.get("/readyz").await.expect("an answer");
    assert_eq!(ready.status(), 503);
    let ready = ready.text().await.expect("a text");
    assert!(ready.contains("it waits for the store"), "{ready}");
    to_engine.set(Weather::Fair);
    address(&mut patient, "health").await;
    let ready = health.json("/readyz").await.expect("it is ready");
    assert_eq!(ready["condition"], "ready", "{ready}");
    patient.terminate();
    assert!(patient.ended(TIMEOUT).await.success());
}

/// A beacon with as many distinct rows as fit.
fn large(number: u64) -> Beacon {
    (0..200).fold(Beacon::new(number), |beacon, row| {
        beacon.ok(&format!("/{row}/{}", "x".repeat(300)), 1)
    })
}
