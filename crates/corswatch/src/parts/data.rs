//! The data directory of the embedded engine: private, and of one process.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, anyhow};

use crate::exit::Failure;

/// A name is no longer; for the message only.
const MAX_HOLDER: u64 = 200;

/// Holds the directory until it is dropped, or the process ends however it ends.
pub(crate) struct DataDir {
    _lock: File,
}

impl DataDir {
    /// Makes the directory where it is missing, and takes it for `command` of this process.
    pub(crate) fn take(data: &Path, command: &str) -> Result<Self, Failure> {
        make_private(data)?;
        let path = data.join("corswatch.lock");
        let unusable = || format!("{} cannot be used", path.display());
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(unusable)
            .map_err(Failure::Missing)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(data, lock)),
            Err(TryLockError::Error(error)) => {
                return Err(Failure::Missing(anyhow!(error).context(unusable())));
            }
        }
        lock.set_len(0)
            .and_then(|()| {
                write!(
                    lock,
                    "process {} (`corswatch {command}`)",
                    std::process::id()
                )
            })
            .with_context(unusable)
            .map_err(Failure::Missing)?;
        Ok(Self { _lock: lock })
    }
}

fn in_use(data: &Path, lock: File) -> Failure {
    let mut holder = String::new();
    let read = lock.take(MAX_HOLDER).read_to_string(&mut holder);
    if read.is_err() || holder.is_empty() {
        "another process".clone_into(&mut holder);
    }
    Failure::Missing(anyhow!(
        "{} is in use by {holder}: stop that first. The embedded engine serves one process; roles \
         share a ClickHouse server: set `store.url`",
        data.display()
    ))
}

/// Makes a directory, and those above it that are missing, for its owner alone.
pub(crate) fn make_private(data: &Path) -> Result<(), Failure> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| {
            format!(
                "the data directory {} cannot be made: name one that this user may write with --data or as `data`",
                data.display()
            )
        })
        .map_err(Failure::Missing)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_data_directory_serves_one_process_and_says_which() {
        let folder = tempfile::tempdir().expect("a directory");
        let data = folder.path().join("deep/data");
        let held = DataDir::take(&data, "up").expect("it is free");
        let Err(Failure::Missing(error)) = DataDir::take(&data, "verify") else {
            panic!("it is in use");
        };
        let text = format!("{error:#}");
        let holder = format!("process {} (`corswatch up`)", std::process::id());
        assert!(
            text.contains(&holder) && text.contains("stop that first"),
            "{text}"
        );
        drop(held);
        DataDir::take(&data, "verify").expect("it is free again");
        let mode =
            |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&data), 0o700);
        assert_eq!(mode(&data.join("corswatch.lock")), 0o600);
    }
}
