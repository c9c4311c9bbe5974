//! Asking again what could not be answered.

use std::time::Duration;

use journal::{ConsumeError, Consumer};
use store::StoreError;

use crate::LoaderMetrics;

pub(crate) const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// Repeats what failed for reasons that pass, for as long as it takes: the journal keeps what is
/// not written, and the drain deadline ends the wait at shutdown.
pub(crate) async fn retried<T, F>(
    mut attempt: impl FnMut() -> F,
    metrics: &LoaderMetrics,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut wait = FIRST_RETRY;
    loop {
        match attempt().await {
            Err(error) if error.is_retryable() => {
                metrics.write_retries.inc();
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the store is not available, trying again"
                );
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LAST_RETRY);
            }
            result => return result,
        }
    }
}

/// Reads a partition from `wanted` on, once the brokers answer: where it starts, and where its log
/// ends. Nothing where it is another loader's by then.
///
/// # Errors
/// When the journal has ended.
pub(crate) async fn opened(
    consumer: &mut dyn Consumer,
    partition: u32,
    wanted: u64,
) -> Result<Option<(u64, u64)>, ConsumeError> {
    let mut wait = FIRST_RETRY;
    loop {
        match try_open(consumer, partition, wanted).await {
            Ok(found) => return Ok(Some(found)),
            Err(ConsumeError::NotAssigned { .. }) => return Ok(None),
            Err(ConsumeError::Unavailable(error)) => {
                // A broker that has just started refuses what it will answer in a moment.
                tracing::warn!(partition, %error, "the partition cannot be read yet");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LAST_RETRY);
            }
            Err(error @ ConsumeError::Ended(_)) => return Err(error),
        }
    }
}

async fn try_open(
    consumer: &mut dyn Consumer,
    partition: u32,
    wanted: u64,
) -> Result<(u64, u64), ConsumeError> {
    let start = consumer.start(partition, wanted).await?;
    let ends = consumer.end_offsets().await?;
    let end = ends.iter().find(|(p, _)| *p == partition);
    Ok((start, end.map_or(start, |(_, end)| *end)))
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
            starts: [Err(away()), Ok(7), Err(away()), Ok(7)].into(),
            ends: [Err(away()), Ok(vec![(0, 5), (1, 9)])].into(),
        };
        let opened = opened(&mut consumer, 1, 7).await;
        assert_eq!(opened.expect("it goes on"), Some((7, 9)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_partition_that_went_to_another_loader_meanwhile_is_let_go() {
        let mut consumer = Scripted {
            starts: [Err(away()), Err(ConsumeError::NotAssigned { partition: 1 })].into(),
            ends: VecDeque::new(),
        };
        let opened = opened(&mut consumer, 1, 7).await;
        assert_eq!(opened.expect("no failure"), None);
    }
}
