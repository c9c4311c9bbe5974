//! SIGHUP: the product takes a changed file over while it runs, or keeps what it has and says why.

use anyhow::{Context as _, Result, ensure};
use corswatch_tests::{KEY, Product, Settings, eventually};
use serde_json::{Value, json};
use testkit::Beacon;
use testkit::http::Http;

const FIRST: &str = "[[slo]]\nname = \"before\"\napp = \"test\"\nsli = \"block_rate\"\n";
const NEXT: &str = r#"
[loader]
chunk_size = 5000

[[slo]]
name = "after"
app = "test"
sli = "preflight_failure_rate"

[[services]]
name = "cart"
owner = "team-cart"
match = [{ origin = "https://api.example" }]

[[alert.webhooks]]
name = "hook"
url = "https://hooks.example/x"

[[alert.routes]]
match = { owner = "team-cart" }
receivers = ["hook"]

[[alert.silences]]
match = { app = "test" }
starts_at = "2026-01-01T00:00:00Z"
ends_at = "2026-01-01T01:00:00Z"
rrule = "FREQ=DAILY"
author = "ops"
reason = "from the file"

[[apps]]
name = "second"
keys = ["second-key-1"]
page_origins = ["https://shop.test"]
"#;
const BROKEN: &str = r#"
[alert]
queue = 0

[[slo]]
name = "after"
app = "nowhere"
sli = "block_rate"
window = "10m"

[[alert.routes]]
match = { owner = "team-cart" }
receivers = ["no-such-receiver"]
"#;

async fn metric(private: &Http, line: &str) -> Result<()> {
    let metrics = private.get("/metrics").await?.text().await?;
    ensure!(
        metrics.lines().any(|found| found == line),
        "{line} not in\n{metrics}"
    );
    Ok(())
}

async fn configuration(private: &Http) -> Result<Value> {
    let ready = private.json("/readyz").await?;
    let mut parts = ready["parts"].as_array().context("parts")?.iter();
    let part = parts.find(|part| part["part"] == "configuration");
    Ok(part
        .context("a part says how the configuration is")?
        .clone())
}

async fn objectives(private: &Http) -> Result<Vec<String>> {
    let slos = private.json("/api/v1/slos?app=test").await?;
    let slos = slos["slos"].as_array().context("slos")?;
    Ok(slos
        .iter()
        .map(|slo| slo["name"].as_str().unwrap_or_default().to_owned())
        .collect())
}

/// The aggregator evaluates exactly this objective.
async fn evaluates(private: &Http, name: &str, other: &str) -> Result<()> {
    let metrics = private.get("/metrics").await?.text().await?;
    let evaluated = |slo: &str| metrics.contains(&format!("alerts_firing{{slo=\"{slo}\""));
    ensure!(evaluated(name) && !evaluated(other), "{metrics}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_taken_over_but_for_what_is_named_as_needing_a_restart() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports();
    let product = Product::start(data.path(), &settings.clone().and(FIRST)).await;
    let (private, edge) = (&product.private, &product.edge);
    eventually("evaluated", async || {
        evaluates(private, "before", "after").await
    })
    .await;
    let unknown = edge
        .beacon("second-key-1", &Beacon::new(1).ok("/items", 3))
        .await;
    assert_eq!(unknown.expect("an answer").as_u16(), 401);

    let _ = settings.clone().and(NEXT).write(data.path());
    product.process.reload();
    eventually("the reload is reported", async || -> Result<()> {
        let part = configuration(private).await?;
        let detail = part["detail"].as_str().unwrap_or_default();
        ensure!(
            part["condition"] == "ready" && detail.starts_with("reloaded at"),
            "{part}"
        );
        ensure!(
            detail.ends_with("needs a restart: loader.chunk_size"),
            "{part}"
        );
        metric(
            private,
            "corswatch_configuration_reloads_total{outcome=\"applied\"} 1",
        )
        .await?;
        metric(
            private,
            "corswatch_configuration_settings_needing_restart 1",
        )
        .await
    })
    .await;
    eventually("all of it is in use", async || -> Result<()> {
        evaluates(private, "after", "before").await?;
        ensure!(objectives(private).await? == ["after"]);
        metric(private, "corswatch_alert_queued{receiver=\"hook\"} 0").await?;
        let silences = private.json("/api/v1/silences").await?;
        ensure!(silences.to_string().contains("from the file"), "{silences}");
        let apps = private.json("/api/v1/apps").await?;
        ensure!(apps.to_string().contains("second"), "{apps}");
        Ok(())
    })
    .await;
    for (key, n) in [("second-key-1", 2), (KEY, 3)] {
        let known = edge.beacon(key, &Beacon::new(n).ok("/items", 3)).await;
        assert_eq!(known.expect("an answer").as_u16(), 204, "{key}");
    }
    eventually(
        "what came before and after is counted",
        async || -> Result<()> {
            ensure!(product.sli("test", "block_rate").await?.1 == 3);
            ensure!(product.sli("second", "block_rate").await?.1 == 3);
            Ok(())
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_changes_nothing_and_every_mistake_is_said_at_once() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports();
    let mut product = Product::start(data.path(), &settings.clone().and(FIRST)).await;
    let private = product.private.clone();
    eventually("evaluated", async || {
        evaluates(&private, "before", "after").await
    })
    .await;

    let _ = settings.clone().and(BROKEN).write(data.path());
    product.process.reload();
    let mistakes = [
        "alert.queue",
        "slo[0].app",
        "slo[0].window",
        "alert.routes[0].receivers",
    ];
    eventually("the refusal is reported", async || -> Result<()> {
        let part = configuration(&private).await?;
        ensure!(part["condition"] == "degraded", "{part}");
        let detail = part["detail"].as_str().unwrap_or_default();
        ensure!(
            mistakes.iter().all(|path| detail.contains(path)),
            "{detail}"
        );
        ensure!(detail.contains("permitted: 1h to 366d"), "{detail}");
        metric(&private, "corswatch_configuration_last_reload_successful 0").await?;
        metric(
            &private,
            "corswatch_configuration_reloads_total{outcome=\"refused\"} 1",
        )
        .await
    })
    .await;
    let logged = product.process.lines().join("\n");
    for text in mistakes.iter().chain(&["NOT reloaded"]) {
        assert!(logged.contains(text), "{text} not in\n{logged}");
    }
    evaluates(&private, "before", "after")
        .await
        .expect("the rules from before");
    assert_eq!(objectives(&private).await.expect("an answer"), ["before"]);

    let _ = settings.and(FIRST).write(data.path());
    product.process.reload();
    eventually("a mended file ends it", async || -> Result<()> {
        ensure!(configuration(&private).await?["condition"] == "ready");
        metric(&private, "corswatch_configuration_last_reload_successful 1").await
    })
    .await;
    product.process.terminate();
    let ended = product
        .process
        .ended(std::time::Duration::from_secs(60))
        .await;
    assert!(ended.success(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_was_not_replayed_is_once_a_reload_permits_its_target() {
    let data = tempfile::tempdir().expect("a directory");
    let settings = Settings::with_fixed_ports();
    let product = Product::start(data.path(), &settings.clone().and(FIRST)).await;
    let target = product.edge.base().trim_end_matches('/').to_owned();
    let row = json!({"to": target, "ep": "/items", "m": "GET", "o": "blocked", "stage": "response", "at": -50});
    let sent = product.edge.beacon(KEY, &Beacon::new(1).row(row)).await;
    assert_eq!(sent.expect("an answer").as_u16(), 204);
    let diagnosed = async || -> Result<Value> {
        let all = product.private.json("/api/v1/diagnoses?app=test").await?;
        Ok(all["diagnoses"][0].clone())
    };
    eventually("it is refused, with the line that permits it", async || {
        let detail = diagnosed().await?["detail"].to_string();
        let line = format!("`match = [{{ origin = \\\"{target}\\\" }}]`");
        ensure!(detail.contains(&line), "{detail}");
        Ok(())
    })
    .await;

    let permitted = format!(
        "[prober]\ndangerously_allow_private_networks = [\"{target}\"]\n\
         [[services]]\nname = \"items\"\nmatch = [{{ origin = \"{target}\" }}]\n"
    );
    let _ = settings.and(&permitted).write(data.path());
    product.process.reload();
    eventually("it is asked", async || {
        let newest = diagnosed().await?;
        ensure!(newest["remote"].is_string(), "{newest}");
        Ok(())
    })
    .await;
}
