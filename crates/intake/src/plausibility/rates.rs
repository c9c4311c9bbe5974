//! Requests a minute of page loads and networks.

use observation::UnixMillis;

use crate::ArrivalTable;

/// The generic cell rate algorithm by the time of arrival, in milliseconds.
#[derive(Debug)]
pub(super) struct Rates {
    per_second: u64,
    burst_millis: u64,
    arrivals: ArrivalTable,
}

impl Rates {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        Self {
            per_second,
            burst_millis: u64::from(burst) * 1000 / per_second,
            arrivals: ArrivalTable::default(),
        }
    }

    /// Whether `count` more are within the rate; if not, they are not counted.
    pub(super) fn admits(&self, reporter: u64, count: u32, at: UnixMillis) -> bool {
        let now = ArrivalTable::time(u64::try_from(at.0).unwrap_or(0));
        let most = now + self.burst_millis;
        let cost = (u64::from(count) * 1000).div_ceil(self.per_second);
        self.arrivals.update(reporter, |known| {
            // A time beyond the burst was left by a clock that has been set back since.
            let known = if known <= most { known } else { 0 };
            let next = known.max(now) + cost;
            (next <= most).then_some(next)
        })
    }
}
