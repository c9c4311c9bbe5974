//! The npm packages of the JavaScript folders, exactly as locked.

use anyhow::{Context as _, Result, bail};

use crate::progress::step;
use crate::{shell, workspace};

/// The oldest Node.js that the scripts run on.
const NODE_MAJOR: u32 = 20;

/// Installs the packages of every JavaScript folder.
pub(crate) fn install() -> Result<()> {
    let folders = workspace::npm_packages()?;
    if !folders.is_empty() {
        require_node()?;
    }
    folders.iter().try_for_each(|folder| ci(folder))
}

fn ci(folder: &str) -> Result<()> {
    let path = workspace::root().join(folder);
    let lock = path.join("package-lock.json");
    if !lock.is_file() {
        bail!("{folder} has no package-lock.json: run `npm install` there and commit the file");
    }
    let inputs = vec![path.join("package.json"), lock];
    // An empty package gets no node_modules from npm: the stamp lies on what npm is told.
    super::stamp(path.join("node_modules"), inputs).refresh(|| {
        step(&format!("npm ci in {folder}"), || {
            clean_install(&mut shell::npm(folder, NPM_CI))?;
            Ok(std::fs::create_dir_all(path.join("node_modules"))?)
        })
    })?;
    Ok(())
}

/// `npm ci` without the chatter.
pub(super) const NPM_CI: [&str; 5] = ["ci", "--no-audit", "--no-fund", "--loglevel", "error"];

/// Runs an `npm ci`; its failure says what usually helps.
pub(super) fn clean_install(npm: &mut std::process::Command) -> Result<()> {
    shell::run(npm).context(
        "npm could not install the locked packages; check the connection to the npm registry, \
         and that package.json and package-lock.json agree",
    )
}

/// Fails with clear words when Node.js is missing or too old.
pub(super) fn require_node() -> Result<()> {
    const HOW: &str = "install Node.js 20 or newer with npm (Debian 12 has 18: use nodejs.org)";
    if !shell::has("node") || !shell::has("npm") {
        bail!("node or npm is missing: {HOW}");
    }
    let version = shell::output(&mut shell::command("node", ["--version"]))?;
    match major(&version) {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => bail!("node {} is too old: {HOW}", version.trim()),
    }
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v9.1.0"), Some(9));
        assert_eq!(major("nonsense"), None);
    }
}
