//! Which records may go, and whether there is room for more.

use observation::UnixMillis;

use super::config::DiskConfig;
use super::file::LogFile;
use super::purpose::Purpose;
use crate::Full;

/// Records removed in one transaction: a few milliseconds of work between two batches.
const STEP: u64 = 2000;

/// Transactions of removal per partition and sweep.
const MAX_STEPS: u32 = 8;

/// What the disk has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Room {
    /// What is full, if anything.
    pub(crate) shortage: Option<Shortage>,
    /// Whether committed records go before their time.
    pub(crate) pressure: Pressure,
    /// Bytes free on the disk, if they can be told.
    pub(crate) free: Option<u64>,
}

/// Why no more records are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shortage {
    /// What is full.
    pub(crate) what: Full,
    /// For people: how much there is of what, and what to do.
    pub(crate) reason: String,
}

impl Shortage {
    fn new(what: Full, purpose: Purpose, advice: std::fmt::Arguments<'_>) -> Self {
        let reason = format!("the {} is full ({what}): {advice}", purpose.noun());
        Self { what, reason }
    }

    /// The file has the greatest size that it may have.
    fn of_size(config: &DiskConfig, purpose: Purpose) -> Self {
        let (dir, section) = (config.dir.display(), purpose.section());
        let (max, taker) = (config.max_size, purpose.taker());
        let advice = format_args!(
            "{dir} has reached `{section}.max_size` = \"{max}\"; look at {taker}, or raise it"
        );
        Self::new(Full::Size, purpose, advice)
    }

    /// Less of the disk is free than is kept free for others.
    fn of_reserve(config: &DiskConfig, purpose: Purpose, space: Space) -> Self {
        let (dir, section) = (config.dir.display(), purpose.section());
        let (kept, percent) = (config.keep_free_percent, space.free_percent());
        let advice = format_args!(
            "{percent} % of the disk of {dir} is free, less than `{section}.keep_free_percent` = \
             {kept}; make room, or lower it"
        );
        Self::new(Full::Disk, purpose, advice)
    }

    /// The disk took no more.
    pub(crate) fn of_disk(config: &DiskConfig, purpose: Purpose) -> Self {
        let dir = config.dir.display();
        let advice = format_args!("the disk of {dir} takes no more; make room");
        Self::new(Full::Disk, purpose, advice)
    }
}

/// Bytes of a disk.
#[derive(Debug, Clone, Copy)]
struct Space {
    free: u64,
    total: u64,
}

impl Space {
    /// Nothing where it cannot be told, as by file systems that say they have no blocks.
    fn of(config: &DiskConfig) -> Option<Self> {
        let disk = rustix::fs::statvfs(&config.dir).ok()?;
        let space = Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: disk.f_blocks.saturating_mul(disk.f_frsize),
        };
        (space.total > 0).then_some(space)
    }

    /// Rounded down, so that it is below a percentage that it does not reach.
    fn free_percent(self) -> u64 {
        let percent = u128::from(self.free) * 100 / u128::from(self.total);
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

/// Whether committed records go before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressure {
    None,
    High,
}

/// Judges `used` bytes of the journal and the disk below it.
pub(crate) fn room(config: &DiskConfig, purpose: Purpose, used: u64) -> Room {
    // What cannot be told is not held against the journal: writing will show.
    let space = Space::of(config);
    let reserve = space
        .filter(|space| space.free_percent() < u64::from(config.keep_free_percent))
        .map(|space| Shortage::of_reserve(config, purpose, space));
    let max = config.max_size.bytes();
    let pressure = if reserve.is_some() || used >= max / 10 * 9 {
        Pressure::High
    } else {
        Pressure::None
    };
    let size = (used >= max).then(|| Shortage::of_size(config, purpose));
    Room {
        shortage: size.or(reserve),
        pressure,
        free: space.map(|space| space.free),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_does_not_tell_its_size_is_not_full() {
        let config = DiskConfig {
            // No block of it is said to exist.
            dir: "/proc".into(),
            ..DiskConfig::default()
        };
        let room = room(&config, Purpose::Journal, 0);
        assert_eq!((room.shortage, room.free), (None, None));
        assert_eq!(room.pressure, Pressure::None);
    }
}
