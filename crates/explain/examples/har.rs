//! `cargo run --release -p explain --example har FILE`: time and memory that a HAR file takes, without
//! printing its report.
#![allow(missing_docs)]

use std::time::Duration;

/// How long this process has had a processor: other programs on the machine do not count.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells");
    let nanoseconds = text
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the first number"))
}

/// The most memory that this process has had, in words.
fn peak_memory() -> String {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.unwrap_or_default().trim().to_owned()
}

fn main() {
    let path = std::env::args().nth(1).expect("a file");
    let file = std::fs::read(path).expect("a file that can be read");
    let start = processor_time();
    let report = explain::har::explain(&file).expect("a HAR file");
    explain::har_json(&report, None, &mut std::io::sink()).expect("a sink takes everything");
    println!(
        "{} bytes, {:?}: {:?}, at most {}",
        file.len(),
        report.summary(),
        processor_time() - start,
        peak_memory()
    );
}
