//! Where a delivery report meets the caller that waits for it.
//!
//! One allocation per record, whose pointer travels through librdkafka; a boxed channel would be
//! two.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use futures::task::AtomicWaker;

use crate::AppendError;

#[derive(Debug, Default)]
pub(crate) struct Ack {
    answer: Mutex<Option<Result<u64, AppendError>>>,
    waker: AtomicWaker,
}

impl Ack {
    /// Gives the answer and wakes who waits, if anybody still does.
    pub(crate) fn answer(&self, answer: Result<u64, AppendError>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.waker.wake();
    }

    fn take(&self) -> Option<Result<u64, AppendError>> {
        self.answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Waits for the answer; there is one for every record that librdkafka took.
    pub(crate) async fn wait(self: Arc<Self>) -> Result<u64, AppendError> {
        poll_fn(|context| {
            if let Some(answer) = self.take() {
                return Poll::Ready(answer);
            }
            self.waker.register(context.waker());
            // The answer may have come between the look and the registration.
            self.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_found_whether_it_comes_before_or_while_waiting() {
        let early = Arc::new(Ack::default());
        early.answer(Ok(1));
        assert!(matches!(early.wait().await, Ok(1)));

        let late = Arc::new(Ack::default());
        let reporter = Arc::clone(&late);
        let (answer, ()) = tokio::join!(late.wait(), async move {
            tokio::task::yield_now().await;
            reporter.answer(Err(AppendError::Timeout));
        });
        assert!(matches!(answer, Err(AppendError::Timeout)));
    }
}
