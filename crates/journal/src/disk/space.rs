//! What a file system has room for.

use std::io;
use std::path::Path;

/// Bytes of a file system that this user may fill.
#[derive(Debug, Clone, Copy)]
pub struct DiskSpace {
    free: u64,
    /// Free or filled. What the file system keeps for root is neither: no one else can fill it.
    total: u64,
}

impl DiskSpace {
    /// The space below a directory; nothing where it cannot be told, as by file systems that say
    /// they have no blocks.
    ///
    /// # Errors
    ///
    /// The directory cannot be looked at.
    pub fn of(dir: &Path) -> io::Result<Option<Self>> {
        let disk = rustix::fs::statvfs(dir)?;
        let filled = disk.f_blocks.saturating_sub(disk.f_bfree);
        let space = Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            total: filled
                .saturating_add(disk.f_bavail)
                .saturating_mul(disk.f_frsize),
        };
        Ok((space.total > 0).then_some(space))
    }

    /// Free bytes.
    #[must_use]
    pub const fn free(self) -> u64 {
        self.free
    }

    /// The free share, as `df` counts it. Rounded down, so that it is below a percentage that it
    /// does not reach.
    #[must_use]
    pub fn free_percent(self) -> u64 {
        let percent = u128::from(self.free) * 100 / u128::from(self.total);
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_is_kept_for_root_counts_neither_as_free_nor_as_filled() {
        let space = DiskSpace::of(Path::new(".")).expect("it can be looked at");
        let space = space.expect("it has blocks");
        let df = std::process::Command::new("df")
            .args(["--output=used,avail", "-B1", "."])
            .output()
            .expect("df runs");
        let text = String::from_utf8(df.stdout).expect("UTF-8");
        let row = text.lines().nth(1).expect("a row");
        let bytes: Vec<u64> = row
            .split_whitespace()
            .map(|bytes| bytes.parse().expect("bytes"))
            .collect();
        let percent = bytes[1] * 100 / (bytes[0] + bytes[1]);
        assert!(
            space.free_percent().abs_diff(percent) <= 1,
            "{space:?} {row}"
        );
    }
}
