//! The wall clock, as a value that tests can hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use observation::UnixMillis;

/// Tells the time. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        match &self.0 {
            Kind::System => UnixMillis(system_millis()),
            Kind::Manual(millis) => UnixMillis(millis.load(Ordering::Relaxed)),
        }
    }
}

/// Moves a clock by hand.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `now`, and its handle.
    #[must_use]
    pub fn at(now: UnixMillis) -> (Clock, Self) {
        let millis = Arc::new(AtomicI64::new(now.0));
        (Clock(Kind::Manual(Arc::clone(&millis))), Self(millis))
    }

    /// Moves the clock forward.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
fn system_millis() -> i64 {
    let since_epoch = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}
