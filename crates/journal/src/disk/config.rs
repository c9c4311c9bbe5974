//! Settings of the journal on disk.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Size, Span};

use crate::log::MAX_PARTITIONS;

/// Largest records that a file has room for at least.
const MIN_RECORDS: u64 = 16;

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
    /// Committed records that stay in each partition whatever their age, because a reader rewinds
    /// to the start of its chunk. They go all the same, the oldest first, once `max_size` is nearly
    /// reached: the reader then goes on from what is stored. At least twice the loader's
    /// `chunk_size`. Permitted: 1000 to 100000000.
    pub keep_records: u64,
    /// The largest size. At nine tenths of it, committed records are removed before their time; at
    /// the full size, when records that are not committed take all of it, appends are shed. At least
    /// 16 times `journal.max_record`. Permitted: 16MiB to 16TiB.
    pub max_size: Size,
    /// Appends are shed while less than this share of the disk is free, in percent as `df` counts, and
    /// the file has no freed room of its own. Permitted: 0 to 90.
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
    pub(crate) fn problems(&self, max_record: Size, mut problems: Problems<'_>) {
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
        if self.max_size.bytes() < MIN_RECORDS * max_record.bytes() {
            let reason = format!(
                "at least {MIN_RECORDS} times journal.max_record, \"{max_record}\": a few records \
                 would fill the journal"
            );
            problems.report("max_size", self.max_size, reason);
        }
    }
}
