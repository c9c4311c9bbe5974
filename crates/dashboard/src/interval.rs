//! A time that is asked about.

use observation::{MILLIS_PER_MINUTE, UnixMillis};

/// Whole minutes, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// First instant.
    pub from: UnixMillis,
    /// The instant after the last.
    pub to: UnixMillis,
}

impl Interval {
    /// Its length in milliseconds.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.to.0 - self.from.0
    }

    /// The last `millis` before `at`, widened to whole minutes.
    #[must_use]
    pub const fn ending_at(at: UnixMillis, millis: i64) -> Self {
        let to = at.plus(MILLIS_PER_MINUTE - 1).minute();
        Self {
            from: at.plus(-millis).minute(),
            to,
        }
    }
}
