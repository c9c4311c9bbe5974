//! What a partition, and the whole file, holds.

/// Where a partition begins, ends, and what its consumer has dealt with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) first: u64,
    pub(crate) next: u64,
    pub(crate) committed: Option<u64>,
}

/// What a partition of a spool holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) records: u64,
    /// Of the payloads.
    pub(crate) bytes: u64,
}

/// Bytes of the file, and what of it has to stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// In use: what retention has freed is not, although the file keeps it.
    pub(crate) used: u64,
    /// Freed inside the file.
    pub(crate) reusable: u64,
    /// Records that are not committed yet.
    pub(crate) pending: u64,
}
