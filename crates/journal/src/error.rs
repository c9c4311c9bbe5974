//! Errors: one variant for each reaction of the caller.

/// The cause of a failure, as the driver below reported it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A record was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The queue or the disk is full: shed the request; it may be sent again later.
    #[error("the journal is full ({what})")]
    Full {
        /// What is full.
        what: Full,
    },
    /// No answer in time. The record may be durable nevertheless; sent again it becomes a copy,
    /// which its identity absorbs.
    #[error("the journal did not answer in time")]
    Timeout,
    /// The journal cannot make records durable at the moment.
    #[error("the journal is unavailable")]
    Unavailable(#[source] Cause),
    /// The record is larger than the journal takes: it will never fit.
    #[error("the record is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The record names a partition that the journal does not have: a mistake of the caller.
    #[error("partition {partition} does not exist, the journal has {partitions}")]
    NoSuchPartition {
        /// What was asked for.
        partition: u32,
        /// How many there are.
        partitions: u32,
    },
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

/// Which bound was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Full {
    /// Too much waits to be written.
    Queue,
    /// The journal has its greatest permitted size.
    Size,
    /// Too little of the disk is free.
    Disk,
}

impl Full {
    /// The word for logs and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Size => "size",
            Self::Disk => "disk",
        }
    }
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A consumer could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The journal cannot be read or written at the moment: try again later.
    #[error("the journal is unavailable")]
    Unavailable(#[source] Cause),
    /// This consumer does not own the partition (any longer): drop its state.
    #[error("partition {partition} is not assigned to this consumer")]
    NotAssigned {
        /// The partition.
        partition: u32,
    },
    /// This consumer cannot go on; a new one may.
    #[error("the consumer ended")]
    Ended(#[source] Cause),
}

/// A journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration disagrees with what is there; the text says what to do.
    #[error("{0}")]
    Mismatch(String),
    /// Another process or consumer has it; the text says which.
    #[error("{0}")]
    InUse(String),
    /// What is there cannot be used as a journal: damaged, or written by something else.
    #[error("{what}")]
    Damaged {
        /// What was found and what to do.
        what: String,
        /// The cause.
        #[source]
        source: Option<Cause>,
    },
    /// It cannot be reached or made at the moment.
    #[error("{what}")]
    Unavailable {
        /// What was tried and what to do.
        what: String,
        /// The cause.
        #[source]
        source: Cause,
    },
}
