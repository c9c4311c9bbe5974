//! The real Prometheus of Debian, as `cargo xtask setup` installs it: it scrapes the product and evaluates the rules that the
//! product generates, and its linter has nothing to say about the metrics.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{KEY, Product, Settings, eventually};
use serde_json::Value;
use testkit::http::Http;
use testkit::{Beacon, Process, checkout, port};

const SLO: &str = "[[slo]]\nname = \"blocks\"\napp = \"test\"\nsli = \"block_rate\"\n\n\
                   [[flows]]\nname = \"checkout\"\napp = \"test\"\nendpoints = [\"/pay\"]\n";

fn linted(metrics: &str) -> String {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed: cargo xtask setup");
    let mut input = promtool.stdin.take().expect("piped");
    input.write_all(metrics.as_bytes()).expect("read");
    drop(input);
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    format!("{}{said}", String::from_utf8_lossy(&output.stdout))
}

/// A Prometheus that scrapes `target` every second with the rules that `config` gives.
fn prometheus(folder: &Path, config: &Path, target: &str) -> (Process, Http) {
    let rules = Command::new(checkout::corswatch())
        .args(["slo", "export", "--format", "prometheus", "--config"])
        .arg(config)
        .output()
        .expect("it runs");
    assert!(rules.status.success(), "{rules:?}");
    std::fs::write(folder.join("rules.yml"), rules.stdout).expect("written");
    let settings = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\n\
         scrape_configs:\n  - job_name: corswatch\n    static_configs:\n      - targets: [\"{target}\"]\n"
    );
    std::fs::write(folder.join("prometheus.yml"), settings).expect("written");
    let address = format!("127.0.0.1:{}", port::lasting());
    let mut command = Command::new("prometheus");
    command.current_dir(folder).args([
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=tsdb",
        &format!("--web.listen-address={address}"),
    ]);
    (
        Process::start(&mut command),
        Http::new(format!("http://{address}")),
    )
}

async fn value(prometheus: &Http, series: &str) -> Result<f64> {
    let answer = prometheus
        .json(&format!("/api/v1/query?query={series}"))
        .await?;
    let value = answer["data"]["result"][0]["value"][1].as_str();
    Ok(value
        .with_context(|| format!("{series}: {answer}"))?
        .parse()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_prometheus_reads_the_metrics_and_fires_by_the_generated_rules() {
    let data = tempfile::tempdir().expect("a directory");
    let product = Product::start(data.path(), &Settings::with_fixed_ports().and(SLO)).await;
    let target = product
        .private
        .base()
        .trim_start_matches("http://")
        .to_owned();
    let config = data.path().join("corswatch.toml");
    let (_process, prometheus) = prometheus(data.path(), &config, &target);
    for n in 1..=5 {
        let beacon = Beacon::new(n).ok("/items", 40).blocked("PUT", "/pay");
        let taken = product.edge.beacon(KEY, &beacon).await.expect("an answer");
        assert_eq!(taken.as_u16(), 204);
    }
    eventually(
        "its rules have read what the product evaluated",
        async || -> Result<()> {
            let bad = value(
                &prometheus,
                "slo_window:corswatch_bad_events:max{slo=\"checkout\",window=\"1h\"}",
            )
            .await?;
            ensure!(bad >= 1.0, "{bad}");
            ensure!(
                value(
                    &prometheus,
                    "slo:corswatch_budget_remaining:min{slo=\"checkout\"}"
                )
                .await?
                    < 0.0
            );
            let alerts = prometheus.json("/api/v1/rules?type=alert").await?;
            let rules = alerts["data"]["groups"][0]["rules"]
                .as_array()
                .context("rules")?;
            ensure!(rules.len() == 4, "{alerts}");
            let healthy = |rule: &Value| rule["health"] == "ok";
            ensure!(rules.iter().all(healthy), "{alerts}");
            Ok(())
        },
    )
    .await;
    let metrics = product.private.get("/metrics").await.expect("an answer");
    let metrics = metrics.text().await.expect("text");
    assert_eq!(linted(&metrics), "", "promtool check metrics");
}
