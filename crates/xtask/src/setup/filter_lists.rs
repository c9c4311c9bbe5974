//! `EasyList` and `EasyPrivacy`, as Debian's package of uBlock Origin carries them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::progress::step;
use crate::{shell, workspace};

/// Installed, it would run in every Firefox of the machine, also that of the tests: it is unpacked only.
const PACKAGE: &str = "webext-ublock-origin-firefox";
const LISTS: [&str; 2] = ["easylist.txt", "easyprivacy.txt"];

/// Unpacks the lists to `target/filter-lists`.
pub(crate) fn install() -> Result<()> {
    let folder = workspace::target().join("filter-lists");
    if LISTS.iter().all(|list| folder.join(list).exists()) {
        return Ok(());
    }
    if !shell::has("apt-get") {
        bail!(
            "the filter lists are missing; put {LISTS:?} into {}",
            folder.display()
        );
    }
    step(&format!("unpacking {PACKAGE}"), || {
        fs::create_dir_all(&folder)?;
        let mut download = shell::command("apt-get", ["download", "-q", PACKAGE]);
        shell::run(download.current_dir(&folder))?;
        let archive = only(&folder, "deb")?;
        let unpacked = folder.join("unpacked");
        let (from, to) = (text(&archive)?, text(&unpacked)?);
        shell::run(&mut shell::command("dpkg-deb", ["-x", from, to]))?;
        for list in LISTS {
            let found =
                find(&unpacked, list)?.with_context(|| format!("{PACKAGE} has no {list}"))?;
            fs::copy(found, folder.join(list))?;
        }
        fs::remove_dir_all(&unpacked)?;
        fs::remove_file(&archive)?;
        Ok(())
    })
}

fn text(path: &Path) -> Result<&str> {
    path.to_str()
        .context("the path of the checkout is not UTF-8")
}

/// The file with this extension.
fn only(folder: &Path, extension: &str) -> Result<PathBuf> {
    fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|it| it == extension))
        .with_context(|| format!("no .{extension} in {}", folder.display()))
}

/// A file of this name below a folder.
fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name)? {
                return Ok(Some(found));
            }
        } else if path.file_name().is_some_and(|it| it == name) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
