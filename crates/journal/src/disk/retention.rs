//! Which records may go, and whether there is room for more.

use observation::UnixMillis;

use super::config::DiskConfig;
use super::file::LogFile;
use crate::Full;

/// Records removed in one transaction: a few milliseconds of work between two batches.
const STEP: u64 = 2000;

/// Transactions of removal per partition and sweep.
const MAX_STEPS: u32 = 8;

/// What the disk has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    /// What is full, if anything.
    pub(crate) full: Option<Full>,
    /// Whether committed records go before their time.
    pub(crate) pressure: Pressure,
    /// Bytes free on the disk, if they can be told.
    pub(crate) free: Option<u64>,
}

/// Whether committed records go before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressure {
    None,
    High,
}

/// Judges `used` bytes of the journal and the disk below it.
pub(crate) fn room(config: &DiskConfig, used: u64) -> Room {
    let disk = rustix::fs::statvfs(&config.dir).ok();
    let free = disk
        .as_ref()
        .map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    let total = disk
        .as_ref()
        .map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize));
    let kept_free = total.map(|total| total / 100 * u64::from(config.keep_free_percent));
    // What cannot be told is not held against the journal: writing will show.
    let disk_full = free.zip(kept_free).is_some_and(|(free, kept)| free < kept);
    let max = config.max_size.bytes();
    Room {
        full: if used >= max {
            Some(Full::Size)
        } else if disk_full {
            Some(Full::Disk)
        } else {
            None
        },
        pressure: if disk_full || used >= max / 10 * 9 {
            Pressure::High
        } else {
            Pressure::None
        },
        free,
    }
}

/// Removes committed records that are too old, or, under pressure, the oldest.
pub(crate) fn sweep(
    file: &mut LogFile,
    config: &DiskConfig,
    now: UnixMillis,
    pressure: Pressure,
) -> rusqlite::Result<()> {
    let old = now.plus(-config.retention.as_millis());
    for partition in 0..config.partitions {
        for _ in 0..MAX_STEPS {
            let extent = file.extents[partition as usize];
            let removable = extent
                .committed
                .unwrap_or(0)
                .saturating_sub(config.keep_records);
            let end = (extent.first + STEP).min(removable);
            if end <= extent.first {
                break;
            }
            let newest = file.append_time(partition, end - 1)?;
            if pressure == Pressure::None && newest.is_some_and(|time| time > old) {
                break;
            }
            file.remove_below(partition, end)?;
        }
    }
    Ok(())
}
