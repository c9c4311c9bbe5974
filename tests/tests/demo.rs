//! A real browser breaks the demo's API: the admin server answers with exactly what happened.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use corswatch_tests::{Product, eventually};
use serde_json::{Value, json};

const DRIVER: &str = "tests/browser/drive.mjs";
const APP: &str = "demo-shop";

/// Plays steps on the demo's page in Chromium, leaves the page, and returns what each step saw.
async fn play(product: &Product, mut steps: Vec<Value>) -> Value {
    steps.push(json!({"wait": 2500}));
    steps.push(json!({"leave": true}));
    let plan = json!({"shop": product.shop, "steps": steps}).to_string();
    let report = tokio::task::spawn_blocking(move || testkit::node::json(DRIVER, &[&plan])).await;
    let report = report.expect("the driver ran");
    assert_eq!(report["problems"], json!([]), "errors in the page");
    report["seen"].clone()
}

/// A failed request is asked about again a moment later: the API must still be as it was.
fn settle() -> Value {
    json!({"wait": 1000})
}

async fn expect_sli(product: &Product, name: &str, bad: u64, total: u64) {
    eventually(name, async || {
        let found = product.sli(APP, name).await?;
        if found == (bad, total) {
            return Ok(());
        }
        let failures = product
            .private
            .json(&format!("/api/v1/failures?app={APP}&window=1h"))
            .await?;
        bail!(
            "{name}: found {found:?}, expected {:?}: {failures}",
            (bad, total)
        )
    })
    .await;
}

#[tokio::test]
async fn what_a_browser_met_is_what_the_api_says() {
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::up(data.path(), &["--demo"]).await;
    let seen = play(
        &product,
        vec![
            json!({"run": ["browse", 20]}),
            json!({"run": ["view", 10]}),
            json!({"run": ["login", 1]}),
            json!({"run": ["orders", 5]}),
            json!({"run": ["cart", 10]}),
            json!({"set": ["missing_header"]}),
            json!({"run": ["browse", 7]}),
            settle(),
            json!({"set": ["preflight_404"]}),
            json!({"run": ["cart", 6]}),
            settle(),
            json!({"set": ["wildcard_with_credentials"]}),
            json!({"run": ["orders", 5]}),
            settle(),
            json!({"set": ["header_not_allowed"]}),
            json!({"run": ["cart", 4]}),
            settle(),
            json!({"set": ["dead_network"]}),
            json!({"run": ["view", 3]}),
            settle(),
            json!({"set": []}),
            json!({"run": ["view", 2]}),
        ],
    )
    .await;
    let blocked = json!({"TypeError: Failed to fetch": 7});
    assert_eq!(seen[6], blocked, "the page itself cannot tell: {seen}");

    // One request more than the plan: the page lists its items when it opens.
    let good = 1 + 20 + 10 + 1 + 5 + 10 + 2;
    let broken = 7 + 6 + 5 + 4;
    expect_sli(&product, "block_rate", broken, good + broken + 3).await;
    expect_sli(&product, "credentialed_failure_rate", 5, 1 + 5 + 5).await;
    expect_sli(&product, "preflight_failure_rate", 6 + 4, 1 + 10 + 6 + 4).await;

    let found = product
        .private
        .json(&format!("/api/v1/endpoints?app={APP}&window=1h"))
        .await;
    let found = found.expect("the failing endpoints");
    // Past the first twenty failures of a page only counts are sent, so one failure may be two rows.
    let mut failures: BTreeMap<String, u64> = BTreeMap::new();
    for row in found["endpoints"].as_array().expect("a list") {
        let word = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let (method, endpoint) = (word("method"), word("endpoint"));
        let shape = format!("{method} {endpoint} {} {}", word("outcome"), word("stage"));
        *failures.entry(shape).or_default() += row["count"].as_u64().expect("a count");
    }
    let expected = [
        ("GET /items blocked response", 7),
        ("GET /items/:id network unknown", 3),
        ("GET /orders blocked response", 5),
        ("PUT /cart/:id blocked preflight", 10),
    ];
    let expected = expected.map(|(shape, count)| (shape.to_owned(), count));
    assert_eq!(failures, BTreeMap::from(expected));
}

#[tokio::test]
async fn a_healthy_page_reports_no_block() {
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::up(data.path(), &["--demo"]).await;
    play(&product, vec![json!({"run": ["shop", 70]})]).await;
    expect_sli(&product, "block_rate", 0, 71).await;
    expect_sli(&product, "unknown_rate", 0, 71).await;
    expect_sli(&product, "exposed_header_mismatch", 0, 21).await;
    ledger_balances(&product).await;
}

async fn ledger_balances(product: &Product) {
    eventually("the ledger balances", async || -> Result<()> {
        let ledger = product.private.json("/api/v1/ledger").await?;
        ensure!(ledger["verdict"] == json!("balanced"), "{ledger}");
        ensure!(ledger["received"].as_u64() > Some(0), "{ledger}");
        Ok(())
    })
    .await;
}
