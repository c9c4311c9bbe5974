//! Time as the log knows it: milliseconds since the Unix epoch, UTC, stamped once by the edge.

use serde::{Deserialize, Serialize};

/// Milliseconds in a minute.
pub const MILLIS_PER_MINUTE: i64 = 60_000;
/// Milliseconds in an hour.
pub const MILLIS_PER_HOUR: i64 = 3_600_000;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The start of the minute that holds this instant.
    #[must_use]
    pub const fn minute(self) -> Self {
        Self(self.0.div_euclid(MILLIS_PER_MINUTE) * MILLIS_PER_MINUTE)
    }

    /// The start of the hour that holds this instant.
    #[must_use]
    pub const fn hour(self) -> Self {
        Self(self.0.div_euclid(MILLIS_PER_HOUR) * MILLIS_PER_HOUR)
    }

    /// This instant moved by `millis`; saturates at the ends of the range.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_starts_at_or_before_its_instant_also_before_the_epoch() {
        for (at, minute) in [(0, 0), (59_999, 0), (60_000, 60_000), (-1, -60_000)] {
            assert_eq!(UnixMillis(at).minute(), UnixMillis(minute), "{at}");
        }
    }
}
