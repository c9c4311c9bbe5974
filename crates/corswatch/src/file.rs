//! Files that people name on the command line and in files: regular ones, and no larger than is of use.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// The text of a file of at most `most` bytes.
///
/// # Errors
/// What is wrong with it: a device or a pipe has no size and may never end.
pub(crate) fn text(path: &Path, most: u64) -> Result<(String, Metadata), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let file = open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if about.is_dir() {
        return Err("is a directory: name a file".to_owned());
    }
    if !about.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(format!("is larger than {most} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not text in UTF-8".to_owned())?;
    Ok((text, about))
}

/// Does not wait for someone to write into a pipe.
fn open(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::NONBLOCK.bits();
    OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags).unwrap_or_default())
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_file_or_too_large_is_refused_without_being_read() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("ok"), "abc").expect("written");
        std::fs::write(path("binary"), [0xff, 0xfe]).expect("written");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path("pipe"),
            rustix::fs::FileType::Fifo,
            mode,
            0,
        )
        .expect("a pipe");
        assert_eq!(
            text(&path("ok"), 3).map(|(text, _)| text),
            Ok("abc".to_owned())
        );
        for (file, reason) in [
            (path("ok"), "larger than 2 bytes"),
            (path("binary"), "UTF-8"),
            (path("pipe"), "not a regular file"),
            (path("gone"), "cannot be read"),
            (folder.path().to_owned(), "is a directory"),
            (Path::new("/dev/zero").to_owned(), "not a regular file"),
        ] {
            let found = text(&file, 2).expect_err("refused");
            assert!(found.contains(reason), "{}: {found}", file.display());
        }
    }
}
