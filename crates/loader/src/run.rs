//! The loader's loop: consume, batch, write, commit.

use std::collections::BTreeMap;

use journal::{ConsumeError, Consumer, Event};
use runtime::Stop;
use store::{Batch, Store, StoreError};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;

use crate::error::LoaderError;
use crate::owned::Owned;
use crate::poison::Place;
use crate::retry::{FIRST_RETRY, retried};
use crate::{Config, LoaderMetrics, Partition, Pending, ReplayFrom, Settings, poison};

/// Reads the journal and writes the store.
pub struct Loader {
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) consumer: Box<dyn Consumer>,
    pub(crate) store: Store,
    pub(crate) metrics: LoaderMetrics,
    pub(crate) partitions: BTreeMap<u32, Owned>,
    pub(crate) quarantine: Vec<Place>,
    pub(crate) pending: Pending,
    /// Where gaps were met in what was to be read again, by partition.
    pub(crate) gaps: BTreeMap<u32, u64>,
    /// From where every partition that this process gets is read.
    pub(crate) replay: Option<ReplayFrom>,
    /// When the oldest record of `pending` was taken in.
    pub(crate) waiting_since: Option<Instant>,
    last_heartbeat: Instant,
}

/// A batch and what became of it.
type Written = (Batch, Result<(), StoreError>);

/// The write in flight, if there is one. A task of its own, so that the next batch is put together
/// while this one is encoded.
type Writing = JoinSet<Written>;

impl std::fmt::Debug for Loader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Loader {
    /// A loader of the log's incarnation `epoch`.
    #[must_use]
    pub fn new(
        config: Config,
        epoch: u32,
        consumer: Box<dyn Consumer>,
        store: Store,
        metrics: LoaderMetrics,
    ) -> Self {
        let settings = Settings {
            epoch,
            chunk_size: config.chunk_size,
            resend_window: config.resend_window.as_millis(),
        };
        Self {
            config,
            settings,
            consumer,
            store,
            metrics,
            partitions: BTreeMap::new(),
            quarantine: Vec::new(),
            pending: Pending::default(),
            gaps: BTreeMap::new(),
            replay: None,
            waiting_since: None,
            last_heartbeat: Instant::now(),
        }
    }

    /// The same loader, but what the store says it holds from `from` on is read and written again:
    /// for a store that was restored from a backup whose tables do not agree.
    #[must_use]
    pub fn replaying(mut self, from: ReplayFrom) -> Self {
        self.replay = Some(from);
        self
    }

    /// Loads until stopped; then writes what it holds.
    ///
    /// # Errors
    /// [`LoaderError`] when it cannot go on without losing or doubling something.
    pub async fn run(mut self, stop: Stop) -> Result<(), LoaderError> {
        let mut writing = Writing::new();
        loop {
            if writing.is_empty() && self.is_due() {
                self.begin_write(&mut writing);
            }
            let (is_full, next_look) = (self.is_full(), self.next_look());
            tokio::select! {
                () = stop.cancelled() => break,
                Some(written) = writing.join_next() => self.written(finished(written)).await?,
                event = self.consumer.next(), if !is_full => {
                    // Waiting for the store must not outlast the wish to stop; what is given up
                    // here was not taken in yet.
                    tokio::select! {
                        () = stop.cancelled() => break,
                        done = self.on_event(event) => done?,
                    }
                }
                () = tokio::time::sleep_until(next_look), if writing.is_empty() => {}
            }
        }
        self.drain(writing).await
    }

    async fn drain(mut self, mut writing: Writing) -> Result<(), LoaderError> {
        if let Some(written) = writing.join_next().await {
            self.written(finished(written)).await?;
        }
        self.begin_write(&mut writing);
        if let Some(written) = writing.join_next().await {
            self.written(finished(written)).await?;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.pending
            .is_full(self.config.max_rows, self.config.max_bytes.as_usize())
            || self.partitions.values().any(Owned::holds_enough)
    }

    fn is_due(&self) -> bool {
        self.is_full() || self.next_look() <= Instant::now()
    }

    /// When something is due by time: the oldest record's age, or the heartbeat.
    fn next_look(&self) -> Instant {
        let heartbeat = self.last_heartbeat + self.config.heartbeat.duration();
        let by_age = self
            .waiting_since
            .map(|since| since + self.config.max_age.duration());
        by_age.map_or(heartbeat, |by_age| by_age.min(heartbeat))
    }

    fn begin_write(&mut self, writing: &mut Writing) {
        let mut holds = false;
        for owned in self.partitions.values_mut() {
            owned.machine.flush(&mut self.pending);
            holds |= owned.settle();
        }
        self.waiting_since = None;
        self.last_heartbeat = Instant::now();
        let batch = std::mem::take(&mut self.pending).batch;
        if batch.is_empty() && !holds {
            return;
        }
        let (store, metrics) = (self.store.clone(), self.metrics.clone());
        writing.spawn(async move {
            let result = write(&store, &batch, &metrics).await;
            (batch, result)
        });
    }

    async fn written(&mut self, (batch, result): Written) -> Result<(), LoaderError> {
        if let Err(error) = result {
            return self.quarantine(batch, error).await;
        }
        self.metrics.rows.inc_by(batch.observations.len() as u64);
        self.metrics.batches.inc();
        self.take_held().await?;
        for progress in &batch.progress {
            if self.partitions.contains_key(&progress.partition) {
                // A restart reads from the start of the open chunk: the log must keep it.
                let restart = Partition::restart_at(self.settings, progress.next_offset);
                self.commit(progress.partition, restart).await?;
            }
        }
        let ids = self
            .partitions
            .values()
            .map(|owned| owned.machine.window_len())
            .sum::<usize>();
        self.metrics
            .window_ids
            .set(i64::try_from(ids).unwrap_or(i64::MAX));
        Ok(())
    }

    async fn commit(&mut self, partition: u32, offset: u64) -> Result<(), LoaderError> {
        match self.consumer.commit(partition, offset).await {
            Ok(()) | Err(ConsumeError::NotAssigned { .. }) => Ok(()),
            Err(ConsumeError::Unavailable(error)) => {
                // The next commit covers this one, and no restart depends on it.
                tracing::warn!(partition, offset, %error, "commit failed");
                Ok(())
            }
            Err(error @ ConsumeError::Ended(_)) => Err(error.into()),
        }
    }

    /// The store refused a batch for good: find the guilty records and read everything that is not
    /// yet stored again, with them as dead letters.
    async fn quarantine(&mut self, batch: Batch, error: StoreError) -> Result<(), LoaderError> {
        let guilty = poison::find(&self.store, batch.observations).await;
        let guilty = guilty.map_err(LoaderError::Store)?;
        if guilty.is_empty() {
            return Err(LoaderError::Store(error));
        }
        tracing::error!(
            ?guilty,
            error = &error as &dyn std::error::Error,
            "records refused"
        );
        self.quarantine.extend(guilty);
        self.pending = Pending::default();
        for partition in self.partitions.keys().copied().collect::<Vec<_>>() {
            self.start(partition).await?;
        }
        Ok(())
    }

    async fn on_event(&mut self, event: Result<Event, ConsumeError>) -> Result<(), LoaderError> {
        match event {
            Ok(Event::Assigned { partition, .. }) => self.start(partition).await?,
            Ok(Event::Revoked { partition }) => {
                self.partitions.remove(&partition);
                self.count_partitions();
            }
            Ok(Event::Record(record)) => self.on_record(record).await?,
            Ok(Event::CaughtUp { partition, at, .. }) => {
                if let Some(owned) = self.partitions.get_mut(&partition)
                    && owned.caught_up(at)
                {
                    let offset = owned.machine.next_offset();
                    tracing::info!(partition, offset, "caught up with the log");
                }
            }
            Err(ConsumeError::Unavailable(error)) => {
                tracing::warn!(%error, "the journal cannot be read, trying again");
                tokio::time::sleep(FIRST_RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    pub(crate) fn count_partitions(&self) {
        self.metrics
            .partitions
            .set(i64::try_from(self.partitions.len()).unwrap_or(i64::MAX));
    }
}

/// What a write came to; its panic is the loader's. Nobody aborts a write but who drops the loader.
fn finished(written: Result<Written, JoinError>) -> Written {
    written.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

async fn write(store: &Store, batch: &Batch, metrics: &LoaderMetrics) -> Result<(), StoreError> {
    let started = Instant::now();
    let result = retried(|| store.write(batch), metrics).await;
    metrics
        .write_seconds
        .observe(started.elapsed().as_secs_f64());
    result
}
