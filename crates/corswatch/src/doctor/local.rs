//! What this machine has: room on its disks, and the engine's library.

use std::path::{Path, PathBuf};

use journal::DiskSpace;
use observation::UnixMillis;
use rustix::fs::{Access, access, statvfs};
use settings::Size;
use store::engine::EngineHost;

use super::finding::{Check, Finding};
use crate::config::{Config, Role, Validity};

/// A folder that a process writes to.
struct Folder<'a> {
    path: PathBuf,
    setting: &'static str,
    /// Below this share of free room beacons are refused, in percent.
    keep_free: u8,
    /// How large what is in it may become.
    room: Option<(&'a Size, &'static str)>,
}

/// The folders that `role` (or `up`) writes to.
fn folders(config: &Config, role: Option<Role>) -> Vec<Folder<'_>> {
    let mut all = Vec::new();
    let is_edge = role.is_none_or(|role| role == Role::Collector);
    if role.is_none() && config.store.url.is_empty() {
        all.push(Folder {
            path: config.data.clone(),
            setting: "data",
            keep_free: 0,
            room: None,
        });
    }
    match config.journal.kind {
        journal::Kind::Disk if is_edge => all.push(Folder {
            path: config.journal.disk.dir.clone(),
            setting: "journal.disk",
            keep_free: config.journal.disk.keep_free_percent,
            room: Some((&config.journal.disk.max_size, "journal.disk.max_size")),
        }),
        journal::Kind::Kafka if is_edge && config.journal.spool.enabled => all.push(Folder {
            path: config.journal.spool.dir.clone(),
            setting: "journal.spool",
            keep_free: config.journal.spool.keep_free_percent,
            room: Some((&config.journal.spool.max_size, "journal.spool.max_size")),
        }),
        journal::Kind::Disk | journal::Kind::Kafka => {}
    }
    all
}

/// Whether there is room.
pub(super) fn disks(config: &Config, role: Option<Role>) -> Vec<Finding> {
    folders(config, role).iter().map(disk).collect()
}

fn disk(folder: &Folder<'_>) -> Finding {
    let about = format!("{} ({})", folder.path.display(), folder.setting);
    let there = nearest(&folder.path);
    if access(there, Access::WRITE_OK).is_err() {
        let found = format!("{} cannot be written to by this user", there.display());
        return Finding::failed(Check::Disk, &about, found)
            .so("run this as the user that runs corswatch, or give the folder to that user");
    }
    if statvfs(there).is_ok_and(|disk| disk.f_files > 0 && disk.f_favail == 0) {
        return Finding::failed(Check::Disk, &about, "no inode is free")
            .so("remove files from this disk");
    }
    match DiskSpace::of(there) {
        Ok(Some(disk)) => room(folder, &about, disk),
        Ok(None) => Finding::ok(
            Check::Disk,
            &about,
            "its file system does not tell its size",
        ),
        Err(error) => Finding::failed(Check::Disk, &about, format!("cannot be looked at: {error}"))
            .so("name a folder on a local disk"),
    }
}

fn room(folder: &Folder<'_>, about: &str, disk: DiskSpace) -> Finding {
    let (free, percent) = (disk.free(), disk.free_percent());
    let found = format!("{} free ({percent} %)", bytes(free));
    if percent < u64::from(folder.keep_free) || free == 0 {
        let text = format!("{found}: beacons are refused below {} %", folder.keep_free);
        return Finding::failed(Check::Disk, about, text).so(format!(
            "make room on the disk, or lower `{}.keep_free_percent`",
            folder.setting
        ));
    }
    match folder.room {
        Some((size, setting)) if free < size.bytes() => {
            let text = format!("{found}, less than `{setting}` = {size}");
            Finding::warning(Check::Disk, about, text).so(format!(
                "lower `{setting}`, or use a larger disk: what fills it stops the rest of this machine"
            ))
        }
        _ => Finding::ok(Check::Disk, about, found),
    }
}

/// The folder, or the nearest one above it that is there: what is missing is made.
fn nearest(path: &Path) -> &Path {
    let above = path.ancestors().find(|path| path.exists());
    above
        .filter(|path| !path.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

fn bytes(count: u64) -> String {
    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;
    match count {
        GIB.. => format!("{} GiB", count / GIB),
        _ => format!("{} MiB", count / MIB),
    }
}

/// Whether the certificate of the admin server is still valid for a while, where it has TLS.
pub(super) fn certificate(config: &Config, now: UnixMillis) -> Option<Finding> {
    const ABOUT: &str = "dashboard.tls";
    let renew = "renew the certificate, and see why it was not renewed by itself";
    Some(match config.validity(now)? {
        Validity::Days(days) => Finding::ok(Check::Tls, ABOUT, format!("valid for {days} days")),
        Validity::Few(days) => {
            Finding::warning(Check::Tls, ABOUT, format!("expires in {days} days")).so(renew)
        }
        Validity::Refused(why) => {
            Finding::failed(Check::Tls, ABOUT, format!("{why}: browsers refuse it")).so(renew)
        }
    })
}

/// Whether the embedded engine can be loaded, where there is no server.
pub(super) fn engine(config: &Config, role: Option<Role>) -> Option<Finding> {
    let is_embedded = role.is_none() && config.store.url.is_empty();
    is_embedded.then(|| {
        let host = EngineHost::this_executable("").map_err(|error| error.to_string());
        let library = host.and_then(|host| {
            store::engine::library(&config.engine, &host).map_err(|error| error.to_string())
        });
        match library {
            Ok(path) => Finding::ok(Check::Engine, "engine.library", path.display().to_string()),
            Err(error) => Finding::failed(Check::Engine, "engine.library", error).so(
                "install the library beside the binary, or name it in `engine.library`; with a server set \
                 `store.url`",
            ),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn a_disk_is_judged_by_what_would_be_refused_and_by_what_may_be_written() {
        let dir = tempfile::tempdir().expect("a folder");
        let read = |text: &str| -> Config { toml::from_str(text).expect("well formed") };
        let path = dir.path().join("deep/journal");
        for (more, status, action) in [
            (
                "keep_free_percent = 0\nmax_size = \"16MiB\"",
                Status::Ok,
                "",
            ),
            (
                "keep_free_percent = 90\nmax_size = \"16MiB\"",
                Status::Failed,
                "`journal.disk.keep_free_percent`",
            ),
            (
                "keep_free_percent = 0\nmax_size = \"15TiB\"",
                Status::Warning,
                "lower `journal.disk.max_size`",
            ),
        ] {
            let config = read(&format!("[journal.disk]\ndir = {path:?}\n{more}\n"));
            let found = disks(&config, Some(Role::Collector));
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].status, status, "{found:?}");
            assert!(found[0].action.contains(action), "{found:?}");
        }
        let config = read("[journal]\nkind = \"kafka\"\n[journal.spool]\ndir = \"/proc/spool\"\n");
        let found = disks(&config, Some(Role::Collector));
        assert!(found[0].about.contains("journal.spool"), "{found:?}");
        assert!(disks(&config, Some(Role::Loader)).is_empty());
    }
}
