//! Simulated hours of many applications reach the running product through its edge: who is woken, and by what.
//! With a larger `RUNS` it plays more of them.

#[path = "simulated/traffic.rs"]
mod traffic;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use corswatch_tests::{Product, Receiver, Settings, Visitors, eventually};
use serde_json::{Value, json};
use testkit::http::Http;
use testkit::wait_until;
use tokio::time::Instant;
use traffic::{Run, Shape};

/// Twice each shape.
const RUNS: u64 = 2 * Shape::ALL.len() as u64;
/// Rounds in which what was last reported is judged.
const ROUNDS: u64 = 3;
/// Witnesses are not counted with every round: judged is what was looked at for longer than they are kept.
const KEPT: Duration = Duration::from_secs(15);
/// A machine that many use evaluates slowly.
const DETECTION_TIMEOUT: Duration = Duration::from_secs(180);

fn settings(receiver: &Receiver, runs: &[Run]) -> Settings {
    let mut toml = format!(
        "[alert]\ndangerously_allow_private_networks = true\n{}",
        receiver.webhook("oncall")
    );
    for run in runs {
        let (app, key, pages) = (&run.app, run.key(), json!(run.pages()));
        toml.push_str(&format!(
            "[[apps]]\nname = \"{app}\"\nkeys = [\"{key}\"]\npage_origins = {pages}\n\
             [[slo]]\napp = \"{app}\"\nsli = \"block_rate\"\n"
        ));
    }
    Settings::with_fixed_ports().behind_a_proxy().and(&toml)
}

async fn rounds(private: &Http) -> Result<u64> {
    let metrics = private.get("/metrics").await?.text().await?;
    let line = "corswatch_aggregator_ticks_total{condition=\"leading\"} ";
    let found = metrics.lines().find_map(|found| found.strip_prefix(line));
    Ok(found.context("it evaluates")?.parse()?)
}

/// Everything that was sent has been looked at, as often as it takes.
async fn all_is_judged(private: &Http) {
    let began = Instant::now();
    let first = eventually("a first round", async || rounds(private).await).await;
    wait_until("further rounds", DETECTION_TIMEOUT, async || {
        let now = rounds(private).await.unwrap_or_default();
        now >= first + ROUNDS && began.elapsed() >= KEPT
    })
    .await;
}

/// Of each application the incidents that paged, and the notifications about them.
fn pages(receiver: &Receiver) -> BTreeMap<String, BTreeMap<String, u32>> {
    let mut pages: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for message in receiver.messages() {
        let labels = &message["commonLabels"];
        if labels["severity"] != "page" {
            continue;
        }
        let text = |name: &str| labels[name].as_str().unwrap_or_default().to_owned();
        let of_app = pages.entry(text("app")).or_default();
        *of_app.entry(text("incident")).or_default() += 1;
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn every_simulated_incident_pages_once_and_nothing_else_pages() {
    let mut runs: Vec<Run> = (0..RUNS).map(Run::new).collect();
    let receiver = Receiver::start().await;
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &settings(&receiver, &runs)).await;
    let visitors = Visitors::of(&product.edge);
    let mut sent = 0;
    for run in &mut runs {
        let (taken, limited) = visitors.come(run.visits()).await;
        assert_eq!(limited, 0, "{run:?}");
        sent += taken;
    }
    let began = Instant::now();
    let have_paged = || {
        let paged = pages(&receiver);
        let mut due = runs.iter().filter(|run| run.shape.is_incident());
        due.all(|run| paged.contains_key(&run.app))
    };
    // Those that are missing after all are listed below.
    while !have_paged() && began.elapsed() < DETECTION_TIMEOUT {
        all_is_judged(&product.private).await;
    }
    let detected = began.elapsed();
    all_is_judged(&product.private).await;

    let paged = pages(&receiver);
    let (mut wrong, mut right, mut notifications) = (Vec::new(), 0, 0);
    for run in &runs {
        let of_run = paged.get(&run.app).cloned().unwrap_or_default();
        let wanted = usize::from(run.shape.is_incident());
        notifications += of_run.values().sum::<u32>();
        if of_run.len() == wanted {
            right += wanted;
        } else {
            let incidents = incidents(&product.private, &run.app).await;
            wrong.push(format!("{run:?}: {of_run:?}, {wanted} wanted; {incidents}"));
        }
    }
    println!(
        "{} runs, {sent} beacons: {right} incidents paged once, {} runs wrong, {notifications} notifications of pages, all within {detected:?}",
        runs.len(),
        wrong.len(),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn incidents(private: &Http, app: &str) -> String {
    let found: Result<Value> = private.json(&format!("/api/v1/incidents?app={app}")).await;
    let found = found.unwrap_or_default();
    let one = |one: &Value| {
        format!(
            "{} {} {} {}",
            one["severity"], one["title"], one["endpoints"], one["impact"]["text"]
        )
    };
    let all = found["incidents"].as_array();
    all.map_or_else(String::new, |all| {
        all.iter().map(one).collect::<Vec<_>>().join(" | ")
    })
}
