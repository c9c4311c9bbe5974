//! The checkout: where it is and what it holds.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::shell;

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    // crates/xtask -> crates -> root
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("xtask lies two folders below the root")
}

/// Where outputs that are not cargo's own go.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// The debug binary of the product.
pub(crate) fn binary() -> PathBuf {
    target().join("debug/corswatch")
}

/// Folders of the checkout that are npm packages, in the order in which they are built.
pub(crate) fn npm_packages() -> Result<Vec<String>> {
    let mut folders: Vec<String> = Vec::new();
    for file in tracked()? {
        if let Some(folder) = file.strip_suffix("/package.json")
            && folder != ENGINE
        {
            folders.push(folder.to_owned());
        }
    }
    // The web UI may take code from the SDK, never the other way round.
    folders.sort_by_key(|folder| (folder != "sdk-js", folder.clone()));
    Ok(folders)
}

/// The folder with the lock file of the embedded engine's library.
pub(crate) const ENGINE: &str = "crates/store/engine";

/// Every file that belongs to the project, relative to the root: tracked, or new and not ignored.
pub(crate) fn tracked() -> Result<Vec<String>> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listed = shell::output(&mut shell::command("git", args))
        .context("the checks need a git checkout")?;
    Ok(listed
        .lines()
        .filter(|file| root().join(file).is_file())
        .map(str::to_owned)
        .collect())
}

/// The text of a file of the checkout; `None` where it is not text.
pub(crate) fn text(file: &str) -> Result<Option<String>> {
    let bytes = std::fs::read(root().join(file)).with_context(|| format!("cannot read {file}"))?;
    Ok(String::from_utf8(bytes).ok())
}

/// The scripts that an npm package declares.
pub(crate) fn npm_scripts(folder: &str) -> Result<Vec<String>> {
    let file = format!("{folder}/package.json");
    let text = text(&file)?.with_context(|| format!("{file} is not text"))?;
    let package: serde_json::Value =
        serde_json::from_str(&text).with_context(|| format!("{file} is not JSON"))?;
    let scripts = package["scripts"].as_object();
    Ok(scripts.map_or_else(Vec::new, |scripts| scripts.keys().cloned().collect()))
}
