//! The real `promtool` of Debian (`prometheus`), as `cargo xtask setup` installs it: the generated rules, over the gauges
//! that an aggregator shows minute by minute, decide what the aggregator decides.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::rig::{Hand, Rig};
use crate::prometheus::{ALERT, alert_rules, rules};
use crate::{Config, FlowConfig, objectives};

/// Minutes that are played: a block of everything, a night with few requests, and a slow leak.
const MINUTES: i64 = 240;

fn traffic(minute: i64) -> (u64, u64) {
    match minute {
        20..30 => (60, 100),
        // Few failures of few requests: the guards hold.
        60..90 => (u64::from(minute == 70), 1),
        120..230 => (2 + u64::from(minute % 5 == 0), 100),
        _ => (0, 100),
    }
}

/// Every gauge of an objective, by its series.
fn gauges(metrics: &runtime::Metrics) -> Vec<(String, String)> {
    let text = metrics.encode_text();
    let lines = text
        .lines()
        .filter(|line| line.starts_with("corswatch_aggregator_slo_"));
    let pair = |line: &str| {
        line.rsplit_once(' ')
            .map(|(series, value)| (series.to_owned(), value.to_owned()))
    };
    lines.filter_map(pair).collect()
}

fn promtool(args: &[&str], folder: &Path) -> String {
    let output = Command::new("promtool")
        .args(args)
        .current_dir(folder)
        .output();
    let output = output.expect("promtool is installed: cargo xtask setup");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "promtool {args:?}: {said}");
    said
}

#[tokio::test(start_paused = true)]
async fn prometheus_decides_by_the_generated_rules_what_the_aggregator_decides() {
    let mut rig = Rig::new();
    let flow: FlowConfig = toml::from_str(
        "name = \"checkout\"\napp = \"shop\"\nendpoints = [\"/pay\"]\nobjective = 0.99",
    )
    .expect("well formed");
    rig.flows = vec![flow];
    rig.slos[0]
        .labels
        .insert("team".to_owned(), "we say \"{{ $value }}\"".to_owned());
    rig.healthy_day();
    let metrics = runtime::Metrics::default();
    let mut hand = Hand::of(rig.with(metrics.clone()));
    let mut series: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut decided: Vec<BTreeSet<(String, String)>> = Vec::new();
    for minute in 0..MINUTES {
        let (blocked, requests) = traffic(minute);
        rig.happen("", blocked, requests);
        let board = hand.round().await;
        for (name, value) in gauges(&metrics) {
            let values = series.entry(name).or_default();
            values.resize(usize::try_from(minute).expect("small"), "_".to_owned());
            values.push(value);
        }
        let of_slo = |status: &crate::SloStatus| {
            let name = status.name.clone();
            let exceeded = status.rules.iter().filter(|rule| rule.judgement.exceeded());
            exceeded
                .map(|rule| (name.clone(), rule.name.clone()))
                .collect::<Vec<_>>()
        };
        decided.push(board.slos.iter().flat_map(of_slo).collect());
        rig.pass(60_000).await;
    }
    hand.stop().await;
    let firing: Vec<usize> = decided.iter().map(BTreeSet::len).collect();
    assert!(
        firing.contains(&0) && firing.iter().any(|&count| count > 1),
        "{firing:?}"
    );

    let slos = objectives(
        (&rig.slos, &rig.flows),
        &["shop".to_owned()],
        &Config::default(),
        settings::Span::secs(3600),
    );
    let expected = |decided: &BTreeSet<(String, String)>| {
        let all = slos.iter().flat_map(alert_rules);
        let firing = all.filter(|rule| decided.contains(&(rule.slo.clone(), rule.rule.clone())));
        let alert = |rule: crate::prometheus::AlertRule| json!({"exp_labels": rule.labels, "exp_annotations": rule.annotations});
        firing.map(alert).collect::<Vec<Value>>()
    };
    let tests = decided.iter().enumerate().map(|(minute, decided)| {
        json!({"eval_time": format!("{minute}m"), "alertname": ALERT, "exp_alerts": expected(decided)})
    });
    let input = series
        .iter()
        .map(|(name, values)| json!({"series": name, "values": values.join(" ")}));
    let file = json!({
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": input.collect::<Vec<_>>(),
            "alert_rule_test": tests.collect::<Vec<_>>(),
        }],
    });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rules.yml"), rules(&slos).yaml).expect("written");
    std::fs::write(folder.path().join("tests.yml"), file.to_string()).expect("written");
    let checked = promtool(&["check", "rules", "rules.yml"], folder.path());
    assert!(checked.contains("SUCCESS: 8 rules found"), "{checked}");
    promtool(&["test", "rules", "tests.yml"], folder.path());
}
