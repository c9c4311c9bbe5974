//! What delivery reports and statistics say about the brokers.
//!
//! The client's own "all brokers down" event cannot be relied on: some builds of librdkafka never
//! raise it.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use rdkafka::Statistics;
use runtime::Clock;

use crate::Health;
use crate::metrics::JournalMetrics;

/// Records that wait for so long without any report mean that the brokers are silent.
const SILENCE_MS: i64 = 5000;

/// A failure says nothing any more after so long without a new one; otherwise a server that was
/// taken out of service for it would never come back.
const MEMORY_MS: i64 = 10_000;

/// Statistics in a row without a connection after which there is none.
const MISSES: u32 = 2;

#[derive(Debug)]
pub(crate) struct Reports {
    clock: Clock,
    metrics: JournalMetrics,
    waiting: AtomicI64,
    /// When the last report came, or the first record after a time with none waiting.
    progress: AtomicI64,
    failed: AtomicBool,
    failure: Mutex<(i64, String)>,
    unconnected: AtomicU32,
}

impl Reports {
    pub(crate) fn new(clock: Clock, metrics: JournalMetrics) -> Self {
        metrics.ready.set(1);
        Self {
            clock,
            metrics,
            waiting: AtomicI64::new(0),
            progress: AtomicI64::new(0),
            failed: AtomicBool::new(false),
            failure: Mutex::default(),
            unconnected: AtomicU32::new(0),
        }
    }

    /// librdkafka took a record of `size` bytes.
    pub(crate) fn sent(&self, size: usize) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) == 0 {
            self.progress.store(self.clock.now().0, Ordering::Relaxed);
        }
        self.metrics.queue_bytes.inc_by(signed(size));
    }

    /// The report of a record, or that librdkafka did not take it after all.
    pub(crate) fn settled(&self, size: usize) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.metrics.queue_bytes.dec_by(signed(size));
        self.progress.store(self.clock.now().0, Ordering::Relaxed);
    }

    pub(crate) fn succeeded(&self) {
        // Read first: a write on every report would bounce the cache line between threads.
        if self.unconnected.load(Ordering::Relaxed) > 0 {
            self.unconnected.store(0, Ordering::Relaxed);
        }
        if self.failed.load(Ordering::Relaxed) {
            self.failed.store(false, Ordering::Relaxed);
            self.metrics.ready.set(1);
        }
    }

    pub(crate) fn failed(&self, reason: String) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = (self.clock.now().0, reason);
        self.failed.store(true, Ordering::Relaxed);
        self.metrics.ready.set(0);
    }

    /// Looks at the connections.
    pub(crate) fn observe(&self, statistics: &Statistics) {
        let mut known = statistics
            .brokers
            .values()
            .filter(|broker| broker.nodeid >= 0)
            .peekable();
        // INIT is the state of a broker that nothing was to be asked of.
        let connected = known.peek().is_some()
            && known.any(|broker| matches!(broker.state.as_str(), "UP" | "UPDATE" | "INIT"));
        if connected {
            self.unconnected.store(0, Ordering::Relaxed);
        } else {
            self.unconnected.fetch_add(1, Ordering::Relaxed);
        }
        self.metrics.ready.set(self.health().is_ready().into());
    }

    pub(crate) fn health(&self) -> Health {
        self.trouble()
            .map_or(Health::Ready, |reason| Health::Unready { reason })
    }

    fn trouble(&self) -> Option<String> {
        let now = self.clock.now().0;
        let silent = now.saturating_sub(self.progress.load(Ordering::Relaxed));
        if self.waiting.load(Ordering::Relaxed) > 0 && silent > SILENCE_MS {
            return Some(format!("Kafka has acknowledged nothing for {silent} ms"));
        }
        if self.unconnected.load(Ordering::Relaxed) >= MISSES {
            return Some("no connection to any broker of Kafka".to_owned());
        }
        if !self.failed.load(Ordering::Relaxed) {
            return None;
        }
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        (now.saturating_sub(failure.0) <= MEMORY_MS).then(|| failure.1.clone())
    }
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;
    use runtime::{ManualClock, Metrics};

    use super::*;

    fn reports() -> (Reports, ManualClock) {
        let (clock, hand) = ManualClock::at(UnixMillis(1_000_000));
        let metrics = JournalMetrics::register(&Metrics::default(), 1);
        (Reports::new(clock, metrics), hand)
    }

    #[test]
    fn silence_while_records_wait_is_not_healthy_and_silence_without_is() {
        let (reports, hand) = reports();
        hand.advance(60_000);
        assert!(reports.health().is_ready(), "nothing was sent");
        reports.sent(10);
        assert!(reports.health().is_ready(), "it was sent just now");
        hand.advance(SILENCE_MS + 1);
        assert!(!reports.health().is_ready());
        reports.settled(10);
        assert!(reports.health().is_ready());
    }

    #[test]
    fn a_failure_counts_until_a_success_or_until_it_is_old() {
        let (reports, hand) = reports();
        reports.failed("not enough replicas".to_owned());
        assert_eq!(
            reports.health(),
            Health::Unready {
                reason: "not enough replicas".to_owned()
            }
        );
        reports.succeeded();
        assert!(reports.health().is_ready());
        reports.failed("not enough replicas".to_owned());
        hand.advance(MEMORY_MS + 1);
        assert!(reports.health().is_ready(), "worth another try");
    }
}
