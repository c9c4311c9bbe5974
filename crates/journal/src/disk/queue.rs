//! What waits to become durable, and whether anything more may wait.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::retention::Shortage;
use crate::metrics::JournalMetrics;
use crate::reader::Commit;
use crate::{AppendError, ConsumeError, Full, Health, Record, Room};

/// Bytes that a transaction takes at most.
const MAX_BATCH: usize = 1 << 20;

/// Bytes of records with [`Room::Reserve`] that are taken while the journal is full: reports of some
/// hundred bytes every few seconds, for hours.
const RESERVE: usize = 1 << 20;

/// Cursors that may wait; there is one consumer and it waits for each.
const MAX_COMMITS: usize = 1024;

/// Removals that may wait: a drain waits for each, a late report of Kafka for its own.
const MAX_REMOVALS: usize = 65_536;

pub(crate) type Answer = oneshot::Receiver<Result<(), AppendError>>;

/// A record and who waits for it.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) record: Record,
    pub(crate) reply: oneshot::Sender<Result<u64, AppendError>>,
}

/// Records of a spool that go, as partition and offset, and who waits for it.
#[derive(Debug)]
pub(crate) struct Removal {
    pub(crate) records: Vec<(u32, u64)>,
    pub(crate) reply: oneshot::Sender<Result<(), AppendError>>,
}

/// What becomes one transaction.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) appends: Vec<Append>,
    pub(crate) commits: Vec<Commit>,
    pub(crate) removals: Vec<Removal>,
}

/// What the writer does next.
#[derive(Debug)]
pub(crate) enum Work {
    Write(Batch),
    /// A reader found this incarnation of the file damaged.
    Replace {
        /// Which one.
        incarnation: u64,
        /// What it found.
        reason: String,
    },
    /// Nothing came for a while.
    Idle,
    /// All handles are gone and nothing waits.
    End,
}

#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    limit: usize,
    metrics: JournalMetrics,
}

impl State {
    fn has_work(&self) -> bool {
        !self.appends.is_empty()
            || !self.commits.is_empty()
            || !self.removals.is_empty()
            || self.suspicion.is_some()
    }
}

#[derive(Debug, Default)]
struct State {
    appends: VecDeque<Append>,
    commits: VecDeque<Commit>,
    removals: VecDeque<Removal>,
    /// What a reader found wrong with the file.
    suspicion: Option<(u64, String)>,
    /// Bytes of the records that wait or are being written.
    bytes: usize,
    /// Appends are refused forever.
    closed: bool,
    /// All handles are gone.
    abandoned: bool,
    /// Appends are refused until there is room.
    full: Option<Shortage>,
    /// Bytes taken from the reserve since then.
    from_reserve: usize,
    /// Everything is refused until the file was opened again.
    broken: Option<Arc<str>>,
}

impl Queue {
    pub(crate) fn new(limit: usize, metrics: JournalMetrics) -> Self {
        metrics.ready.set(1);
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            limit,
            metrics,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn append(&self, append: Append) -> Result<(), AppendError> {
        let size = append.record.size();
        let mut state = self.state();
        if state.closed {
            return Err(AppendError::Closed);
        }
        if let Some(reason) = &state.broken {
            return Err(AppendError::Unavailable(reason.to_string().into()));
        }
        if let Some(shortage) = &state.full {
            let what = shortage.what;
            let is_reserved = append.record.room == Room::Reserve;
            if !is_reserved || state.from_reserve + size > RESERVE {
                return Err(AppendError::Full { what });
            }
            state.from_reserve += size;
        }
        if state.bytes + size > self.limit {
            return Err(AppendError::Full { what: Full::Queue });
        }
        state.bytes += size;
        self.metrics.queue_bytes.set(gauge(state.bytes));
        let was_empty = state.appends.is_empty();
        state.appends.push_back(append);
        drop(state);
        if was_empty {
            self.arrived.notify_all();
        }
        Ok(())
    }

    pub(crate) fn commit(&self, commit: Commit) {
        let mut state = self.state();
        let refusal = match &state.broken {
            Some(reason) => reason.to_string(),
            None if state.commits.len() < MAX_COMMITS => {
                state.commits.push_back(commit);
                drop(state);
                self.arrived.notify_all();
                return;
            }
            None => "too many cursors wait".to_owned(),
        };
        drop(state);
        // A caller that is gone does not mind.
        let _ = commit
            .reply
            .send(Err(ConsumeError::Unavailable(refusal.into())));
    }

    /// Lets records of a spool go. The answer tells when they are gone for good.
    pub(crate) fn remove(&self, records: Vec<(u32, u64)>) -> Answer {
        let (reply, answer) = oneshot::channel();
        let mut state = self.state();
        let refusal = match &state.broken {
            Some(reason) => reason.to_string(),
            None if state.removals.len() < MAX_REMOVALS => {
                state.removals.push_back(Removal { records, reply });
                drop(state);
                self.arrived.notify_all();
                return answer;
            }
            None => "too many removals wait".to_owned(),
        };
        drop(state);
        // The receiver is right here.
        let _ = reply.send(Err(AppendError::Unavailable(refusal.into())));
        answer
    }

    /// Tells the writer that an incarnation of the file is not what it should be.
    pub(crate) fn suspect(&self, incarnation: u64, reason: String) {
        self.state().suspicion = Some((incarnation, reason));
        self.arrived.notify_all();
    }

    /// Waits for work for at most `timeout`.
    pub(crate) fn take(&self, timeout: Duration) -> Work {
        let state = self.state();
        let (mut state, _) = self
            .arrived
            .wait_timeout_while(state, timeout, |state| {
                !state.has_work() && !state.abandoned
            })
            .unwrap_or_else(PoisonError::into_inner);
        if !state.has_work() {
            return if state.abandoned {
                Work::End
            } else {
                Work::Idle
            };
        }
        if let Some((incarnation, reason)) = state.suspicion.take() {
            return Work::Replace {
                incarnation,
                reason,
            };
        }
        let mut bytes = 0;
        let fits = |append: &&Append| {
            bytes += append.record.size();
            bytes <= MAX_BATCH
        };
        // At least one, so that a record of any permitted size is written.
        let count = state.appends.iter().take_while(fits).count().max(1);
        let count = count.min(state.appends.len());
        Work::Write(Batch {
            appends: state.appends.drain(..count).collect(),
            commits: state.commits.drain(..).collect(),
            removals: state.removals.drain(..).collect(),
        })
    }

    /// Gives back the room of records that were answered.
    pub(crate) fn release(&self, bytes: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
        self.metrics.queue_bytes.set(gauge(state.bytes));
        let drained = state.bytes == 0;
        drop(state);
        if drained {
            self.arrived.notify_all();
        }
    }

    /// Refuses everything with `reason` and answers what waits.
    pub(crate) fn break_off(&self, reason: &str) {
        let mut state = self.state();
        state.broken = Some(reason.into());
        self.metrics.ready.set(0);
        let waiting = std::mem::take(&mut state.appends);
        let commits = std::mem::take(&mut state.commits);
        let removals = std::mem::take(&mut state.removals);
        state.suspicion = None;
        drop(state);
        // Callers that are gone do not mind, hence the ignored sends.
        for commit in commits {
            let _ = commit
                .reply
                .send(Err(ConsumeError::Unavailable(reason.to_owned().into())));
        }
        for removal in removals {
            let error = AppendError::Unavailable(reason.to_owned().into());
            let _ = removal.reply.send(Err(error));
        }
        let mut bytes = 0;
        for append in waiting {
            bytes += append.record.size();
            let error = AppendError::Unavailable(reason.to_owned().into());
            let _ = append.reply.send(Err(error));
        }
        self.release(bytes);
    }

    /// Takes records again.
    pub(crate) fn mend(&self) {
        self.state().broken = None;
        self.tell_readiness();
    }

    /// Refuses appends while something is full.
    pub(crate) fn set_full(&self, full: Option<Shortage>) {
        let mut state = self.state();
        if full.is_none() {
            state.from_reserve = 0;
        }
        state.full = full;
        drop(state);
        self.tell_readiness();
    }

    fn tell_readiness(&self) {
        self.metrics.ready.set(self.health().is_ready().into());
    }

    /// Refuses appends forever.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.tell_readiness();
    }

    /// Ends the writer once nothing waits.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.closed = true;
        state.abandoned = true;
        drop(state);
        self.arrived.notify_all();
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.state().abandoned
    }

    /// Waits until every record was answered, for at most `timeout`.
    pub(crate) fn wait_until_drained(&self, timeout: Duration) {
        let state = self.state();
        // Whether it was in time shows in what the callers of `append` were told.
        drop(
            self.arrived
                .wait_timeout_while(state, timeout, |state| state.bytes > 0),
        );
    }

    /// Pauses the writer between two attempts, but not past the end.
    pub(crate) fn rest(&self, pause: Duration) {
        let state = self.state();
        drop(
            self.arrived
                .wait_timeout_while(state, pause, |state| !state.abandoned),
        );
    }

    pub(crate) fn health(&self) -> Health {
        let state = self.state();
        let reason = if let Some(reason) = &state.broken {
            reason.to_string()
        } else if let Some(shortage) = &state.full {
            shortage.reason.clone()
        } else if state.closed {
            "the journal is closed".to_owned()
        } else {
            return Health::Ready;
        };
        Health::Unready { reason }
    }
}

fn gauge(bytes: usize) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
