//! The library of the embedded ClickHouse engine.

use anyhow::{Result, bail};

use crate::progress::step;
use crate::{shell, workspace};

/// Installs the library into `target/engine`, as locked.
pub(crate) fn install() -> Result<()> {
    let locked = workspace::root().join(workspace::ENGINE);
    if !locked.is_dir() {
        bail!("{} is missing from this checkout", workspace::ENGINE);
    }
    if !cfg!(all(
        target_os = "linux",
        target_arch = "x86_64",
        target_env = "gnu"
    )) {
        bail!(
            "the embedded engine is built for Linux on x86-64 with glibc only; use a ClickHouse \
             server instead (see deploy/corswatch.toml)"
        );
    }
    super::npm::require_node()?;
    let folder = workspace::target().join("engine");
    super::stamp(folder.join("node_modules"), vec![locked.clone()]).refresh(|| {
        step("the embedded engine (one download of about 180 MB)", || {
            std::fs::create_dir_all(&folder)?;
            for entry in std::fs::read_dir(&locked)? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
                }
            }
            let mut npm = shell::command("npm", super::npm::NPM_CI);
            super::npm::clean_install(npm.current_dir(&folder))
        })
    })?;
    Ok(())
}
