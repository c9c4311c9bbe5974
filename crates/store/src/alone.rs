//! What a process knows of a store that no other writes to: the embedded engine belongs to the process that
//! started it, so what was written or read last need not be asked for again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::rows::Lease;
use crate::{Compacted, ProgressRow, SilenceRow, StoreError};

/// An answer is asked for again after this even if nothing was written: a write that got no answer may still
/// have happened.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// A partition where nothing came in tells the store so not more often than this; who asks this process learns
/// it at once. After a death of the process its numbers are complete until that much earlier, until the
/// partition is read again.
const STORED_EVERY_MS: i64 = 10_000;

/// Shared by all handles of one store.
#[derive(Debug, Default)]
pub(crate) struct Alone {
    pub(crate) compacted: Kept<Vec<Compacted>>,
    pub(crate) silences: Kept<Vec<SilenceRow>>,
    progress: Mutex<Progress>,
    leases: Mutex<BTreeMap<String, Held>>,
}

/// What the holder of a lease was answered last, and until when that holds.
#[derive(Debug)]
struct Held {
    lease: Lease,
    until: Instant,
}

type Partition = (u32, u32);

#[derive(Debug, Default)]
struct Progress {
    /// Whether what was stored before this process is among it.
    is_whole: bool,
    /// What the store has, and what this process knows.
    stored: BTreeMap<Partition, ProgressRow>,
    latest: BTreeMap<Partition, ProgressRow>,
}

/// An answer that stays right until something is written.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    state: Mutex<KeptState<T>>,
}

#[derive(Debug)]
struct KeptState<T> {
    /// Grows with every write, so that an answer which a write has overtaken is not kept.
    writes: u64,
    answer: Option<(Instant, T)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(KeptState {
                writes: 0,
                answer: None,
            }),
        }
    }
}

impl<T: Clone> Kept<T> {
    /// The answer that is known, else that of `ask`.
    pub(crate) async fn read(
        &self,
        ask: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let writes = {
            let state = lock(&self.state);
            if let Some((at, answer)) = &state.answer
                && at.elapsed() < KEPT_FOR
            {
                return Ok(answer.clone());
            }
            state.writes
        };
        let asked = Instant::now();
        let answer = ask.await?;
        let mut state = lock(&self.state);
        if state.writes == writes {
            state.answer = Some((asked, answer.clone()));
        }
        Ok(answer)
    }

    fn written(&self) {
        let mut state = lock(&self.state);
        state.writes += 1;
        state.answer = None;
    }
}

impl Alone {
    /// To be called before and after every write: an answer may have been read between them.
    pub(crate) fn writes(&self, table: &str) {
        match table {
            "compacted" => self.compacted.written(),
            "silences" => self.silences.written(),
            _ => {}
        }
    }

    /// The latest progress of every partition; `ask` reads what is stored.
    pub(crate) async fn progress(
        &self,
        ask: impl Future<Output = Result<Vec<ProgressRow>, StoreError>>,
    ) -> Result<Vec<ProgressRow>, StoreError> {
        if !lock(&self.progress).is_whole {
            let rows = ask.await?;
            let mut progress = lock(&self.progress);
            for row in rows {
                later(progress.stored.entry(key(&row)).or_insert(row), &row);
                later(progress.latest.entry(key(&row)).or_insert(row), &row);
            }
            progress.is_whole = true;
        }
        Ok(lock(&self.progress).latest.values().copied().collect())
    }

    /// The rows of progress that have to be stored.
    pub(crate) fn to_store(&self, rows: &[ProgressRow]) -> Vec<ProgressRow> {
        let progress = lock(&self.progress);
        let is_due = |row: &&ProgressRow| {
            progress.stored.get(&key(row)).is_none_or(|stored| {
                stored.next_offset != row.next_offset
                    || row.event_time.0 - stored.event_time.0 >= STORED_EVERY_MS
            })
        };
        rows.iter().filter(is_due).copied().collect()
    }

    /// Takes in progress, of which `stored` was written.
    pub(crate) fn take_in(&self, rows: &[ProgressRow], stored: &[ProgressRow]) {
        let mut progress = lock(&self.progress);
        let begun = |stored: &BTreeMap<Partition, ProgressRow>| {
            stored.values().filter(|row| row.next_offset > 0).count()
        };
        let before = begun(&progress.stored);
        for row in stored {
            later(progress.stored.entry(key(row)).or_insert(*row), row);
        }
        for row in rows {
            later(progress.latest.entry(key(row)).or_insert(*row), row);
        }
        // What is compacted is known of every partition that records were read from.
        if begun(&progress.stored) != before {
            self.compacted.written();
        }
    }

    /// The lease `name` as this process knows it: renewed where `holder` has it, none where another has it; no
    /// answer where no one here does.
    pub(crate) fn lease(&self, name: &str, holder: &str, ttl: Duration) -> Option<Option<Lease>> {
        let now = Instant::now();
        let mut leases = lock(&self.leases);
        let held = leases.get_mut(name).filter(|held| now < held.until)?;
        if held.lease.holder != holder {
            return Some(None);
        }
        let before = held.until;
        held.until = now + ttl;
        let longer = held.until.saturating_duration_since(before);
        let longer = i64::try_from(longer.as_millis()).unwrap_or(i64::MAX);
        held.lease.expires_at = held.lease.expires_at.plus(longer);
        Some(Some(held.lease.clone()))
    }

    /// Keeps a lease that the store gave to who asked at `asked`.
    pub(crate) fn holds(&self, lease: &Lease, asked: Instant, ttl: Duration) {
        let held = Held {
            lease: lease.clone(),
            until: asked + ttl,
        };
        lock(&self.leases).insert(lease.name.clone(), held);
    }

    /// Forgets a lease that is given back.
    pub(crate) fn released(&self, lease: &Lease) {
        let mut leases = lock(&self.leases);
        let is_same =
            |held: &Held| (held.lease.term, &held.lease.holder) == (lease.term, &lease.holder);
        if leases.get(&lease.name).is_some_and(is_same) {
            leases.remove(&lease.name);
        }
    }
}

const fn key(row: &ProgressRow) -> Partition {
    (row.epoch, row.partition)
}

/// Progress only grows.
fn later(known: &mut ProgressRow, row: &ProgressRow) {
    known.next_offset = known.next_offset.max(row.next_offset);
    known.event_time = known.event_time.max(row.event_time);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;

    use super::*;

    fn progress(partition: u32, next_offset: u64) -> ProgressRow {
        ProgressRow {
            epoch: 1,
            partition,
            next_offset,
            event_time: UnixMillis(0),
        }
    }

    #[tokio::test]
    async fn a_partition_that_begins_is_asked_for_with_what_is_compacted() {
        let alone = Alone::default();
        let row = |spans| Compacted {
            epoch: 1,
            partition: 0,
            spans,
            chunks: 0,
        };
        let ask = async |spans| {
            let answer = alone.compacted.read(async { Ok(vec![row(spans)]) }).await;
            answer.expect("answered")[0].spans
        };
        let tell = |row| alone.take_in(&[row], &[row]);
        assert_eq!(ask(1).await, 1);
        tell(progress(1, 0));
        assert_eq!(ask(2).await, 1, "nothing was read from it");
        tell(progress(1, 5));
        assert_eq!(ask(3).await, 3);
        tell(progress(1, 6));
        assert_eq!(ask(4).await, 3);
        alone.writes("compacted");
        assert_eq!(ask(5).await, 5);
    }
}
