//! A part that is rebuilt while the process runs: generations of it, one after the other.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use runtime::{Metrics, Stop, TaskError, Tasks};
use tokio::sync::mpsc;

/// How long a generation may take to end before the next begins all the same.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(5);

type Running = BoxFuture<'static, Result<(), TaskError>>;

/// A part, built and not running yet.
pub(crate) struct Generation {
    /// Runs it until stopped.
    pub(crate) start: Box<dyn FnOnce(Stop) -> Running + Send>,
    /// Its metrics, shown once it runs.
    pub(crate) metrics: Metrics,
}

/// How one generation follows another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handover {
    /// The one before has ended first: two would do the same work.
    Successive,
    /// The next begins first: whoever asks always finds one.
    Overlapping,
}

/// Takes the next generation of a part.
pub(crate) type Successor = mpsc::Sender<Generation>;

/// Spawns a part as a task that has `deadline` to end.
pub(crate) fn spawn(
    tasks: &mut Tasks,
    (name, deadline): (&'static str, Duration),
    handover: Handover,
    first: Generation,
) -> Successor {
    let (successor, next) = mpsc::channel(1);
    tasks.spawn(name, deadline, move |stop| {
        run((name, handover), first, next, stop)
    });
    successor
}

async fn run(
    (name, handover): (&'static str, Handover),
    first: Generation,
    mut next: mpsc::Receiver<Generation>,
    stop: Stop,
) -> Result<(), TaskError> {
    let mut halt = stop.child_token();
    let mut current = begin(name, first, &halt);
    let mut ending = FuturesUnordered::new();
    loop {
        tokio::select! {
            ended = &mut current => {
                while ending.next().await.is_some() {}
                return ended;
            }
            Some(_) = ending.next() => {}
            Some(generation) = next.recv() => {
                halt.cancel();
                halt = stop.child_token();
                match handover {
                    Handover::Successive => {
                        ended(name, tokio::time::timeout(HANDOVER_TIMEOUT, &mut current).await);
                        current = begin(name, generation, &halt);
                    }
                    Handover::Overlapping => {
                        let before = std::mem::replace(&mut current, begin(name, generation, &halt));
                        ending.push(async move {
                            ended(name, tokio::time::timeout(HANDOVER_TIMEOUT * 2, before).await);
                        });
                    }
                }
            }
        }
    }
}

fn begin(name: &'static str, generation: Generation, halt: &Stop) -> Running {
    generation.metrics.publish(name);
    (generation.start)(halt.clone())
}

/// What a generation leaves undone is taken up by the next, as after a restart.
fn ended(name: &str, end: Result<Result<(), TaskError>, tokio::time::error::Elapsed>) {
    match end {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::error!(part = name, %error, "failed while it made way for its successor");
        }
        Err(_) => tracing::warn!(part = name, "cut off by its successor"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const TEST_TIMEOUT: Duration = Duration::from_secs(5);

    fn generation(name: &'static str, log: &Arc<Mutex<Vec<String>>>) -> Generation {
        let log = Arc::clone(log);
        let note = move |what: &str| {
            let mut log = log.lock().expect("not poisoned");
            log.push(format!("{name} {what}"));
        };
        Generation {
            start: Box::new(move |stop| {
                Box::pin(async move {
                    note("begins");
                    stop.cancelled().await;
                    note("ends");
                    Ok(())
                })
            }),
            metrics: Metrics::default().unpublished(),
        }
    }

    async fn order(handover: Handover) -> Vec<String> {
        let log = Arc::default();
        let mut tasks = Tasks::default();
        let first = generation("one", &log);
        let successor = spawn(&mut tasks, ("part", TEST_TIMEOUT), handover, first);
        let (ask, asked) = tokio::sync::oneshot::channel::<()>();
        let handing = async {
            successor.send(generation("two", &log)).await.expect("runs");
            // Taken only when the one before has been.
            successor
                .send(generation("three", &log))
                .await
                .expect("runs");
            let begun = || {
                log.lock()
                    .expect("not poisoned")
                    .iter()
                    .any(|line| line == "three begins")
            };
            while !begun() {
                tokio::task::yield_now().await;
            }
            ask.send(()).expect("waits");
        };
        let (ran, ()) = tokio::join!(tasks.run(async { drop(asked.await) }), handing);
        ran.expect("all ended well");
        let log = log.lock().expect("not poisoned");
        log.clone()
    }

    #[tokio::test]
    async fn of_a_part_that_works_alone_one_generation_ends_before_the_next_begins() {
        let order = order(Handover::Successive).await;
        assert_eq!(
            order,
            [
                "one begins",
                "one ends",
                "two begins",
                "two ends",
                "three begins",
                "three ends"
            ]
        );
    }

    #[tokio::test]
    async fn of_a_part_that_is_asked_the_last_generation_serves_until_the_stop_and_all_have_ended()
    {
        let order = order(Handover::Overlapping).await;
        assert_eq!(order.len(), 6, "{order:?}");
        assert_eq!(
            order.last().map(String::as_str),
            Some("three ends"),
            "{order:?}"
        );
    }
}
