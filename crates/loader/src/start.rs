//! Where a partition is read from, and whether its log is the one that was loaded.

use observation::{Chunk, UnixMillis};
use store::{ProgressRow, SeenBeacon};

use crate::error::LoaderError;
use crate::owned::Owned;
use crate::retry::{end_of, retried, started};
use crate::{Loader, Partition};

/// How far back the last stored beacon of a partition is looked for.
const WITNESS_AGE: i64 = 24 * 60 * 60 * 1000;

/// From where on what is stored already is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayFrom {
    /// From the first record that the log holds.
    Start,
    /// From the first record that may have been appended at this time.
    Time(UnixMillis),
}

impl Loader {
    /// Starts (again) to read a partition where the store's knowledge of it ends.
    pub(crate) async fn start(&mut self, partition: u32) -> Result<(), LoaderError> {
        let store = &self.store;
        let progress = retried(|| store.progress(), &self.metrics).await;
        let progress = progress.map_err(LoaderError::Store)?;
        let epoch = self.settings.epoch;
        let known = progress
            .iter()
            .find(|p| (p.epoch, p.partition) == (epoch, partition));
        let stored = known.map_or(0, |progress| progress.next_offset);
        let from = self.replayed(partition, stored).await?;
        let wanted = Partition::restart_at(self.settings, from);
        let Some(first) = self.read_from(partition, wanted).await? else {
            return Ok(());
        };
        self.check_log(partition, stored, first).await?;
        self.metrics.lost_offsets.inc_by(first.saturating_sub(from));
        let Some(mut machine) = self.machine(partition, from, wanted, first).await? else {
            return Ok(());
        };
        if let Some(former) = former_until(&progress, epoch) {
            machine.follow(former);
        }
        let guilty = self.quarantine.iter().filter(|place| place.0 == partition);
        machine.quarantine(guilty.map(|place| place.1).collect());
        let witness = self.witness(partition, known.copied()).await?;
        let start = machine.next_offset();
        tracing::info!(partition, start, stored, "reading");
        self.partitions
            .insert(partition, Owned::new(machine, stored, witness));
        self.count_partitions();
        Ok(())
    }

    /// The machine that reads from the start of the chunk that holds `from`; where the log begins
    /// behind that (`first`), from where it does, on top of what is stored of the chunk. None where
    /// the partition has gone meanwhile.
    async fn machine(
        &mut self,
        partition: u32,
        from: u64,
        wanted: u64,
        first: u64,
    ) -> Result<Option<Partition>, LoaderError> {
        let settings = self.settings;
        let mut start = from.max(first);
        loop {
            let chunk = Chunk::of(start, settings.chunk_size);
            if first <= wanted || chunk.start(settings.chunk_size) >= first {
                return Ok(Some(Partition::new(settings, partition, first)));
            }
            tracing::warn!(
                partition,
                first,
                start,
                "the log has lost the start of a chunk: going on from what is stored of it"
            );
            let store = &self.store;
            let base = retried(
                || store.chunk_base(settings.epoch, partition, chunk),
                &self.metrics,
            );
            let base = base.await.map_err(LoaderError::Store)?;
            match self.read_from(partition, start).await? {
                Some(actual) if actual == start => {
                    return Ok(Some(Partition::resume(settings, partition, start, base)));
                }
                // Retention goes on meanwhile.
                Some(actual) => start = actual,
                None => return Ok(None),
            }
        }
    }

    /// Where reading goes on when everything below `stored` is stored: there, or where a replay was
    /// asked to begin.
    async fn replayed(&mut self, partition: u32, stored: u64) -> Result<u64, LoaderError> {
        let before = match self.replay {
            None => return Ok(stored),
            Some(ReplayFrom::Start) => return Ok(0),
            Some(ReplayFrom::Time(before)) => before,
        };
        let (store, epoch) = (&self.store, self.settings.epoch);
        let offsets = retried(|| store.offsets_before(epoch, before), &self.metrics).await;
        let offsets = offsets.map_err(LoaderError::Store)?;
        let known = offsets.iter().find(|(p, _)| *p == partition);
        Ok(known.map_or(0, |(_, offset)| *offset).min(stored))
    }

    /// The last beacon that was loaded, where the log still holds its record: the log is read there
    /// first, because one that was made again may have grown past what is stored meanwhile.
    async fn witness(
        &mut self,
        partition: u32,
        known: Option<ProgressRow>,
    ) -> Result<Option<SeenBeacon>, LoaderError> {
        let Some(known) = known else {
            return Ok(None);
        };
        let since = known.event_time.plus(-WITNESS_AGE);
        let (store, epoch) = (&self.store, self.settings.epoch);
        let last = retried(
            || store.last_beacon(epoch, partition, known.next_offset, since),
            &self.metrics,
        );
        let Some(last) = last.await.map_err(LoaderError::Store)? else {
            return Ok(None);
        };
        let start = self.read_from(partition, last.offset).await?;
        // Else retention has passed it.
        Ok((start == Some(last.offset)).then_some(last))
    }

    /// Reads a partition from `offset` on; says from where it really does, or that the partition is
    /// gone.
    pub(crate) async fn read_from(
        &mut self,
        partition: u32,
        offset: u64,
    ) -> Result<Option<u64>, LoaderError> {
        Ok(started(&mut *self.consumer, partition, offset).await?)
    }

    async fn check_log(
        &mut self,
        partition: u32,
        stored: u64,
        start: u64,
    ) -> Result<(), LoaderError> {
        let end = end_of(&mut *self.consumer, partition).await?;
        match end.unwrap_or(start) {
            end if end < stored => Err(LoaderError::LogBehindStore {
                partition,
                end,
                stored,
            }),
            _ => Ok(()),
        }
    }
}

/// Until when former epochs took beacons in.
pub(crate) fn former_until(progress: &[ProgressRow], epoch: u32) -> Option<UnixMillis> {
    let former = progress.iter().filter(|row| row.epoch < epoch);
    former.map(|row| row.event_time).max()
}
