//! What is shipped beside the binary: samples that the binary reads, and files that are there.
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).expect(file)
}

/// What `check-config ARGS` says of a configuration.
#[track_caller]
fn is_accepted(config: &str, args: &[&str]) {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("corswatch.toml");
    std::fs::write(&file, config).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_corswatch"))
        .args(["check-config", "--config"])
        .arg(&file)
        .args(args)
        // As the chart sets it.
        .env("CORSWATCH__COLLECTOR__LISTEN", "0.0.0.0:7780")
        .output()
        .expect("it runs");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {complaints}");
}

/// The lines of a block scalar `name: |` of YAML, without their indentation.
fn block(yaml: &str, name: &str) -> String {
    let start = format!("{name}: |");
    let lines = yaml.lines().skip_while(|line| *line != start).skip(1);
    let block = lines.take_while(|line| line.is_empty() || line.starts_with("  "));
    block
        .map(|line| format!("{}\n", line.trim_start_matches("  ")))
        .collect()
}

#[test]
fn the_configuration_of_the_chart_serves_every_role() {
    let values = text("deploy/helm/corswatch/values.yaml");
    let config = block(&values, "config");
    assert!(config.contains("[[apps]]"), "{config}");
    for role in ["collector", "loader", "aggregator", "prober", "dashboard"] {
        is_accepted(&config, &["--role", role]);
    }
}

#[test]
fn the_configuration_of_the_package_can_be_used() {
    is_accepted(&text("deploy/debian/corswatch.toml"), &[]);
}

#[test]
fn the_schema_of_the_chart_describes_every_value_and_permits_no_other() {
    let schema: serde_json::Value =
        serde_json::from_str(&text("deploy/helm/corswatch/values.schema.json")).expect("JSON");
    assert_eq!(schema["additionalProperties"], false);
    let described = schema["properties"].as_object().expect("values");
    let described: BTreeSet<&str> = described.keys().map(String::as_str).collect();
    let values = text("deploy/helm/corswatch/values.yaml");
    let given = values
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains(':'));
    let given: BTreeSet<&str> = given.filter_map(|line| line.split(':').next()).collect();
    // Helm itself gives every chart `global`.
    let given: BTreeSet<&str> = given.into_iter().chain(["global"]).collect();
    assert_eq!(given, described);
}

#[test]
fn every_file_that_the_package_takes_is_there_or_is_built() {
    let manifest: toml::Table = text("crates/corswatch/Cargo.toml").parse().expect("TOML");
    let deb = &manifest["package"]["metadata"]["deb"];
    let assets = deb["assets"].as_array().expect("a list");
    let sources = assets
        .iter()
        .map(|asset| asset[0].as_str().expect("a path"));
    let folder = root().join("crates/corswatch");
    let mut units = 0;
    for source in sources.filter(|source| !source.contains("target/")) {
        assert!(folder.join(source).is_file(), "{source}");
        units += usize::from(source.contains("systemd"));
    }
    assert_eq!(units, 3);
    for script in ["postinst", "prerm"] {
        let file = root().join("deploy/debian").join(script);
        assert!(
            Command::new("sh")
                .arg("-n")
                .arg(&file)
                .status()
                .expect("sh")
                .success(),
            "{script}"
        );
    }
}

#[test]
fn the_grafana_dashboard_asks_for_metrics_that_there_are() {
    let board: serde_json::Value =
        serde_json::from_str(&text("deploy/helm/corswatch/dashboards/corswatch.json"))
            .expect("JSON");
    let reference = text("docs/reference/metrics.md");
    let rules = text("docs/sre.md");
    let asked = format!("{board} {rules}");
    let names = asked.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let names: BTreeSet<&str> = names
        .filter(|name| name.starts_with("corswatch_"))
        .collect();
    assert!(names.len() > 3, "{names:?}");
    for name in names {
        assert!(reference.contains(&format!("\n{name} ")), "{name}");
    }
}
