//! The circuit breaker of one partition: where the next record goes.
//!
//! Closed, records go to Kafka. Once one of them is not acknowledged in time the breaker is open:
//! records go to the spool, and nothing goes to the partition but what the drain sends. What had
//! been handed to Kafka before is still there, and the client repeats it by itself: that is the
//! first probe, and until it is settled the drain sends nothing, so that a slow broker is never
//! given the same record twice at a time.
//!
//! The order of a partition is kept: as long as the spool holds one record of it, all later ones
//! follow it there. So that a busy partition finds its way back, the last stretch is a hand-over:
//! new records wait for a moment until the spool is empty.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

/// Where the breaker stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Records go to Kafka.
    #[default]
    Closed,
    /// Records wait until the spool is empty.
    HandOver,
    /// Records go to the spool.
    Open,
}

impl Mode {
    /// The value of the gauge.
    pub(crate) const fn as_number(self) -> i64 {
        match self {
            Self::Closed => 0,
            Self::HandOver => 1,
            Self::Open => 2,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    mode: Mode,
    /// Records that are on their way into the spool.
    landing: u64,
    /// Records that callers handed to Kafka and that Kafka has not reported on.
    in_flight: u64,
}

/// The breaker of one partition.
#[derive(Debug)]
pub(crate) struct Breaker(watch::Sender<State>);

/// A record that was handed to Kafka and is not settled. Settled when it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Breaker>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|state| {
            state.in_flight -= 1;
            // On the busy way of a closed breaker no one waits for it, but for a close.
            state.in_flight == 0
        });
    }
}

/// A record on its way into the spool. It has landed, or failed to, when this is dropped.
#[derive(Debug)]
pub(crate) struct Landing(Arc<Breaker>);

impl Drop for Landing {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|state| {
            state.landing -= 1;
            true
        });
    }
}

/// Where a record goes.
#[derive(Debug)]
pub(crate) enum Route {
    Kafka(InFlight),
    Spool(Landing),
}

impl Breaker {
    pub(crate) fn new(mode: Mode) -> Arc<Self> {
        let state = State {
            mode,
            ..State::default()
        };
        Arc::new(Self(watch::Sender::new(state)))
    }

    pub(crate) fn mode(&self) -> Mode {
        self.0.borrow().mode
    }

    /// Decides where the next record goes. During a hand-over that takes longer than `ack_timeout` it
    /// goes to the spool.
    pub(crate) async fn route(self: &Arc<Self>, ack_timeout: Duration) -> Route {
        if let Some(route) = self.try_route() {
            return route;
        }
        let mut changes = self.0.subscribe();
        let over = changes.wait_for(|state| state.mode != Mode::HandOver);
        // Too long, or another hand-over has begun: it follows the others into the spool.
        if tokio::time::timeout(ack_timeout, over).await.is_ok()
            && let Some(route) = self.try_route()
        {
            return route;
        }
        Route::Spool(self.trip().0)
    }

    fn try_route(self: &Arc<Self>) -> Option<Route> {
        let mut mode = Mode::Closed;
        self.0.send_if_modified(|state| {
            mode = state.mode;
            match mode {
                Mode::Closed => state.in_flight += 1,
                Mode::Open => state.landing += 1,
                Mode::HandOver => {}
            }
            false
        });
        match mode {
            Mode::Closed => Some(Route::Kafka(InFlight(Arc::clone(self)))),
            Mode::Open => Some(Route::Spool(Landing(Arc::clone(self)))),
            Mode::HandOver => None,
        }
    }

    /// Opens the breaker for a record that goes to the spool; also returns how it stood before.
    pub(crate) fn trip(self: &Arc<Self>) -> (Landing, Mode) {
        let mut before = Mode::Open;
        self.0.send_if_modified(|state| {
            before = std::mem::replace(&mut state.mode, Mode::Open);
            state.landing += 1;
            before != Mode::Open
        });
        (Landing(Arc::clone(self)), before)
    }

    /// Lets new records wait, because the spool is about to be empty.
    pub(crate) fn hand_over(&self) {
        self.swap(Mode::Open, Mode::HandOver);
    }

    /// Ends a hand-over that did not succeed.
    pub(crate) fn take_back(&self) {
        self.swap(Mode::HandOver, Mode::Open);
    }

    fn swap(&self, from: Mode, to: Mode) {
        self.0.send_if_modified(|state| {
            let is_so = state.mode == from;
            if is_so {
                state.mode = to;
            }
            is_so
        });
    }

    /// Closes the breaker, unless the spool holds something of the partition or will in a moment.
    pub(crate) fn try_close(&self, is_empty: impl Fn() -> bool) -> bool {
        self.0.send_if_modified(|state| {
            let closes = state.mode != Mode::Closed
                && (state.landing, state.in_flight) == (0, 0)
                && is_empty();
            if closes {
                state.mode = Mode::Closed;
            }
            closes
        })
    }

    /// Waits until the drain has something to do and Kafka is left alone by everybody else.
    pub(crate) async fn is_to_be_drained(&self) {
        let mut changes = self.0.subscribe();
        let ready = changes.wait_for(|state| state.mode != Mode::Closed && state.in_flight == 0);
        // The sender is `self`: it does not end before.
        let _ = ready.await;
    }

    /// Waits until no record is on its way anywhere.
    pub(crate) async fn is_settled(&self) {
        let mut changes = self.0.subscribe();
        let settled = changes.wait_for(|state| (state.landing, state.in_flight) == (0, 0));
        // The sender is `self`: it does not end before.
        let _ = settled.await;
    }

    /// Waits until no record is on its way into the spool, for at most `ack_timeout`.
    pub(crate) async fn has_landed(&self, ack_timeout: Duration) {
        let mut changes = self.0.subscribe();
        let landed = changes.wait_for(|state| state.landing == 0);
        // Either way the caller looks again.
        let _ = tokio::time::timeout(ack_timeout, landed).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKER_TIMEOUT: Duration = Duration::from_millis(100);

    async fn to_kafka(breaker: &Arc<Breaker>) -> InFlight {
        match breaker.route(BREAKER_TIMEOUT).await {
            Route::Kafka(in_flight) => in_flight,
            Route::Spool(_) => panic!("to the spool"),
        }
    }

    async fn to_spool(breaker: &Arc<Breaker>) -> Landing {
        match breaker.route(BREAKER_TIMEOUT).await {
            Route::Spool(landing) => landing,
            Route::Kafka(_) => panic!("to Kafka"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn records_follow_each_other_into_the_spool_until_it_is_empty() {
        let breaker = Breaker::new(Mode::Closed);
        let first = to_kafka(&breaker).await;
        let (landing, before) = breaker.trip();
        assert_eq!(before, Mode::Closed);
        assert_eq!(breaker.trip().1, Mode::Open, "told once");
        let second = to_spool(&breaker).await;
        drop(landing);
        assert!(!breaker.try_close(|| true), "one is still on its way");
        drop(second);
        assert!(!breaker.try_close(|| true), "Kafka still has one");
        drop(first);
        assert!(!breaker.try_close(|| false), "the spool holds something");
        assert!(breaker.try_close(|| true));
        drop(to_kafka(&breaker).await);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_drained_while_kafka_still_has_what_it_was_given() {
        let breaker = Breaker::new(Mode::Closed);
        let in_flight = to_kafka(&breaker).await;
        drop(breaker.trip());
        let drained = breaker.is_to_be_drained();
        tokio::pin!(drained);
        assert!(futures::poll!(&mut drained).is_pending());
        drop(in_flight);
        drained.await;
    }

    #[tokio::test(start_paused = true)]
    async fn during_a_hand_over_records_wait_and_then_go_to_kafka() {
        let breaker = Breaker::new(Mode::Open);
        breaker.hand_over();
        let waiting = breaker.route(BREAKER_TIMEOUT);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(breaker.try_close(|| true));
        assert!(matches!(waiting.await, Route::Kafka(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hand_over_that_fails_or_takes_too_long_sends_them_to_the_spool() {
        let breaker = Breaker::new(Mode::Open);
        breaker.hand_over();
        let waiting = breaker.route(BREAKER_TIMEOUT);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        breaker.take_back();
        assert!(matches!(waiting.await, Route::Spool(_)));

        breaker.hand_over();
        drop(to_spool(&breaker).await);
        assert_eq!(breaker.mode(), Mode::Open, "the others need not wait");
    }
}
