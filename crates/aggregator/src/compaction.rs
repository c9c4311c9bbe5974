//! Which spans of the log can be compacted, and when what they replaced is removed.

use runtime::Causes as _;
use std::sync::Arc;
use std::time::Duration;

use observation::{Chunk, UnixMillis};
use settings::Span;
use store::{CHUNKS_PER_SPAN, Compacted, ProgressRow, StoreError};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::metrics::Metrics;
use crate::parts::LogShape;
use crate::{AlertStore, Config};

/// Spans compacted in one go, between two looks at how far the log is.
const AT_ONCE: usize = 8;

/// Pause between two looks for rollups that are older than what is kept: removing rewrites parts.
const PRUNE_EVERY: Duration = Duration::from_secs(6 * 3600);

/// Compacts, and removes what is compacted and old, each at its own pace, beside the evaluation: a span of
/// much traffic takes longer than a round may. Two that compact the same write the same.
#[derive(Debug)]
pub(crate) struct Compactor {
    every: Duration,
    log: LogShape,
    compacted_at: Option<Instant>,
    pruned_at: Option<Instant>,
    /// The turn that works, if any.
    working: JoinSet<Turned>,
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turned {
    Failed,
    Compacted,
    Pruned,
}

impl Compactor {
    pub(crate) fn new(config: &Config, log: LogShape) -> Self {
        Self {
            every: config.compact_every.duration(),
            log,
            compacted_at: None,
            pruned_at: None,
            working: JoinSet::new(),
        }
    }

    /// Starts what is due, unless the turn before still works. What fails is tried again at its next turn.
    pub(crate) fn work(
        &mut self,
        keep: &Arc<dyn AlertStore>,
        progress: Vec<ProgressRow>,
        now: UnixMillis,
        metrics: &Metrics,
    ) {
        while let Some(turned) = self.working.try_join_next() {
            if matches!(turned, Ok(Turned::Pruned)) {
                self.pruned_at = Some(Instant::now());
            }
        }
        let is_early = self
            .compacted_at
            .is_some_and(|at| at.elapsed() < self.every);
        if is_early || !self.working.is_empty() {
            return;
        }
        self.compacted_at = Some(Instant::now());
        let may_prune = self.pruned_at.is_none_or(|at| at.elapsed() >= PRUNE_EVERY);
        let turn = Turn {
            keep: Arc::clone(keep),
            chunk_size: self.log.chunk_size,
            prune: may_prune.then_some((now, self.log.keep_parts)),
            metrics: metrics.clone(),
        };
        self.working.spawn(turn.work(progress));
    }
}

/// What is done at one time.
struct Turn {
    keep: Arc<dyn AlertStore>,
    chunk_size: u64,
    /// The time, and how long partial rollups are kept, where it is time to remove them.
    prune: Option<(UnixMillis, Span)>,
    metrics: Metrics,
}

impl Turn {
    async fn work(self, progress: Vec<ProgressRow>) -> Turned {
        let keep = &*self.keep;
        match compact(keep, &progress, self.chunk_size).await {
            Ok(spans) => {
                self.metrics.compacted.inc_by(spans);
            }
            Err(error) => {
                self.metrics.compaction_failures.inc();
                tracing::warn!(error = %error.with_causes(), "rollups were not compacted; it is tried again");
                return Turned::Failed;
            }
        }
        let Some((now, kept)) = self.prune else {
            return Turned::Compacted;
        };
        prune(keep, now, kept, &self.metrics).await;
        Turned::Pruned
    }
}

/// Removes the partial rollups that are compacted and older than what is kept.
async fn prune(keep: &dyn AlertStore, now: UnixMillis, kept: Span, metrics: &Metrics) {
    match keep.prune(now.plus(-kept.as_millis())).await {
        Ok(true) => tracing::info!("partial rollups older than {kept} are being removed"),
        Ok(false) => {}
        Err(error) => {
            metrics.compaction_failures.inc();
            tracing::warn!(error = %error.with_causes(), "old partial rollups were not removed; it is tried again");
        }
    }
}

/// Spans that the loader has passed and that no one has compacted, in order: their sums are final.
#[must_use]
fn due(progress: &[ProgressRow], compacted: &[Compacted], chunk_size: u64) -> Vec<(u32, u32, u64)> {
    let span_size = Chunk(CHUNKS_PER_SPAN).start(chunk_size).max(1);
    let mut spans = Vec::new();
    for row in progress {
        let known = compacted
            .iter()
            .find(|known| (known.epoch, known.partition) == (row.epoch, row.partition));
        let first = known.map_or(0, |known| known.spans);
        let closed = row.next_offset / span_size;
        spans.extend(
            (first..closed)
                .map(|span| (row.epoch, row.partition, span))
                .take(AT_ONCE),
        );
    }
    spans
}

/// Chunks that the loader has passed, in spans that it has not, where every span before is compacted.
#[must_use]
fn due_chunks(
    progress: &[ProgressRow],
    compacted: &[Compacted],
    chunk_size: u64,
) -> Vec<(u32, u32, u64)> {
    let mut chunks = Vec::new();
    for row in progress {
        let known = compacted
            .iter()
            .find(|known| (known.epoch, known.partition) == (row.epoch, row.partition));
        let closed = row.next_offset / chunk_size.max(1);
        let spans = closed / CHUNKS_PER_SPAN;
        if known.map_or(0, |known| known.spans) < spans {
            continue;
        }
        let first = known.map_or(0, Compacted::next_chunk);
        let of_row = (first..closed).map(|chunk| (row.epoch, row.partition, chunk));
        chunks.extend(of_row.take(AT_ONCE));
    }
    chunks
}

/// Compacts what is due, a bounded number of spans; returns how many. Single chunks when no span is due.
async fn compact(
    keep: &dyn AlertStore,
    progress: &[ProgressRow],
    chunk_size: u64,
) -> Result<u64, StoreError> {
    let compacted = keep.compacted().await?;
    let mut done = 0;
    for (epoch, partition, span) in due(progress, &compacted, chunk_size)
        .into_iter()
        .take(AT_ONCE)
    {
        keep.compact(epoch, partition, span).await?;
        done += 1;
    }
    if done == 0 {
        let chunks = due_chunks(progress, &compacted, chunk_size);
        for (epoch, partition, chunk) in chunks.into_iter().take(AT_ONCE) {
            keep.compact_chunk(epoch, partition, chunk).await?;
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(partition: u32, next_offset: u64) -> ProgressRow {
        ProgressRow {
            epoch: 1,
            partition,
            next_offset,
            event_time: UnixMillis(0),
        }
    }

    #[test]
    fn only_spans_that_the_loader_has_passed_are_due_and_in_order() {
        let span = CHUNKS_PER_SPAN * 10;
        let rows = [
            progress(0, span * 3),
            progress(1, span - 1),
            progress(2, span),
        ];
        let compacted = |partition, spans| Compacted {
            epoch: 1,
            partition,
            spans,
            chunks: 0,
        };
        assert_eq!(
            due(&rows, &[compacted(0, 1)], 10),
            [(1, 0, 1), (1, 0, 2), (1, 2, 0)]
        );
        assert_eq!(due(&rows, &[compacted(0, 3), compacted(2, 1)], 10), []);
    }

    #[test]
    fn a_backlog_is_worked_off_in_bounded_steps() {
        let rows = [progress(0, CHUNKS_PER_SPAN * 10 * 1_000_000)];
        assert_eq!(due(&rows, &[], 10).len(), AT_ONCE);
    }
}
