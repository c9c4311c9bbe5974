//! How far the numbers are complete.

use std::sync::Arc;

use observation::UnixMillis;
use runtime::Clock;
use store::StoreError;

use crate::queries::Queries;

/// Tells how far the store is complete. Cheap to clone.
#[derive(Clone)]
pub struct Watermark {
    queries: Arc<dyn Queries>,
    partitions: u32,
    clock: Clock,
}

impl std::fmt::Debug for Watermark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watermark")
            .field("partitions", &self.partitions)
            .finish_non_exhaustive()
    }
}

impl Watermark {
    /// The watermark of a log with so many `partitions`, by their progress as `queries` tell it.
    #[must_use]
    pub fn new(queries: Arc<dyn Queries>, partitions: u32, clock: Clock) -> Self {
        Self {
            queries,
            partitions,
            clock,
        }
    }

    /// The time before which everything is in the store; none while a partition of the log has no
    /// progress.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read(&self) -> Result<Option<UnixMillis>, StoreError> {
        let progress = self.queries.progress().await?;
        let progress = progress.into_iter().map(slo::Progress::from);
        Ok(slo::watermark(progress, self.partitions, self.clock.now()))
    }
}
