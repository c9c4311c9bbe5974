//! The loop of what is done in rounds.

use std::future::Future;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::{Backoff, Stop};

/// Work that is done in rounds, with events between them.
pub trait Rounds: Send {
    /// What comes in between.
    type Event: Send;
    /// Why it cannot go on.
    type Error;

    /// One round. It may be left at any point where it waits. An error has been told, and the next
    /// round comes later than it would.
    fn round(&mut self) -> impl Future<Output = Result<(), RoundFailed>> + Send;

    /// The next event. What waits for it may be left: nothing is lost by that.
    fn event(&mut self) -> impl Future<Output = Self::Event> + Send;

    /// Deals with an event, to its end.
    ///
    /// # Errors
    /// The work cannot go on.
    fn handle(
        &mut self,
        event: Self::Event,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// A round failed for a reason that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundFailed;

/// How often rounds come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// The pause after a round.
    pub every: Duration,
    /// The longest pause after rounds that failed.
    pub longest: Duration,
}

/// Does rounds until stopped; what is to be finished then is the caller's.
///
/// # Errors
/// What [`Rounds::handle`] says.
pub async fn run_rounds<R: Rounds>(work: &mut R, tick: Tick, stop: &Stop) -> Result<(), R::Error> {
    let mut backoff = Backoff::new(tick.every * 2, tick.longest);
    let mut next = Instant::now();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            event = work.event() => work.handle(event).await?,
            () = tokio::time::sleep_until(next) => {
                let went = tokio::select! {
                    biased;
                    () = stop.cancelled() => return Ok(()),
                    went = work.round() => went,
                };
                let pause = match went {
                    Ok(()) => {
                        backoff.reset();
                        tick.every
                    }
                    Err(RoundFailed) => backoff.pause().max(tick.every),
                };
                next = Instant::now() + pause;
            }
        }
    }
}

/// What one of the tasks returned; waits forever where there is none.
pub async fn joined<T: 'static>(tasks: &mut JoinSet<T>) -> Result<T, JoinError> {
    match tasks.join_next().await {
        Some(ended) => ended,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Tick = Tick {
        every: Duration::from_secs(1),
        longest: Duration::from_secs(30),
    };

    /// Fails as often as it is told, and remembers when it was asked.
    struct Script {
        failures: usize,
        began: Instant,
        rounds: Vec<Duration>,
        events: u32,
        stop: Stop,
    }

    impl Script {
        fn new(failures: usize) -> Self {
            Self {
                failures,
                began: Instant::now(),
                rounds: Vec::new(),
                events: 0,
                stop: Stop::new(),
            }
        }
    }

    impl Rounds for Script {
        type Event = ();
        type Error = &'static str;

        async fn round(&mut self) -> Result<(), RoundFailed> {
            self.rounds.push(self.began.elapsed());
            if self.rounds.len() == 12 {
                self.stop.cancel();
            }
            match self.rounds.len() <= self.failures {
                true => Err(RoundFailed),
                false => Ok(()),
            }
        }

        async fn event(&mut self) {
            match self.events {
                0 => std::future::pending().await,
                _ => tokio::task::yield_now().await,
            }
        }

        async fn handle(&mut self, (): ()) -> Result<(), &'static str> {
            self.events -= 1;
            match self.events {
                0 => Err("it cannot go on"),
                _ => Ok(()),
            }
        }
    }

    fn gaps(work: &Script) -> Vec<f64> {
        work.rounds
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).as_secs_f64())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn rounds_come_with_the_tick_and_later_after_failures() {
        let mut work = Script::new(0);
        let stop = work.stop.clone();
        let ended = run_rounds(&mut work, TICK, &stop).await;
        assert_eq!(ended, Ok(()));
        assert!(gaps(&work).iter().all(|gap| (*gap - 1.0).abs() < 0.01));

        let mut work = Script::new(8);
        let stop = work.stop.clone();
        let ended = run_rounds(&mut work, TICK, &stop).await;
        assert_eq!(ended, Ok(()));
        let gaps = gaps(&work);
        assert!(
            gaps[..8].iter().all(|gap| (1.0..=30.01).contains(gap)),
            "{gaps:?}"
        );
        assert!(gaps[6] >= 15.0, "{gaps:?}");
        assert!(
            gaps[8..].iter().all(|gap| (*gap - 1.0).abs() < 0.01),
            "{gaps:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn events_are_dealt_with_between_rounds_and_may_end_the_work() {
        let mut work = Script::new(0);
        work.events = 3;
        let stop = work.stop.clone();
        let ended = run_rounds(&mut work, TICK, &stop).await;
        assert_eq!(ended, Err("it cannot go on"));
    }
}
