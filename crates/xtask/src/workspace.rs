//! The checkout: where it is and what it holds.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::{Context as _, Result};

/// The root of the checkout: that in which cargo runs, as several checkouts may share one folder for
/// what they build.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        // crates/xtask -> crates -> root
        let root = package.ancestors().nth(2);
        root.expect("xtask lies two folders below the root")
            .to_owned()
    });
    &ROOT
}

/// Where outputs go: cargo's own folder, wherever `CARGO_TARGET_DIR` or a configuration puts that.
pub(crate) fn target() -> PathBuf {
    // debug/xtask, or debug/deps/xtask-… where that is a test
    let executable = std::env::current_exe().unwrap_or_default();
    let is_test = executable.parent().is_some_and(|dir| dir.ends_with("deps"));
    match executable.ancestors().nth(if is_test { 3 } else { 2 }) {
        Some(target) => target.to_owned(),
        None => root().join("target"),
    }
}

/// The debug binary of the product.
pub(crate) fn binary() -> PathBuf {
    target().join("debug/corswatch")
}

/// Folders that are made, not written.
pub(crate) const OUTPUTS: &[&str] = &["node_modules", "dist", "build", "target", "test-results"];

/// How deep below the root an npm package may lie.
const NPM_DEPTH: usize = 3;

/// Folders of the checkout that are npm packages, in the order in which they are built.
pub(crate) fn npm_packages() -> Result<Vec<String>> {
    let mut folders = Vec::new();
    // By looking, not by asking git: a build needs no repository.
    npm_packages_below(root(), NPM_DEPTH, &mut folders)?;
    folders.retain(|folder| folder != ENGINE);
    // The web UI may take code from the SDK, never the other way round.
    folders.sort_by_key(|folder| (folder != "sdk-js", folder.clone()));
    Ok(folders)
}

fn npm_packages_below(folder: &Path, depth: usize, found: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let passed_over = OUTPUTS.iter().any(|output| name == *output)
            || name.as_encoded_bytes().starts_with(b".");
        if name == "package.json" {
            let folder = folder.strip_prefix(root()).unwrap_or(folder);
            found.push(folder.to_string_lossy().into_owned());
        } else if depth > 0 && !passed_over && entry.file_type()?.is_dir() {
            npm_packages_below(&entry.path(), depth - 1, found)?;
        }
    }
    Ok(())
}

/// The folder with the lock file of the embedded engine's library.
pub(crate) const ENGINE: &str = "crates/store/engine";

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
