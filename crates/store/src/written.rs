//! How much of the log is written: what was read before it changed need not be read again.

use crate::ProgressRow;

/// A number that changes whenever something was written. What is read under it holds at least what had been
/// written when it was taken, because progress is written last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written(pub u64);

/// Follows the offsets of the log.
#[derive(Debug, Default)]
pub struct WrittenOffsets {
    offsets: Vec<(u32, u32, u64)>,
    written: Written,
}

impl WrittenOffsets {
    /// The number that belongs to `progress`.
    pub fn follow(&mut self, progress: &[ProgressRow]) -> Written {
        let of = |row: &ProgressRow| (row.epoch, row.partition, row.next_offset);
        let mut offsets: Vec<_> = progress.iter().map(of).collect();
        offsets.sort_unstable();
        if self.offsets != offsets {
            self.offsets = offsets;
            self.written.0 += 1;
        }
        self.written
    }
}

#[cfg(test)]
mod tests {
    use observation::UnixMillis;

    use super::*;

    #[test]
    fn the_number_changes_with_offsets_and_not_with_time() {
        let row = |partition, next_offset, at| ProgressRow {
            epoch: 1,
            partition,
            next_offset,
            event_time: UnixMillis(at),
        };
        let mut offsets = WrittenOffsets::default();
        let first = offsets.follow(&[row(0, 5, 1), row(1, 7, 1)]);
        assert_eq!(offsets.follow(&[row(1, 7, 9), row(0, 5, 9)]), first);
        let second = offsets.follow(&[row(0, 6, 9), row(1, 7, 9)]);
        assert_ne!(second, first);
        assert_ne!(offsets.follow(&[row(0, 6, 9)]), second);
    }
}
