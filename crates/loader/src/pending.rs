//! What waits to be written.

use store::Batch;

/// The rows of all partitions since the last flush, with their weight.
#[derive(Debug, Default)]
pub struct Pending {
    /// The rows.
    pub batch: Batch,
    bytes: usize,
    records: usize,
}

impl Pending {
    /// Counts the bytes of a record.
    pub fn note_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.records += 1;
    }

    /// Bytes of the records that were taken in.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many records were taken in.
    #[must_use]
    pub const fn records(&self) -> usize {
        self.records
    }

    /// Whether a flush is due by weight.
    #[must_use]
    pub fn is_full(&self, max_rows: usize, max_bytes: usize) -> bool {
        self.batch.observations.len() >= max_rows || self.bytes >= max_bytes
    }
}
