//! The engine's rulings for Firefox and WebKit against the real ones.
#![allow(missing_docs, unreachable_pub)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;

const SEED: u64 = 501;
const COUNT: u64 = 1500;

/// Of this many exchanges at most one may be decided otherwise: WebKit has habits that no rule covers.
const ONE_OF: usize = 500;

fn observe(engine: &str, lines: &[Value], directory: &Path) -> Vec<Value> {
    let (input, output) = (directory.join("exchanges"), directory.join("observed"));
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(&input, text).expect("a temporary file can be written");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("differential/engines.mjs");
    let status = Command::new("node")
        .arg(script)
        .arg(engine)
        .args([&input, &output])
        .status()
        .expect("node is needed: run `cargo xtask setup`");
    assert!(
        status.success(),
        "the run in {engine} failed ({status}); `cargo xtask setup` installs it, and what it is driven with"
    );
    let text = std::fs::read_to_string(&output).expect("the run wrote its observations");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("observations are JSON"))
        .collect()
}

/// What the engine says of an exchange in a browser: its own word where that differs.
fn ruling(engine: &str, line: &Value) -> Value {
    let answer: Value = serde_json::from_str(&explain::line(&line.to_string(), 1)).expect("JSON");
    match &answer["by_engine"][engine] {
        Value::Null => answer["verdict"].clone(),
        other => other["verdict"].clone(),
    }
}

fn agrees(engine: &str) {
    let lines: Vec<Value> = (0..COUNT)
        .map(|number| generate::exchange(SEED, number))
        .collect();
    let directory = tempfile::tempdir().expect("a temporary directory");
    let seen = observe(engine, &lines, directory.path());
    assert_eq!(seen.len(), lines.len(), "one observation a line");
    let wrong: Vec<String> = lines
        .iter()
        .zip(&seen)
        .filter(|(line, seen)| ruling(engine, line) != seen["verdict"])
        .map(|(line, seen)| format!("{} in {engine}: {line}", seen["verdict"]))
        .collect();
    assert!(wrong.len() * ONE_OF <= lines.len(), "{}", wrong.join("\n"));
    let otherwise = lines
        .iter()
        .filter(|line| ruling(engine, line) != ruling("chromium", line))
        .count();
    assert!(
        otherwise >= 5,
        "the sample has differences at all: {otherwise}"
    );
}

#[test]
fn rulings_for_firefox_are_those_of_a_real_one() {
    agrees("firefox");
}

#[test]
fn rulings_for_webkit_are_those_of_a_real_one() {
    agrees("webkit");
}
