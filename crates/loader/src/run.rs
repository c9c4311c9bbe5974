//! The loader's loop: consume, batch, write, commit.

use std::collections::BTreeMap;

use journal::{ConsumeError, Consumer, Event};
use runtime::{Causes as _, Stop};
use store::{ProgressRow, Store, StoreError};
use tokio::time::Instant;

use crate::error::LoaderError;
use crate::owned::Owned;
use crate::poison::RecordPosition;
use crate::retry::FIRST_RETRY;
use crate::writing::{Refused, Step, Writing};
use crate::{Config, LoaderMetrics, Pending, ReplayFrom, Settings, poison};

/// Reads the journal and writes the store.
pub struct Loader {
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) consumer: Box<dyn Consumer>,
    pub(crate) store: Store,
    pub(crate) metrics: LoaderMetrics,
    pub(crate) partitions: BTreeMap<u32, Owned>,
    pub(crate) quarantine: Vec<RecordPosition>,
    pub(crate) pending: Pending,
    /// Where gaps were met in what was to be read again, by partition.
    pub(crate) gaps: BTreeMap<u32, u64>,
    /// From where every partition that this process gets is read.
    pub(crate) replay: Option<ReplayFrom>,
    /// When the oldest record of `pending` was taken in.
    pub(crate) waiting_since: Option<Instant>,
    last_heartbeat: Instant,
}

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
        let mut writing = Writing::new(&self.store, &self.metrics);
        loop {
            if self.may_begin(&writing) && self.is_due() {
                self.begin_write(&mut writing);
            }
            let (is_full, may_begin) = (self.is_full(), self.may_begin(&writing));
            let next_look = self.next_look();
            tokio::select! {
                () = stop.cancelled() => break,
                step = writing.step() => self.on_step(step, &mut writing).await?,
                event = self.consumer.next(), if !is_full => {
                    // Waiting for the store must not outlast the wish to stop; what is given up
                    // here was not taken in yet.
                    tokio::select! {
                        () = stop.cancelled() => break,
                        done = self.on_event(event) => done?,
                    }
                }
                () = tokio::time::sleep_until(next_look), if may_begin => {}
            }
        }
        self.finish(&mut writing).await?;
        self.begin_write(&mut writing);
        self.finish(&mut writing).await
    }

    async fn finish(&mut self, writing: &mut Writing) -> Result<(), LoaderError> {
        while !writing.is_idle() {
            let step = writing.step().await;
            self.on_step(step, writing).await?;
        }
        Ok(())
    }

    /// Whether another batch may begin. Held records wait until everything before them is stored,
    /// so their batch begins alone.
    fn may_begin(&self, writing: &Writing) -> bool {
        let holds = || self.partitions.values().any(|owned| !owned.held.is_empty());
        writing.has_room() && (writing.is_idle() || !holds())
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
        writing.begin(batch);
    }

    async fn on_step(
        &mut self,
        step: Result<Step, StoreError>,
        writing: &mut Writing,
    ) -> Result<(), LoaderError> {
        match step.map_err(LoaderError::Store)? {
            Step::Room => Ok(()),
            Step::Refused(refused) => self.quarantine(refused).await,
            Step::Done(done) => {
                self.metrics.rows.inc_by(done.rows as u64);
                self.metrics.batches.inc();
                self.take_held().await?;
                // The store need not wait for the journal.
                if self.may_begin(writing) && self.is_due() {
                    self.begin_write(writing);
                }
                self.commit_all(&done.progress).await
            }
        }
    }

    async fn commit_all(&mut self, progress: &[ProgressRow]) -> Result<(), LoaderError> {
        for progress in progress {
            if self.partitions.contains_key(&progress.partition) {
                // What is stored may go where the log has no room for it. A restart reads from the start of the
                // open chunk where the log still has it, else it goes on from what is stored of the chunk.
                self.commit(progress.partition, progress.next_offset)
                    .await?;
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
                tracing::warn!(partition, offset, error = %error.with_causes(), "commit failed");
                Ok(())
            }
            Err(error @ ConsumeError::Ended(_)) => Err(error.into()),
        }
    }

    /// The store refused a batch for good: find the guilty records and read everything that is not
    /// yet stored again, with them as dead letters.
    async fn quarantine(&mut self, refused: Refused) -> Result<(), LoaderError> {
        let Refused { batch, error } = refused;
        let guilty = poison::find(&self.store, batch.observations).await;
        let guilty = guilty.map_err(LoaderError::Store)?;
        if guilty.is_empty() {
            return Err(LoaderError::Store(error));
        }
        tracing::error!(
            ?guilty,
            error = %error.with_causes(),
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
                tracing::warn!(error = %error.with_causes(), "the journal cannot be read, trying again");
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
