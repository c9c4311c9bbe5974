//! Batches on their way into the store: raw rows of one while what is derived from the one before
//! it is written. The store is never kept waiting for round trips, and progress still comes last.

use store::{Batch, ProgressRow, Store, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::LoaderMetrics;
use crate::retry::retried;

/// At most one batch in each step.
pub(crate) struct Writing {
    store: Store,
    metrics: LoaderMetrics,
    /// Raw rows. A task of its own, as the next: a batch is put together while another is encoded.
    raw: JoinSet<Result<Batch, Refused>>,
    /// Its raw rows are written.
    ready: Option<Batch>,
    /// What is derived, and progress.
    derived: JoinSet<Result<Done, StoreError>>,
    /// Told once the batch before it is written.
    refused: Option<Refused>,
}

/// What happened.
pub(crate) enum Step {
    /// Another batch may begin.
    Room,
    /// A batch is written whole.
    Done(Done),
    /// Nothing of what comes after this batch is on its way.
    Refused(Refused),
}

/// What was written of a batch; its rows are let go where they were written.
pub(crate) struct Done {
    pub(crate) rows: usize,
    pub(crate) progress: Vec<ProgressRow>,
}

/// A batch whose raw rows the store does not take.
pub(crate) struct Refused {
    pub(crate) batch: Batch,
    pub(crate) error: StoreError,
}

impl Writing {
    pub(crate) fn new(store: &Store, metrics: &LoaderMetrics) -> Self {
        Self {
            store: store.clone(),
            metrics: metrics.clone(),
            raw: JoinSet::new(),
            ready: None,
            derived: JoinSet::new(),
            refused: None,
        }
    }

    /// Whether everything that began is written.
    pub(crate) fn is_idle(&self) -> bool {
        self.has_room() && self.derived.is_empty()
    }

    /// Whether another batch may begin.
    pub(crate) fn has_room(&self) -> bool {
        self.raw.is_empty() && self.ready.is_none() && self.refused.is_none()
    }

    /// Begins with the raw rows of a batch; only while there is room.
    pub(crate) fn begin(&mut self, batch: Batch) {
        let (store, metrics) = (self.store.clone(), self.metrics.clone());
        self.raw.spawn(async move {
            match timed(|| store.write_raw(&batch), &metrics).await {
                Ok(()) => Ok(batch),
                Err(error) => Err(Refused { batch, error }),
            }
        });
    }

    /// What happens next; waits forever when it is idle. Nothing is lost where the wait is given
    /// up.
    ///
    /// # Errors
    /// When the store refuses for good what was derived.
    pub(crate) async fn step(&mut self) -> Result<Step, StoreError> {
        if self.derived.is_empty() {
            if let Some(batch) = self.ready.take() {
                self.derive(batch);
                return Ok(Step::Room);
            }
            if let Some(refused) = self.refused.take() {
                return Ok(Step::Refused(refused));
            }
        }
        loop {
            tokio::select! {
                Some(done) = self.derived.join_next() => return finished(done).map(Step::Done),
                Some(written) = self.raw.join_next() => match finished(written) {
                    Ok(batch) if self.derived.is_empty() => {
                        self.derive(batch);
                        return Ok(Step::Room);
                    }
                    Ok(batch) => self.ready = Some(batch),
                    Err(refused) if self.derived.is_empty() => return Ok(Step::Refused(refused)),
                    Err(refused) => self.refused = Some(refused),
                },
                else => std::future::pending().await,
            }
        }
    }

    fn derive(&mut self, batch: Batch) {
        let (store, metrics) = (self.store.clone(), self.metrics.clone());
        self.derived.spawn(async move {
            timed(|| store.write_derived(&batch), &metrics).await?;
            Ok(Done {
                rows: batch.observations.len(),
                progress: batch.progress,
            })
        });
    }
}

async fn timed<F>(write: impl FnMut() -> F, metrics: &LoaderMetrics) -> Result<(), StoreError>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let started = Instant::now();
    let result = retried(write, metrics).await;
    metrics
        .write_seconds
        .observe(started.elapsed().as_secs_f64());
    result
}

/// What a write came to; its panic is the loader's. Nobody aborts a write but who drops the loader.
fn finished<T>(written: Result<T, JoinError>) -> T {
    written.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
