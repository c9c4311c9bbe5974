//! The trait pair: what a durable log can do.

use std::time::Duration;

use async_trait::async_trait;

use crate::{AppendError, Appended, ConsumeError, Event, Record};

/// The largest number of partitions that a log can have.
pub(crate) const MAX_PARTITIONS: u32 = 4096;

/// Makes records durable.
#[async_trait]
pub trait Appender: Send + Sync {
    /// Appends a record and returns once it is durable.
    ///
    /// Cancel safe: a caller that goes away may leave a durable record behind, which no one was
    /// promised.
    ///
    /// # Errors
    /// [`AppendError`]; after any of them the record counts as not taken.
    async fn append(&self, record: Record) -> Result<Appended, AppendError>;

    /// Whether appends can be expected to succeed. Cheap.
    fn health(&self) -> Health;

    /// Makes what is queued durable, for at most `deadline`, and then refuses with
    /// [`AppendError::Closed`]. Appends that start meanwhile are refused.
    async fn close(&self, deadline: Duration);
}

/// Reads the log. One consumer is used by one task.
#[async_trait]
pub trait Consumer: Send {
    /// The next event. Cancel safe: an event is lost neither by dropping the future nor by an
    /// [`ConsumeError::Unavailable`], after which the call can be repeated.
    ///
    /// # Errors
    /// [`ConsumeError`].
    async fn next(&mut self) -> Result<Event, ConsumeError>;

    /// Delivers the partition from `offset` on, also when it was started before (a rewind). What
    /// was fetched from the old place is dropped. Returns the actual start: the earliest offset
    /// that is still there if `offset` is gone, the log's end if `offset` lies beyond it.
    ///
    /// # Errors
    /// [`ConsumeError`].
    async fn start(&mut self, partition: u32, offset: u64) -> Result<u64, ConsumeError>;

    /// Remembers that everything below `next_offset` is dealt with.
    ///
    /// # Errors
    /// [`ConsumeError`].
    async fn commit(&mut self, partition: u32, next_offset: u64) -> Result<(), ConsumeError>;

    /// The log's end of every partition: the offset that its next record will have.
    ///
    /// # Errors
    /// [`ConsumeError`].
    async fn end_offsets(&mut self) -> Result<Vec<(u32, u64)>, ConsumeError>;
}

/// Whether a journal takes records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It does, as far as is known.
    Ready,
    /// It does, in its spool: what it takes is durable and reaches the log later. Or it does, but
    /// has no spool to fall back on.
    Degraded {
        /// Why, for people.
        reason: String,
        /// What waits in the spool.
        spooled: Spooled,
    },
    /// It does not.
    Unready {
        /// Why, for people.
        reason: String,
    },
}

/// What waits in a spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spooled {
    /// Records.
    pub records: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// How long the oldest has waited, as of about a second ago.
    pub oldest: Duration,
}

impl Health {
    /// Whether appends can be expected to succeed.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        match self {
            Self::Ready | Self::Degraded { .. } => true,
            Self::Unready { .. } => false,
        }
    }
}
