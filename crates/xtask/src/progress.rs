//! What a person sees while something takes long.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Does one step: says what starts, and how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let (done, took) = timed(work);
    if done.is_ok() {
        eprintln!("    done in {}", seconds(took));
    }
    done
}

/// Runs `work` and measures it.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a build step took; no test depends on it"
)]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// A duration with one digit of a second, or in minutes.
pub(crate) fn seconds(took: Duration) -> String {
    match took.as_secs() {
        0..120 => format!("{:.1} s", took.as_secs_f64()),
        secs => format!("{} min {:02} s", secs / 60, secs % 60),
    }
}
