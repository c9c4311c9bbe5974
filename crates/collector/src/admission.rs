//! What is in flight, and what the edge says when it is much.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::gauge::Gauge;

use crate::Limits;
use crate::outcome::Shed;

/// Retry-After of a refused request, in seconds: spread, so that clients do not come back together.
const RETRY_AFTER: std::ops::RangeInclusive<u64> = 5..=30;
/// From which part of the limit on pages are told to flush less often, and how often then.
const FLUSH_INTERVALS: [(i64, i64, u64); 3] = [(3, 4, 120), (1, 2, 60), (1, 4, 30)];

/// Requests and bytes in flight, counted in the gauges that show them.
#[derive(Debug)]
pub(crate) struct InFlight {
    requests: Gauge,
    max_requests: i64,
    bytes: Gauge,
    max_bytes: i64,
    jitter: AtomicU64,
}

impl InFlight {
    pub(crate) fn new(limits: &Limits, requests: Gauge, bytes: Gauge) -> Self {
        Self {
            requests,
            max_requests: i64::from(limits.requests_in_flight),
            bytes,
            max_bytes: i64::try_from(limits.bytes_in_flight.bytes()).unwrap_or(i64::MAX),
            jitter: AtomicU64::new(0),
        }
    }

    /// Whether another request would be one too many: asked before anything is read of it.
    pub(crate) fn has_room(&self) -> Result<(), Shed> {
        if self.requests.get() >= self.max_requests {
            return Err(Shed::Requests);
        }
        Ok(())
    }

    /// How often pages should flush, in seconds, where they should flush less often than they do.
    pub(crate) fn flush_interval(&self) -> Option<u64> {
        let requests = self.requests.get();
        FLUSH_INTERVALS
            .iter()
            .find(|(part, of, _)| requests * of >= self.max_requests * part)
            .map(|(_, _, seconds)| *seconds)
    }

    /// Seconds after which to try again.
    pub(crate) fn retry_after(&self) -> u64 {
        // The golden ratio's Weyl sequence: neighbours are far apart, all values equally often.
        let step = self
            .jitter
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        RETRY_AFTER.start() + step % (RETRY_AFTER.end() - RETRY_AFTER.start() + 1)
    }
}

/// What one request holds. Freed when it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Held {
    bytes: i64,
    placed: bool,
}

impl Held {
    /// Holds more bytes.
    pub(crate) fn bytes(&mut self, of: &InFlight, bytes: usize) -> Result<(), Shed> {
        let more = i64::try_from(bytes).unwrap_or(i64::MAX);
        let before = of.bytes.inc_by(more);
        self.bytes += more;
        if before + more > of.max_bytes {
            return Err(Shed::Bytes);
        }
        Ok(())
    }

    /// Takes a place among the requests that wait for the journal. Bodies still on their way have
    /// none: slow senders must not keep out quick ones.
    pub(crate) fn place(&mut self, of: &InFlight) -> Result<(), Shed> {
        let before = of.requests.inc();
        self.placed = true;
        if before >= of.max_requests {
            return Err(Shed::Requests);
        }
        Ok(())
    }

    /// Frees everything.
    pub(crate) fn free(&mut self, of: &InFlight) {
        of.bytes.dec_by(self.bytes);
        if self.placed {
            of.requests.dec();
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_flight(requests: u32) -> InFlight {
        let limits = Limits {
            requests_in_flight: requests,
            ..Limits::default()
        };
        InFlight::new(&limits, Gauge::default(), Gauge::default())
    }

    #[test]
    fn what_is_held_is_freed_also_after_a_refusal() {
        let of = in_flight(1);
        let mut first = Held::default();
        let mut second = Held::default();
        assert_eq!(first.place(&of), Ok(()));
        assert_eq!(of.has_room(), Err(Shed::Requests));
        assert_eq!(second.place(&of), Err(Shed::Requests));
        assert_eq!(second.bytes(&of, 64 << 20), Ok(()));
        assert_eq!(first.bytes(&of, 1), Err(Shed::Bytes));
        first.free(&of);
        second.free(&of);
        assert_eq!((of.requests.get(), of.bytes.get()), (0, 0));
    }

    #[test]
    fn pages_are_told_to_flush_less_often_before_they_are_refused() {
        let of = in_flight(100);
        for (requests, seconds) in [
            (0, None),
            (24, None),
            (25, Some(30)),
            (50, Some(60)),
            (99, Some(120)),
        ] {
            of.requests.set(requests);
            assert_eq!(of.flush_interval(), seconds, "{requests}");
        }
    }

    #[test]
    fn retries_are_spread_over_the_whole_span() {
        let of = in_flight(1);
        let seen: std::collections::BTreeSet<_> = (0..500).map(|_| of.retry_after()).collect();
        assert_eq!(seen, RETRY_AFTER.collect());
    }
}
