//! How far the store is complete.

use observation::UnixMillis;

/// How far one partition of the log has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Incarnation of the log.
    pub epoch: u32,
    /// Partition.
    pub partition: u32,
    /// Everything that the log took in before this time is in the store.
    pub event_time: UnixMillis,
}

/// The time before which everything is in the store: that of the slowest of the log's `partitions`,
/// each by the progress in its newest epoch. `None` while a partition has no progress. Never later
/// than `now`: a clock that is ahead does not make the store complete.
#[must_use]
pub fn watermark(
    progress: impl IntoIterator<Item = Progress>,
    partitions: u32,
    now: UnixMillis,
) -> Option<UnixMillis> {
    let progress: Vec<Progress> = progress.into_iter().collect();
    (0..partitions)
        .map(|partition| {
            progress
                .iter()
                .filter(|row| row.partition == partition)
                .max_by_key(|row| row.epoch)
                .map(|row| row.event_time)
        })
        .try_fold(now, |lowest, at| at.map(|at| at.min(lowest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row((epoch, partition, event_time): (u32, u32, i64)) -> Progress {
        Progress {
            epoch,
            partition,
            event_time: UnixMillis(event_time),
        }
    }

    #[test]
    fn the_slowest_partition_in_its_newest_epoch_is_how_far_the_store_is_complete() {
        let all: &[(u32, u32, i64)] = &[(1, 0, 500), (1, 1, 300), (1, 7, 1)];
        let newer: &[(u32, u32, i64)] = &[(1, 0, 900), (2, 0, 400), (1, 1, 500)];
        for (rows, partitions, now, expect) in [
            (all, 2, 1000, Some(300)),
            (all, 3, 1000, None),
            (all, 2, 200, Some(200)),
            (newer, 2, 1000, Some(400)),
            (&newer[..2], 2, 1000, None),
            (&[], 1, 1000, None),
        ] {
            let got = watermark(rows.iter().copied().map(row), partitions, UnixMillis(now));
            assert_eq!(got, expect.map(UnixMillis), "{rows:?} {partitions} {now}");
        }
    }
}
