//! `cargo run --release -p cors --example throughput`: lines of JSON answered a second on one core.
#![allow(missing_docs, unreachable_pub, clippy::disallowed_methods)]

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;

fn main() {
    let lines: String = (0..100_000)
        .map(|number| format!("{}\n", generate::exchange(1, number)))
        .collect();
    let start = std::time::Instant::now();
    let summary =
        cors::explain::jsonl(lines.as_bytes(), std::io::sink()).expect("a sink takes everything");
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.0} exchanges/s", summary.answered_lines as f64 / seconds);
}
