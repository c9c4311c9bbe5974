//! `cargo run --release -p cors --example throughput`: lines of JSON answered in a second of
//! processor time. An argument says of how many.
#![allow(missing_docs, unreachable_pub, clippy::disallowed_methods)]

use std::time::Instant;

#[path = "../differential/answers.rs"]
mod answers;
#[path = "../differential/dice.rs"]
mod dice;
#[path = "../differential/generate.rs"]
mod generate;

/// Hundredths of a second that threads of this process have had a processor, also those that have ended
/// (`proc(5)`, `utime` and `stime`): other programs on the machine do not count.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").expect("Linux tells");
    let (_, behind_name) = text.rsplit_once(')').expect("a name in brackets");
    let fields = behind_name.split_ascii_whitespace().skip(11).take(2);
    fields
        .map(|ticks| ticks.parse::<f64>().expect("a number"))
        .sum()
}

fn main() {
    let count = std::env::args()
        .nth(1)
        .map_or(100_000, |count| count.parse().expect("a count"));
    let lines: String = (0..count)
        .map(|number| format!("{}\n", generate::exchange(1, number)))
        .collect();
    let (start, start_of_all) = (processor_time(), Instant::now());
    let summary =
        explain::jsonl(lines.as_bytes(), std::io::sink()).expect("a sink takes everything");
    let elapsed = start_of_all.elapsed().as_secs_f64();
    let seconds = (processor_time() - start) / 100.0;
    let bytes = lines.len() as u64 / count;
    println!(
        "{:.0} exchanges of {bytes} bytes a second of a processor, {:.0} a second that passes",
        summary.answered_lines as f64 / seconds,
        summary.answered_lines as f64 / elapsed
    );
}
