//! How far the store is complete.

use observation::UnixMillis;
use store::ProgressRow;

/// The time before which everything is in the store: the slowest of the log's partitions, each as
/// its newest epoch tells. `None` while a partition has not been heard of. Never later than `now`:
/// a clock that is ahead does not make the store complete.
#[must_use]
pub fn watermark(progress: &[ProgressRow], partitions: u32, now: UnixMillis) -> Option<UnixMillis> {
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

    fn row(epoch: u32, partition: u32, event_time: i64) -> ProgressRow {
        ProgressRow {
            epoch,
            partition,
            next_offset: 0,
            event_time: UnixMillis(event_time),
        }
    }

    #[test]
    fn the_slowest_partition_tells_how_far_the_store_is_complete() {
        let rows = [row(1, 0, 500), row(1, 1, 300), row(1, 7, 1)];
        assert_eq!(watermark(&rows, 2, UnixMillis(1000)), Some(UnixMillis(300)));
        assert_eq!(watermark(&rows, 3, UnixMillis(1000)), None);
        assert_eq!(watermark(&rows, 2, UnixMillis(200)), Some(UnixMillis(200)));
        let newer = [row(1, 0, 900), row(2, 0, 400), row(1, 1, 500)];
        assert_eq!(
            watermark(&newer, 2, UnixMillis(1000)),
            Some(UnixMillis(400))
        );
    }
}
