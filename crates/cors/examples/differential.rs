//! `cargo run -p cors --example differential -- SEED COUNT` (or `-- FILE`): compares the engine with
//! the installed Chromium on random exchanges (or those of a file), and prints what differs.
#![allow(missing_docs, unreachable_pub)]

use std::path::Path;

use serde_json::Value;

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/compare.rs"]
mod compare;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;
#[path = "../differential/parts.rs"]
mod parts;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let lines = match arguments.first().filter(|first| Path::new(first).exists()) {
        Some(file) => read(file),
        None => random(&arguments),
    };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mismatches = compare::mismatches(&lines, directory.path());
    for mismatch in &mismatches {
        println!(
            "sent    {}\nengine  {}\nbrowser {}\n",
            mismatch.sent, mismatch.engine, mismatch.browser
        );
    }
    let agree = lines.len() - mismatches.len();
    println!(
        "{agree} of {} agree ({:.2} %)",
        lines.len(),
        agree as f64 * 100.0 / lines.len() as f64
    );
}

fn read(file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("the file can be read");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("one JSON object a line"))
        .collect()
}

fn random(arguments: &[String]) -> Vec<Value> {
    let mut numbers = arguments
        .iter()
        .map(|text| text.parse().expect("SEED and COUNT are numbers"));
    let seed: u64 = numbers.next().unwrap_or(1);
    let count: u64 = numbers.next().unwrap_or(5000);
    let parts = (count / 10).min(400);
    (0..count)
        .map(|number| generate::exchange(seed, number))
        .chain((0..parts).map(|number| parts::exposed(seed, number)))
        .chain((0..parts).map(|number| parts::safelisted(seed, number)))
        .chain((0..parts).map(|number| parts::cache(seed, number)))
        .collect()
}
