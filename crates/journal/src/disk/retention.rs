//! Which records may go, and whether there is room for more.

use std::time::Duration;

use observation::UnixMillis;
use tokio::time::Instant;

use super::config::DiskConfig;
use super::extent::Usage;
use super::file::LogFile;
use super::purpose::Purpose;
use super::space::DiskSpace;
use crate::Full;

/// Transactions of removal per partition and sweep, while there is room.
const MAX_STEPS: u32 = 8;

/// How long a sweep under pressure may keep appends waiting.
const MAX_SWEEP: Duration = Duration::from_millis(250);

/// Parts of `max_size`: from the upper one on committed records go before their time, until the
/// lower one is reached.
const HIGH_WATER: (u64, u64) = (9, 10);
const LOW_WATER: (u64, u64) = (8, 10);

/// Freed room inside the file that is enough to go on by itself: some of the largest batches. What
/// is written there takes nothing of the disk, however little of that is free.
const ENOUGH_REUSABLE: u64 = 16 << 20;

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

    /// The file has the greatest size that it may have, and nothing in it can go.
    fn of_size(config: &DiskConfig, purpose: Purpose, pending: u64) -> Self {
        let (dir, section) = (config.dir.display(), purpose.section());
        let (max, taker) = (config.max_size, purpose.taker());
        let advice = format_args!(
            "{dir} has reached `{section}.max_size` = \"{max}\", and {pending} records wait for \
             {taker}; look at {taker}, or raise it"
        );
        Self::new(Full::Size, purpose, advice)
    }

    /// Less of the disk is free than is kept free for others.
    fn of_reserve(config: &DiskConfig, purpose: Purpose, space: DiskSpace) -> Self {
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

/// Whether committed records go before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pressure {
    None,
    /// The file nears its largest size.
    Size,
    /// Little of the disk is free: room inside the file is all there is.
    Disk,
}

/// Judges what the file takes and the disk below it.
pub(crate) fn room(config: &DiskConfig, purpose: Purpose, usage: Usage) -> Room {
    // What cannot be told is not held against the journal: writing will show.
    let space = DiskSpace::of(&config.dir).ok().flatten();
    let is_reserve_touched =
        space.is_some_and(|space| space.free_percent() < u64::from(config.keep_free_percent));
    let reserve = space
        .filter(|_| is_reserve_touched && usage.reusable < ENOUGH_REUSABLE)
        .map(|space| Shortage::of_reserve(config, purpose, space));
    let max = config.max_size.bytes();
    let needs_room = is_reserve_touched && usage.reusable < 2 * ENOUGH_REUSABLE;
    let pressure = if needs_room {
        Pressure::Disk
    } else if usage.used >= part(max, HIGH_WATER) {
        Pressure::Size
    } else {
        Pressure::None
    };
    let size = (usage.used >= max).then(|| Shortage::of_size(config, purpose, usage.pending));
    Room {
        shortage: size.or(reserve),
        pressure,
        free: space.map(|space| space.free()),
    }
}

const fn part(of: u64, (numerator, denominator): (u64, u64)) -> u64 {
    of / denominator * numerator
}

/// Removes committed records that are too old, but for the latest `keep_records` of them.
pub(crate) fn sweep(
    file: &mut LogFile,
    config: &DiskConfig,
    now: UnixMillis,
) -> rusqlite::Result<()> {
    let old = now.plus(-config.retention.as_millis());
    for partition in 0..config.partitions {
        let removable = file
            .committed(partition)
            .saturating_sub(config.keep_records);
        for _ in 0..MAX_STEPS {
            let Some(end) = file.removal_step(partition, removable)? else {
                break;
            };
            let newest = file.append_time(partition, end - 1)?;
            if newest.is_some_and(|time| time > old) {
                break;
            }
            file.remove_below(partition, end)?;
        }
    }
    Ok(())
}

/// Makes room at the cost of committed records that would have stayed: first those beyond the latest
/// `keep_records`, then the oldest of these. A reader that rewinds to the start of its chunk goes on
/// from what is stored of the chunk instead. What is not committed stays.
pub(crate) fn relieve(
    file: &mut LogFile,
    config: &DiskConfig,
    pressure: Pressure,
) -> rusqlite::Result<()> {
    let until = Instant::now() + MAX_SWEEP;
    let enough = part(config.max_size.bytes(), LOW_WATER);
    let is_relieved = |usage: Usage| match pressure {
        Pressure::None => true,
        Pressure::Size => usage.used < enough,
        Pressure::Disk => usage.used < enough && usage.reusable >= 2 * ENOUGH_REUSABLE,
    };
    for kept in [config.keep_records, 0] {
        let mut removed = true;
        // One step of each partition in turn, so that none pays for all.
        while std::mem::take(&mut removed) {
            for partition in 0..config.partitions {
                if is_relieved(file.usage()?) || Instant::now() >= until {
                    return Ok(());
                }
                let removable = file.committed(partition).saturating_sub(kept);
                if let Some(end) = file.removal_step(partition, removable)? {
                    file.remove_below(partition, end)?;
                    removed = true;
                }
            }
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
        let room = room(&config, Purpose::Journal, Usage::default());
        assert_eq!((room.shortage, room.free), (None, None));
        assert_eq!(room.pressure, Pressure::None);
    }
}
