//! Requests a minute of page loads and networks, in a table of fixed size.

use std::sync::atomic::{AtomicU64, Ordering};

use observation::UnixMillis;

/// Places of one bucket: a cache line.
const WAYS: usize = 8;
const BUCKETS: usize = 8_192;
/// A place holds 22 bits that tell reporters apart, and 42 bits of milliseconds (until the year 2109).
const TIME_BITS: u32 = 42;
const TIME_MASK: u64 = (1 << TIME_BITS) - 1;

/// The generic cell rate algorithm by the time of arrival: a reporter that has reported nothing for a
/// while needs no place, and where all places of a bucket are taken, the one that is nearest to its
/// full allowance gives way.
#[derive(Debug)]
pub(super) struct Rates {
    per_second: u64,
    burst_millis: u64,
    places: Box<[[AtomicU64; WAYS]]>,
}

impl Rates {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        let per_second = u64::from(per_second.max(1));
        Self {
            per_second,
            burst_millis: u64::from(burst) * 1000 / per_second,
            places: (0..BUCKETS).map(|_| Default::default()).collect(),
        }
    }

    /// Whether `count` more are within the rate; if not, they are not counted.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lowest bits of a hash are a place"
    )]
    pub(super) fn admits(&self, reporter: u64, count: u32, at: UnixMillis) -> bool {
        let now = u64::try_from(at.0).unwrap_or(0) & TIME_MASK;
        let cost = (u64::from(count) * 1000).div_ceil(self.per_second);
        let bucket = &self.places[reporter as usize % BUCKETS];
        let mark = reporter & !TIME_MASK;
        loop {
            let (place, found) = choose(bucket, mark);
            // A time beyond the burst was left by a clock that has been set back since.
            let known = found & TIME_MASK;
            let is_own = found & !TIME_MASK == mark && known <= now + self.burst_millis;
            let known = if is_own { known } else { 0 };
            let next = known.max(now) + cost;
            if next > now + self.burst_millis {
                return false;
            }
            let next = mark | (next & TIME_MASK);
            let put =
                place.compare_exchange_weak(found, next, Ordering::Relaxed, Ordering::Relaxed);
            if put.is_ok() {
                return true;
            }
        }
    }
}

/// The reporter's place, or else the one nearest to its full allowance.
fn choose(bucket: &[AtomicU64; WAYS], mark: u64) -> (&AtomicU64, u64) {
    let mut best = (&bucket[0], u64::MAX);
    for place in bucket {
        let found = place.load(Ordering::Relaxed);
        if found != 0 && found & !TIME_MASK == mark {
            return (place, found);
        }
        if best.1 == u64::MAX || found & TIME_MASK < best.1 & TIME_MASK {
            best = (place, found);
        }
    }
    best
}
