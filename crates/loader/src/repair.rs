//! Writes spans of the log again, whatever the store holds of them.

use std::collections::HashSet;
use std::time::Duration;

use journal::{ConsumeError, Consumed, Consumer, Event};
use observation::Chunk;
use store::{Batch, CHUNKS_PER_SPAN, PartRow, Store, StoreError};

use crate::start::former_until;
use crate::{DecodedRecord, Partition, Pending, Settings};

/// How long the journal may take to hand over a partition, or its next record.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(60);
/// Raw rows that are held before they are written.
const MAX_ROWS: usize = 100_000;

/// A span cannot be written again.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The journal cannot be read.
    #[error("the journal cannot be read")]
    Journal(#[from] ConsumeError),
    /// The store cannot be asked or written.
    #[error("the store cannot be repaired")]
    Store(#[from] StoreError),
    /// Retention has taken records of the span.
    #[error("the log begins at offset {first}, behind the span's start at {start}")]
    Gone {
        /// Where the span starts.
        start: u64,
        /// Where the log begins.
        first: u64,
    },
    /// The journal says nothing.
    #[error("the journal delivers nothing: is another process reading in this group?")]
    Silent,
}

/// Reads spans of the log and writes what they amount to.
pub struct Repair {
    settings: Settings,
    consumer: Box<dyn Consumer>,
    store: Store,
    assigned: HashSet<u32>,
}

impl std::fmt::Debug for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repair")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Repair {
    /// Repairs with a consumer of a group of its own, so that the loaders go on.
    #[must_use]
    pub fn new(settings: Settings, consumer: Box<dyn Consumer>, store: Store) -> Self {
        Self {
            settings,
            consumer,
            store,
            assigned: HashSet::new(),
        }
    }

    /// Writes span `span` of a partition again, as far as it was loaded: raw rows, sums, ledger. A
    /// sum that the log does not account for becomes zero. Compacted sums follow.
    ///
    /// # Errors
    /// [`RepairError`]; the span can be repaired again.
    pub async fn span(&mut self, partition: u32, span: u64) -> Result<(), RepairError> {
        let settings = self.settings;
        let size = CHUNKS_PER_SPAN * settings.chunk_size;
        let progress = self.store.progress().await?;
        let stored = progress
            .iter()
            .find(|row| (row.epoch, row.partition) == (settings.epoch, partition))
            .map_or(0, |row| row.next_offset);
        let (start, end) = (span * size, ((span + 1) * size).min(stored));
        if start >= end {
            return Ok(());
        }
        self.assigned(partition).await?;
        let first = self.consumer.start(partition, start).await?;
        if first > start {
            return Err(RepairError::Gone { start, first });
        }
        let mut machine = Partition::new(settings, partition, start);
        if let Some(former) = former_until(&progress, settings.epoch) {
            machine.follow(former);
        }
        let mut pending = Pending::default();
        let mut is_restored = start == 0;
        while machine.next_offset() < end {
            let Some(record) = self.next(partition, end).await? else {
                break;
            };
            let opened = DecodedRecord::new(record);
            if !std::mem::replace(&mut is_restored, true) {
                let since = machine.wanted_since(opened.record().append_time);
                let seen = self.store.seen(settings.epoch, partition, start, since);
                machine.restore(since, seen.await?);
            }
            self.consume(&mut machine, opened, &mut pending).await?;
        }
        machine.flush(&mut pending);
        self.write(pending).await?;
        let compacted = self.store.compacted().await?;
        let known = compacted
            .iter()
            .find(|row| (row.epoch, row.partition) == (settings.epoch, partition));
        let Some(known) = known else {
            return Ok(());
        };
        if span < known.spans {
            self.store
                .compact_again(settings.epoch, partition, span)
                .await?;
            return Ok(());
        }
        let chunks = span * CHUNKS_PER_SPAN..(span + 1) * CHUNKS_PER_SPAN;
        for chunk in chunks.filter(|chunk| *chunk < known.next_chunk()) {
            self.store
                .compact_chunk_again(settings.epoch, partition, chunk)
                .await?;
        }
        Ok(())
    }

    async fn consume(
        &self,
        machine: &mut Partition,
        opened: DecodedRecord,
        pending: &mut Pending,
    ) -> Result<(), RepairError> {
        let copies = match (machine.must_ask(&opened), opened.beacon()) {
            (Some(since), Some(id)) => {
                self.write_raw(pending).await?;
                let (epoch, record) = (self.settings.epoch, opened.record());
                self.store
                    .copies(epoch, record.partition, record.offset, since, &[id])
                    .await?
            }
            _ => Vec::new(),
        };
        machine.consume(opened, &copies, pending);
        if !pending.batch.chunks.is_empty() {
            self.write(std::mem::take(pending)).await?;
        } else if pending.batch.observations.len() >= MAX_ROWS {
            self.write_raw(pending).await?;
        }
        Ok(())
    }

    async fn write_raw(&self, pending: &mut Pending) -> Result<(), RepairError> {
        let raw = Batch {
            observations: std::mem::take(&mut pending.batch.observations),
            ..Batch::default()
        };
        Ok(self.store.write(&raw).await?)
    }

    /// Writes whole chunks, with zeros for what is stored of them and should not be. Progress is the
    /// loaders' affair.
    async fn write(&self, pending: Pending) -> Result<(), RepairError> {
        let mut batch = pending.batch;
        batch.progress.clear();
        for row in &batch.chunks {
            let base = self
                .store
                .chunk_base(row.epoch, row.partition, row.chunk)
                .await?;
            let zeros = stale(base.parts, &batch.parts, row.chunk, row.version);
            batch.parts.extend(zeros);
        }
        Ok(self.store.write(&batch).await?)
    }

    async fn assigned(&mut self, partition: u32) -> Result<(), RepairError> {
        while !self.assigned.contains(&partition) {
            match tokio::time::timeout(HANDOVER_TIMEOUT, self.consumer.next()).await {
                Ok(Ok(Event::Assigned { partition, .. })) => {
                    self.assigned.insert(partition);
                }
                Ok(Ok(_) | Err(ConsumeError::Unavailable(_))) => {}
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(RepairError::Silent),
            }
        }
        Ok(())
    }

    /// The next record of a partition below `end`; none when there is no further one.
    async fn next(&mut self, partition: u32, end: u64) -> Result<Option<Consumed>, RepairError> {
        loop {
            match tokio::time::timeout(HANDOVER_TIMEOUT, self.consumer.next()).await {
                Ok(Ok(Event::Record(record))) if record.partition == partition => {
                    return Ok((record.offset < end).then_some(record));
                }
                Ok(Ok(Event::CaughtUp { partition: p, .. })) if p == partition => return Ok(None),
                Ok(Ok(Event::Assigned { partition, .. })) => {
                    self.assigned.insert(partition);
                }
                Ok(Ok(_) | Err(ConsumeError::Unavailable(_))) => {}
                Ok(Err(error)) => return Err(error.into()),
                Err(_) => return Err(RepairError::Silent),
            }
        }
    }
}

/// Zeros for the sums of `chunk` that are stored and were not made again.
fn stale(stored: Vec<PartRow>, made: &[PartRow], chunk: Chunk, version: u64) -> Vec<PartRow> {
    let made: HashSet<_> = made
        .iter()
        .filter(|part| part.chunk == chunk)
        .map(|part| (&part.app, part.minute, &part.dims))
        .collect();
    let is_stale =
        |part: &PartRow| part.count > 0 && !made.contains(&(&part.app, part.minute, &part.dims));
    let zero = |part| PartRow {
        version,
        count: 0,
        latency: Vec::new(),
        preflight_latency: Vec::new(),
        ..part
    };
    stored.into_iter().filter(is_stale).map(zero).collect()
}
