//! `cargo run --release -p cors --example throughput`: lines of JSON answered in a second of
//! processor time.
#![allow(missing_docs, unreachable_pub)]

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;

/// Nanoseconds this process has had a processor: other programs on the machine do not count.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells");
    text.split(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("the first number")
}

fn main() {
    let lines: String = (0..100_000)
        .map(|number| format!("{}\n", generate::exchange(1, number)))
        .collect();
    let start = processor_time();
    let summary =
        explain::jsonl(lines.as_bytes(), std::io::sink()).expect("a sink takes everything");
    let seconds = (processor_time() - start) / 1e9;
    let bytes = lines.len() / 100_000;
    println!(
        "{:.0} exchanges of {bytes} bytes a second",
        summary.answered_lines as f64 / seconds
    );
}
