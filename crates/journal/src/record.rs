//! What goes into the log and what comes out of it.

use bytes::Bytes;
use observation::UnixMillis;

/// Length of a record's key in bytes: a beacon's identity.
pub const KEY_LEN: usize = 12;

/// The room that a record may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Room {
    /// What records share; once it is used up they are refused.
    #[default]
    Shared,
    /// Also a small reserve beyond it: for what has to be known while the journal is full.
    Reserve,
}

/// One record to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The partition, chosen by the caller: `BeaconId::partition(journal.partitions())`.
    pub partition: u32,
    /// Identity of the beacon.
    pub key: [u8; KEY_LEN],
    /// The encoded entry; the journal does not look into it.
    pub payload: Bytes,
    /// The room that it may take.
    pub room: Room,
}

impl Record {
    /// Bytes that count against the limits of queues and batches.
    #[must_use]
    pub const fn size(&self) -> usize {
        KEY_LEN + self.payload.len()
    }
}

/// Where a durable record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Appended {
    /// Partition within the log.
    pub partition: u32,
    /// Offset within the partition; `None` while it waits in a spool and has none yet.
    pub offset: Option<u64>,
}

/// One record read from the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumed {
    /// Partition within the log.
    pub partition: u32,
    /// Offset within the partition.
    pub offset: u64,
    /// When the log took the record, by the log's clock (the broker's, or this machine's for a
    /// journal on disk).
    pub append_time: UnixMillis,
    /// Identity of the beacon. Zeros where a foreign program wrote a record whose key has another
    /// length; its payload then fails to decode and goes the way of any other bad record.
    pub key: [u8; KEY_LEN],
    /// The encoded entry.
    pub payload: Bytes,
}

/// What a consumer has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// This consumer owns the partition now. Nothing of it is delivered before
    /// [`Consumer::start`](crate::Consumer::start).
    Assigned {
        /// The partition.
        partition: u32,
        /// The offset that was committed last, if any.
        committed: Option<u64>,
    },
    /// This consumer owns the partition no longer: drop its state, write nothing more for it.
    Revoked {
        /// The partition.
        partition: u32,
    },
    /// The next record of a started partition, in offset order.
    Record(Consumed),
    /// Everything up to the log's end was delivered; repeated while nothing arrives, about every
    /// 500 ms.
    CaughtUp {
        /// The partition.
        partition: u32,
        /// The offset that the next record will have at the earliest.
        next_offset: u64,
        /// Every record that was acknowledged before this time has been delivered. The consumer's
        /// clock less the allowance of the journal's configuration.
        at: UnixMillis,
    },
}
