//! Asking again what could not be answered.

use std::time::Duration;

use journal::{ConsumeError, Consumer};
use runtime::{Backoff, Causes as _};
use store::StoreError;

use crate::LoaderMetrics;

pub(crate) const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);

fn pauses() -> Backoff {
    Backoff::new(FIRST_RETRY, LAST_RETRY)
}

/// Repeats what failed for reasons that pass, for as long as it takes: the journal keeps what is
/// not written, and the drain deadline ends the wait at shutdown.
pub(crate) async fn retried<T, F>(
    mut attempt: impl FnMut() -> F,
    metrics: &LoaderMetrics,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut backoff = pauses();
    loop {
        match attempt().await {
            Err(error) if error.is_retryable() => {
                metrics.write_retries.inc();
                tracing::warn!(
                    error = %error.with_causes(),
                    "the store is not available, trying again"
                );
                tokio::time::sleep(backoff.pause()).await;
            }
            result => return result,
        }
    }
}

/// Reads a partition from `offset` on, once the brokers answer; from where it really does. Nothing
/// where it is another loader's by then: no one else would do better than to ask again.
///
/// # Errors
/// When the journal has ended.
pub(crate) async fn started(
    consumer: &mut dyn Consumer,
    partition: u32,
    offset: u64,
) -> Result<Option<u64>, ConsumeError> {
    let mut backoff = pauses();
    loop {
        match consumer.start(partition, offset).await {
            Ok(start) => return Ok(Some(start)),
            Err(ConsumeError::NotAssigned { .. }) => return Ok(None),
            Err(error) => again(error, &mut backoff).await?,
        }
    }
}

/// Where the log of a partition ends, once the brokers answer; nothing where they do not list it.
///
/// # Errors
/// When the journal has ended.
pub(crate) async fn end_of(
    consumer: &mut dyn Consumer,
    partition: u32,
) -> Result<Option<u64>, ConsumeError> {
    let mut backoff = pauses();
    loop {
        match consumer.end_offsets().await {
            Ok(ends) => {
                let end = ends.iter().find(|(p, _)| *p == partition);
                return Ok(end.map(|(_, end)| *end));
            }
            Err(error) => again(error, &mut backoff).await?,
        }
    }
}

/// Waits where the brokers may answer later.
async fn again(error: ConsumeError, backoff: &mut Backoff) -> Result<(), ConsumeError> {
    let ConsumeError::Unavailable(cause) = error else {
        return Err(error);
    };
    // A broker that has just started refuses what it will answer in a moment.
    tracing::warn!(error = %cause.with_causes(), "the journal does not answer, asking again");
    tokio::time::sleep(backoff.pause()).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use async_trait::async_trait;
    use journal::Event;

    use super::*;

    /// Answers what is laid down for it.
    struct Scripted {
        starts: VecDeque<Result<u64, ConsumeError>>,
        ends: VecDeque<Result<Vec<(u32, u64)>, ConsumeError>>,
    }

    #[async_trait]
    impl Consumer for Scripted {
        async fn next(&mut self) -> Result<Event, ConsumeError> {
            Err(away())
        }
        async fn start(&mut self, _: u32, _: u64) -> Result<u64, ConsumeError> {
            self.starts.pop_front().expect("no further question")
        }
        async fn commit(&mut self, _: u32, _: u64) -> Result<(), ConsumeError> {
            Err(away())
        }
        async fn end_offsets(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError> {
            self.ends.pop_front().expect("no further question")
        }
    }

    fn away() -> ConsumeError {
        ConsumeError::Unavailable("the leader epoch is fenced".into())
    }

    #[tokio::test(start_paused = true)]
    async fn brokers_that_refuse_to_tell_where_a_partition_ends_are_asked_again() {
        let mut consumer = Scripted {
            starts: [Err(away()), Ok(7)].into(),
            ends: [Err(away()), Err(away()), Ok(vec![(0, 5), (1, 9)])].into(),
        };
        let start = started(&mut consumer, 1, 6).await;
        assert_eq!(start.expect("it goes on"), Some(7));
        let end = end_of(&mut consumer, 1).await;
        assert_eq!(end.expect("it goes on"), Some(9));
    }

    #[tokio::test(start_paused = true)]
    async fn a_partition_that_went_to_another_loader_meanwhile_is_let_go() {
        let mut consumer = Scripted {
            starts: [Err(away()), Err(ConsumeError::NotAssigned { partition: 1 })].into(),
            ends: VecDeque::new(),
        };
        let start = started(&mut consumer, 1, 7).await;
        assert_eq!(start.expect("no failure"), None);
    }
}
