//! The bounded hand-over from a reading thread to the task that consumes.
//!
//! A channel would do, but for two things: what belongs to a revoked or rewound partition must
//! leave it at once, and its bound is bytes as well as records.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use tokio::sync::Notify;

use crate::{Cause, ConsumeError, Event};

/// Records that may wait, whatever their size.
const MAX_RECORDS: usize = 16_384;

/// Wakes the reading thread, which parks while it has nothing to do.
#[derive(Debug, Default)]
pub(crate) struct ThreadWaker(OnceLock<Thread>);

impl ThreadWaker {
    /// Rings for the calling thread from now on.
    pub(crate) fn answer_here(&self) {
        // A second call would come from the same thread.
        let _ = self.0.set(std::thread::current());
    }

    pub(crate) fn ring(&self) {
        if let Some(thread) = self.0.get() {
            thread.unpark();
        }
    }
}

#[derive(Debug)]
pub(crate) struct BoundedHandoff {
    state: Mutex<State>,
    ready: Notify,
    bell: std::sync::Arc<ThreadWaker>,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    records: usize,
    bytes: usize,
    /// The reader waits for room.
    stalled: bool,
    /// ShortageLog once, after the events before it.
    problem: Option<Cause>,
    /// ShortageLog from now on, after the events before it.
    ended: Option<String>,
}

impl BoundedHandoff {
    pub(crate) fn new(max_bytes: usize, bell: std::sync::Arc<ThreadWaker>) -> Self {
        Self {
            state: Mutex::default(),
            ready: Notify::new(),
            bell,
            max_bytes,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event. The caller asks [`Self::is_full`] before it fetches more, so that the bound
    /// is exceeded by at most one batch.
    pub(crate) fn push(&self, event: Event) {
        {
            let mut state = self.state();
            match &event {
                Event::Record(record) => {
                    state.records += 1;
                    state.bytes += record.payload.len();
                }
                Event::CaughtUp { partition, .. } => {
                    // Only the latest counts; without this an absent consumer would let them pile.
                    let partition = *partition;
                    state.events.retain(|event| {
                        !matches!(event, Event::CaughtUp { partition: p, .. } if *p == partition)
                    });
                }
                Event::Assigned { .. } | Event::Revoked { .. } => {}
            }
            state.events.push_back(event);
        }
        self.ready.notify_one();
    }

    /// Whether the reader must wait. The bell rings when half of it is free again.
    pub(crate) fn is_full(&self) -> bool {
        let mut state = self.state();
        let full = state.records >= MAX_RECORDS || state.bytes >= self.max_bytes;
        let more_than_half = state.records > MAX_RECORDS / 2 || state.bytes > self.max_bytes / 2;
        state.stalled = full || (state.stalled && more_than_half);
        state.stalled
    }

    /// Forgets what waits of a partition, because it is revoked or rewound.
    pub(crate) fn forget(&self, partition: u32) {
        let mut state = self.state();
        state.events.retain(|event| match event {
            Event::Record(record) => record.partition != partition,
            Event::CaughtUp { partition: p, .. } => *p != partition,
            Event::Assigned { .. } | Event::Revoked { .. } => true,
        });
        let sizes = state.events.iter().filter_map(|event| match event {
            Event::Record(record) => Some(record.payload.len()),
            _ => None,
        });
        let (records, bytes) = sizes.fold((0, 0), |(n, sum), size| (n + 1, sum + size));
        (state.records, state.bytes) = (records, bytes);
    }

    /// Tells of a failure that may pass.
    pub(crate) fn report(&self, cause: Cause) {
        self.state().problem = Some(cause);
        self.ready.notify_one();
    }

    /// Tells that nothing will come any more.
    pub(crate) fn end(&self, reason: String) {
        self.state().ended.get_or_insert(reason);
        self.ready.notify_one();
    }

    /// The next event. Cancel safe: nothing is taken before it is returned.
    pub(crate) async fn next(&self) -> Result<Event, ConsumeError> {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            // `notify_one` leaves a permit behind, so an event between the two is not missed.
            self.ready.notified().await;
        }
    }

    fn take(&self) -> Option<Result<Event, ConsumeError>> {
        let mut state = self.state();
        let Some(event) = state.events.pop_front() else {
            if let Some(cause) = state.problem.take() {
                return Some(Err(ConsumeError::Unavailable(cause)));
            }
            let ended = state.ended.clone()?;
            return Some(Err(ConsumeError::Ended(ended.into())));
        };
        if let Event::Record(record) = &event {
            state.records -= 1;
            state.bytes -= record.payload.len();
            if state.stalled
                && state.records <= MAX_RECORDS / 2
                && state.bytes <= self.max_bytes / 2
            {
                state.stalled = false;
                drop(state);
                self.bell.ring();
            }
        }
        Some(Ok(event))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use observation::UnixMillis;

    use super::*;
    use crate::Consumed;

    fn record(partition: u32, offset: u64, size: usize) -> Event {
        Event::Record(Consumed {
            partition,
            offset,
            append_time: UnixMillis(0),
            key: [0; 12],
            payload: Bytes::from(vec![0; size]),
        })
    }

    fn feed(max_bytes: usize) -> BoundedHandoff {
        BoundedHandoff::new(max_bytes, Arc::default())
    }

    #[tokio::test]
    async fn a_full_feed_has_room_again_once_half_of_it_was_taken() {
        let feed = feed(400);
        for offset in 0..4 {
            assert!(!feed.is_full(), "{offset}");
            feed.push(record(0, offset, 100));
        }
        assert!(feed.is_full());
        feed.next().await.expect("one waits");
        assert!(feed.is_full(), "three quarters are still taken");
        feed.next().await.expect("one waits");
        assert!(!feed.is_full());
    }

    #[tokio::test]
    async fn what_waits_of_a_rewound_partition_is_forgotten_and_the_rest_stays() {
        let feed = feed(1000);
        feed.push(record(0, 1, 400));
        feed.push(record(1, 7, 10));
        feed.push(record(0, 2, 700));
        assert!(feed.is_full());
        feed.forget(0);
        assert!(!feed.is_full());
        assert_eq!(
            feed.next().await.expect("the other partition"),
            record(1, 7, 10)
        );
    }

    #[tokio::test]
    async fn a_failure_is_told_after_what_was_read_before_it() {
        let feed = feed(1000);
        feed.report("broker away".into());
        feed.end("over".to_owned());
        feed.push(record(0, 1, 1));
        assert!(feed.next().await.is_ok());
        assert!(matches!(
            feed.next().await,
            Err(ConsumeError::Unavailable(_))
        ));
        for _ in 0..2 {
            assert!(matches!(feed.next().await, Err(ConsumeError::Ended(_))));
        }
    }

    #[tokio::test]
    async fn an_idle_partition_does_not_fill_the_feed() {
        let feed = feed(1000);
        for at in 0..3 {
            let at = UnixMillis(at);
            feed.push(Event::CaughtUp {
                partition: 0,
                next_offset: 5,
                at,
            });
        }
        let last = Event::CaughtUp {
            partition: 0,
            next_offset: 5,
            at: UnixMillis(2),
        };
        assert_eq!(feed.next().await.expect("the latest"), last);
        assert!(feed.take().is_none());
    }
}
