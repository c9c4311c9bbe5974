//! The roles as processes of their own over a real Kafka: killed one by one while numbered beacons
//! flow, and a browser that breaks the demo's API while they run.

use std::time::Duration;

use corswatch_tests::{Cluster, Flood, address, counted_and_balanced};
use testkit::Process;
use testkit::http::Http;

const SENDERS: u64 = 8;
const BEACONS: u64 = 900;

async fn private(process: &mut Process) -> Http {
    Http::new(address(process, "dashboard").await)
}

/// The role says that it is well, with metrics of its own.
async fn healthy(process: &mut Process, metric: &str) {
    let health = Http::new(address(process, "health").await);
    let ready = health.json("/readyz").await.expect("it is ready");
    assert_eq!(ready["condition"], "ready", "{ready}");
    let metrics = health.get("/metrics").await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert!(metrics.contains(metric), "{metrics}");
    let page = health.get("/api/v1/apps").await.expect("an answer");
    assert_eq!(page.status(), 404, "health alone, no data");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_over_kafka_count_every_acknowledged_beacon_once_whoever_is_killed() {
    let mut ground = Cluster::prepare("roles").await;
    let mut loader = ground.start("loader");
    let mut collector = ground.start("collector");
    healthy(&mut loader, "corswatch_loader_records_total").await;
    let edge = Http::new(address(&mut collector, "edge").await);
    let mut dashboard = ground.start("dashboard");
    let private = private(&mut dashboard).await;
    let mut aggregator = ground.start("aggregator");
    healthy(&mut aggregator, "corswatch_store_call_seconds").await;

    let flood = Flood::new(&edge, SENDERS, BEACONS);
    for (turn, victim) in ["loader", "collector", "broker", "loader", "collector"]
        .iter()
        .enumerate()
    {
        flood.reaches(BEACONS * (turn as u64 + 1) / 6).await;
        match *victim {
            "loader" => {
                loader.kill();
                loader = ground.start("loader");
            }
            "collector" => {
                collector.kill();
                collector = ground.start("collector");
            }
            _ => {
                ground.broker.kill();
                ground.broker.restart().await;
            }
        }
    }
    flood.ends().await;
    counted_and_balanced(&private, BEACONS).await;
    healthy(&mut collector, "corswatch_collector_").await;
    collector.terminate();
    assert!(
        collector.ended(Duration::from_secs(20)).await.success(),
        "it drains"
    );
    loader.terminate();
    assert!(
        loader.ended(Duration::from_secs(40)).await.success(),
        "it drains"
    );
}
