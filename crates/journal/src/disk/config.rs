//! Settings of the journal on disk.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Size, Span};

use crate::log::MAX_PARTITIONS;

/// A log in one file of this machine, for one process.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DiskConfig {
    /// The directory of the journal; made if it is missing. Use a local disk: SQLite's write-ahead
    /// log does not work on network file systems.
    pub dir: PathBuf,
    /// Partitions. Pinned when the journal is made: to change it, drain the journal and move the
    /// directory away. Permitted: 1 to 4096.
    pub partitions: u32,
    /// How long a record stays after it was appended, once it is committed. Permitted: 5m to 90days.
    pub retention: Span,
    /// Committed records that stay in each partition whatever their age and whatever room they
    /// take, because a reader rewinds to the start of its chunk. At least twice the loader's
    /// `chunk_size`. Permitted: 1000 to 100000000.
    pub keep_records: u64,
    /// The largest size. At nine tenths of it, committed records are removed before their time; at
    /// the full size, appends are shed. Permitted: 16MiB to 16TiB.
    pub max_size: Size,
    /// Appends are shed while less than this share of the disk is free, in percent. Permitted: 0
    /// to 90.
    pub keep_free_percent: u8,
}

impl Default for DiskConfig {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("data/journal"),
            partitions: 1,
            retention: Span::secs(24 * 3600),
            keep_records: 100_000,
            max_size: Size::mib(8 * 1024),
            keep_free_percent: 10,
        }
    }
}

impl DiskConfig {
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        if self.dir.as_os_str().is_empty() {
            problems.report("dir", "\"\"", "name a directory on a local disk");
        }
        problems.range("partitions", self.partitions, 1..=MAX_PARTITIONS);
        problems.range(
            "retention",
            self.retention,
            Span::secs(300)..=Span::secs(90 * 86_400),
        );
        problems.range("keep_records", self.keep_records, 1000..=100_000_000);
        problems.range(
            "max_size",
            self.max_size,
            Size::mib(16)..=Size::mib(16 << 20),
        );
        problems.range("keep_free_percent", self.keep_free_percent, 0..=90);
    }
}
