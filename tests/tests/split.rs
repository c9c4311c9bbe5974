//! One machine, split: collectors that outlive an upgrade of the rest, and one `corswatch up` with the
//! embedded engine behind them, over a broker. As `deploy/README.md` describes it.

use std::time::Duration;

use corswatch_tests::{Flood, Product, Role, Settings, address, counted_and_balanced};
use testkit::Process;
use testkit::http::Http;
use testkit::kafka::Broker;

const SENDERS: u64 = 4;
const BEACONS: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn collectors_beside_one_up_count_every_beacon_once_through_its_restart_and_the_brokers() {
    let folder = tempfile::tempdir().expect("a directory");
    let mut broker = Broker::start().await;
    let settings = Settings::with_fixed_ports().and(&format!(
        "[journal]\nkind = \"kafka\"\n\
         [journal.kafka]\nbrokers = \"{}\"\npartitions = 3\ncreate_topic = true\nsession_timeout = \"6s\"\n\
         [collector.limits]\nclient_rate = 10000\nclient_burst = 1000000",
        broker.bootstrap(),
    ));
    let mut up = Product::start(folder.path(), &settings).await;

    // The same file; what is this process's own comes from the environment.
    let mut command = Role::command("collector", &settings.write(folder.path()));
    command.env("CORSWATCH__COLLECTOR__LISTEN", "127.0.0.1:0");
    command.env(
        "CORSWATCH__JOURNAL__SPOOL__DIR",
        folder.path().join("spool-1"),
    );
    let mut collector = Process::start(&mut command);
    let edge = Http::new(address(&mut collector, "edge").await);

    let flood = Flood::new(&edge, SENDERS, BEACONS);
    flood.reaches(BEACONS / 4).await;
    broker.kill();
    flood.reaches(BEACONS / 2).await;
    broker.restart().await;
    up.process.terminate();
    let ended = up.process.ended(Duration::from_secs(60)).await;
    assert!(ended.success(), "{:#?}", up.process.lines());
    flood.reaches(BEACONS * 3 / 4).await;
    let up = Product::start(folder.path(), &settings).await;
    flood.ends().await;
    counted_and_balanced(&up.private, BEACONS).await;
}
