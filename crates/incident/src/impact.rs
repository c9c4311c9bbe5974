//! What users notice.

use observation::{UnixMillis, vocabulary};
use serde::{Deserialize, Serialize};

vocabulary! {
    /// Where the number of failures goes.
    Trend {
        /// More than before.
        Rising => "rising",
        /// About as many.
        Steady => "steady",
        /// Fewer.
        Falling => "falling",
        /// None lately.
        Over => "over",
    }
}

/// Requests in the latest minutes and in as many before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Requests lately.
    pub requests: u64,
    /// Of these, failed.
    pub failed: u64,
    /// Failed in as many minutes before.
    pub failed_before: u64,
}

/// What users notice, counted over the endpoints that fail since the first failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// Page loads with a failure.
    pub sessions: u64,
    /// Page loads that asked for one of the endpoints.
    pub all_sessions: u64,
    /// Client networks with a failure, among those that are known.
    pub networks: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests.
    pub requests: u64,
    /// The latest minutes.
    pub recent: Recent,
    /// The first failure.
    pub since: UnixMillis,
}

/// What users of a critical flow notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowImpact {
    /// Its name.
    pub name: String,
    /// Page loads of it with a failure.
    pub sessions: u64,
    /// Page loads of it.
    pub all_sessions: u64,
}

impl FlowImpact {
    /// Share of its page loads with a failure; none without page loads.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
    pub fn share(&self) -> Option<f64> {
        (self.all_sessions > 0).then(|| self.sessions as f64 / self.all_sessions as f64)
    }
}

impl Impact {
    /// The impact of several apps together; none without any.
    pub fn total<'a>(parts: impl Iterator<Item = &'a Self>) -> Option<Self> {
        parts.cloned().reduce(|one, other| Self {
            sessions: one.sessions + other.sessions,
            all_sessions: one.all_sessions + other.all_sessions,
            // Apps may share clients: at least as many as the greater number.
            networks: one.networks.max(other.networks),
            failed: one.failed + other.failed,
            requests: one.requests + other.requests,
            recent: Recent {
                requests: one.recent.requests + other.recent.requests,
                failed: one.recent.failed + other.recent.failed,
                failed_before: one.recent.failed_before + other.recent.failed_before,
            },
            since: one.since.min(other.since),
        })
    }

    /// Share of the requests that failed; none without requests.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
    pub fn share(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.failed as f64 / self.requests as f64)
    }

    /// Where the number of failures goes: a quarter more or less is a change.
    #[must_use]
    pub const fn trend(&self) -> Trend {
        let (now, before) = (self.recent.failed, self.recent.failed_before);
        if now == 0 {
            Trend::Over
        } else if now * 4 > before * 5 {
            Trend::Rising
        } else if now * 5 < before * 4 {
            Trend::Falling
        } else {
            Trend::Steady
        }
    }
}

impl Recent {
    /// Whether requests pass again: some did, and at most one in twenty failed.
    #[must_use]
    pub const fn recovered(&self) -> bool {
        self.requests > 0 && self.failed * 20 <= self.requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn impact(now: u64, before: u64) -> Impact {
        Impact {
            sessions: 3,
            all_sessions: 12,
            networks: 2,
            failed: 30,
            requests: 120,
            recent: Recent {
                requests: 100,
                failed: now,
                failed_before: before,
            },
            since: UnixMillis(5),
        }
    }

    #[test]
    fn a_quarter_more_or_less_is_a_trend_and_one_in_twenty_is_no_failure_of_all() {
        for (now, before, trend, recovered) in [
            (0, 9, Trend::Over, true),
            (9, 0, Trend::Rising, false),
            (11, 10, Trend::Steady, false),
            (5, 10, Trend::Falling, true),
        ] {
            let impact = impact(now, before);
            assert_eq!(
                (impact.trend(), impact.recent.recovered()),
                (trend, recovered),
                "{now} {before}"
            );
        }
        assert!(!Recent::default().recovered(), "silence is not health");
    }

    #[test]
    fn apps_are_added_up_and_shared_networks_are_not() {
        let (one, mut other) = (impact(1, 1), impact(2, 2));
        other.since = UnixMillis(2);
        let total = Impact::total([&one, &other].into_iter()).expect("two");
        assert_eq!(
            (total.sessions, total.networks, total.since),
            (6, 2, UnixMillis(2))
        );
        assert_eq!(total.share(), Some(0.25));
        assert_eq!(Impact::total([].into_iter()), None);
    }
}
