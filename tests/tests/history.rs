//! Generated history: what the product shows of it is what was generated.

use corswatch_tests::{Product, corswatch};
use demo::history::Plan;
use observation::{Kind, Outcome};
use runtime::Clock;

/// Requests that count, and those that were blocked, of an app: counted from the beacons themselves.
fn generated(plan: &Plan, app: &str) -> (u64, u64) {
    let own = plan
        .beacons()
        .filter(|beacon| beacon.origin.app == app && !beacon.origin.lab());
    let (mut blocked, mut requests) = (0, 0);
    for seen in own.flat_map(|beacon| beacon.observations) {
        let counts = !matches!(
            seen.outcome,
            Outcome::Aborted | Outcome::Unloaded | Outcome::Offline | Outcome::LocalNetwork
        );
        if seen.kind == Kind::Request && counts {
            requests += u64::from(seen.count);
            blocked += u64::from(seen.count) * u64::from(seen.outcome == Outcome::Blocked);
        }
    }
    (blocked, requests)
}

#[tokio::test]
async fn a_filled_data_directory_shows_exactly_what_was_generated() {
    let folder = tempfile::tempdir().expect("a directory");
    let plan = Plan {
        seed: 5,
        days: 12,
        rows: 20_000,
        end: Clock::system().now().minute(),
    };
    let end = humantime_of(plan.end.0);
    let (code, out, err) = corswatch(
        folder.path(),
        &[
            "demo-data",
            "--days",
            "12",
            "--rows",
            "20000",
            "--seed",
            "5",
            "--data",
            "data",
            "--end",
            &end,
        ],
    );
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, err) = corswatch(
        folder.path(),
        &[
            "verify",
            "--config",
            "data/corswatch.toml",
            "--data",
            "data",
            "--from",
            "13d",
            "--to",
            "1m",
        ],
    );
    assert_eq!(code, Some(0), "raw rows and rollups agree: {out}{err}");
    let (code, _, err) = corswatch(folder.path(), &["demo-data", "--data", "data"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("holds data already"), "{err}");

    let data = folder.path().join("data");
    let config = data.join("corswatch.toml");
    let config = config.to_str().expect("a path");
    let product = Product::up(&data, &["--config", config]).await;
    for app in ["shop", "partners", "console"] {
        let question = format!("/api/v1/sli?app={app}&window=13d");
        let answer = product.private.get(&question).await.expect("an answer");
        let sli: serde_json::Value = answer.json().await.expect("JSON");
        let rate = &sli["block_rate"];
        let shown = (rate["bad"].as_u64(), rate["total"].as_u64());
        let (blocked, requests) = generated(&plan, app);
        assert_eq!(shown, (Some(blocked), Some(requests)), "{app}");
        assert!(requests > 1000, "{app}");
    }
}

/// Milliseconds since 1970 as the command line reads them.
fn humantime_of(millis: i64) -> String {
    let since = std::time::Duration::from_millis(millis.unsigned_abs());
    humantime::format_rfc3339(std::time::UNIX_EPOCH + since).to_string()
}
