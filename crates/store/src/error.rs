//! What can go wrong, by what the caller does about it.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server cannot be reached, is overloaded, or did not answer in time. Whether the work was
    /// done is not known; every write may be repeated.
    #[error("the store is unavailable ({reason}); the same call may be repeated")]
    Unavailable {
        /// What kind of failure, for logs.
        reason: &'static str,
        /// The failure.
        #[source]
        source: Source,
    },
    /// The server refuses what it was given, and will refuse it again: a poison row, a query over
    /// its limits.
    #[error("the store refuses the request (ClickHouse code {code})")]
    Rejected {
        /// ClickHouse's error code; 0 where it gave none.
        code: u32,
        /// The failure.
        #[source]
        source: Source,
    },
    /// A query went over its limits of time, rows or memory: ask for less.
    #[error("the query is over its limits (ClickHouse code {code}); ask for a smaller window")]
    Limits {
        /// ClickHouse's error code.
        code: u32,
        /// The failure.
        #[source]
        source: Source,
    },
    /// The database does not have the schema of this build.
    #[error("{0}")]
    Schema(String),
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(String),
}

/// The cause of a [`StoreError`].
pub type Source = Box<dyn std::error::Error + Send + Sync>;

impl StoreError {
    /// Whether the same call may succeed later. Writes are idempotent, so repeating is safe.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether the data itself is refused: halve the batch to find the poison row.
    #[must_use]
    pub const fn is_poison(&self) -> bool {
        matches!(self, Self::Rejected { .. })
    }
}
