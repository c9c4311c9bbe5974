//! Settings of the spool.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::{Problems, Size, Span};

use crate::DiskConfig;

/// A file of this machine that takes records while Kafka does not, and hands them on once it does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SpoolConfig {
    /// Whether there is one. Without it, a collector refuses beacons while Kafka is away, and does
    /// not start without Kafka.
    pub enabled: bool,
    /// The directory; made if it is missing. It needs a local disk that outlives the process, and
    /// each collector needs one of its own.
    pub dir: PathBuf,
    /// A partition that has not acknowledged a record for so long is left alone: its records go to
    /// the spool until it is quick again. Permitted: 50ms to 30s.
    #[serde(alias = "patience")]
    pub ack_timeout: Span,
    /// The largest size; beyond it beacons are refused. Permitted: 16MiB to 16TiB.
    pub max_size: Size,
    /// Beacons are refused while the spool is needed and less than this share of the disk is free,
    /// in percent as `df` counts. Permitted: 0 to 90.
    pub keep_free_percent: u8,
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            dir: PathBuf::from("data/spool"),
            ack_timeout: Span::millis(1500),
            max_size: Size::mib(8 * 1024),
            keep_free_percent: 10,
        }
    }
}

impl SpoolConfig {
    pub(crate) fn problems(&self, mut problems: Problems<'_>) {
        if self.dir.as_os_str().is_empty() {
            problems.report("dir", "\"\"", "name a directory on a local disk");
        }
        let waits = Span::millis(50)..=Span::secs(30);
        problems.range("ack_timeout", self.ack_timeout, waits);
        let sizes = Size::mib(16)..=Size::mib(16 << 20);
        problems.range("max_size", self.max_size, sizes);
        problems.range("keep_free_percent", self.keep_free_percent, 0..=90);
    }

    /// The file's settings; there is one spool partition for each of Kafka.
    pub(crate) fn file(&self, partitions: u32) -> DiskConfig {
        DiskConfig {
            dir: self.dir.clone(),
            partitions,
            max_size: self.max_size,
            keep_free_percent: self.keep_free_percent,
            ..DiskConfig::default()
        }
    }
}
