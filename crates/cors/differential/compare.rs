//! Runs exchanges through the engine and through a real Chromium and compares the two.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What did not agree.
pub struct Mismatch {
    pub sent: Value,
    pub engine: Value,
    pub browser: Value,
}

/// What a real Chromium did with each line, in the same order.
pub fn observe(lines: &[Value], directory: &Path) -> Vec<Value> {
    let (input, output) = (
        directory.join("exchanges.jsonl"),
        directory.join("observed.jsonl"),
    );
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&input, text).expect("a temporary file can be written");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("differential/run.mjs");
    let status = Command::new("node")
        .arg(script)
        .args([&input, &output])
        .status()
        .expect("node and chromium are needed: run `cargo xtask setup`");
    assert!(
        status.success(),
        "the browser run failed ({status}); `cargo xtask setup` installs node and chromium"
    );
    let text = std::fs::read_to_string(&output).expect("the run wrote its observations");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("observations are JSON"))
        .collect()
}

/// What the engine says to each line.
pub fn engine(lines: &[Value]) -> Vec<Value> {
    let answer = |line: &Value| explain::line(&line.to_string(), 1);
    lines
        .iter()
        .map(|line| serde_json::from_str(&answer(line)).expect("answers are JSON"))
        .collect()
}

/// The fields that have to agree.
const FIELDS: [&str; 7] = [
    "verdict",
    "error",
    "parameter",
    "preflight_sent",
    "readable",
    "safelisted",
    "second_preflight",
];

pub fn mismatches(lines: &[Value], directory: &Path) -> Vec<Mismatch> {
    let (engine, browser) = (engine(lines), observe(lines, directory));
    assert_eq!(browser.len(), lines.len(), "one observation a line");
    lines
        .iter()
        .zip(engine.into_iter().zip(browser))
        .filter(|(_, (engine, browser))| FIELDS.iter().any(|field| engine[field] != browser[field]))
        .map(|(sent, (engine, browser))| Mismatch {
            sent: sent.clone(),
            engine,
            browser,
        })
        .collect()
}
