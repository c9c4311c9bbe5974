//! What git knows of the checkout.

use anyhow::{Context as _, Result};

use crate::{shell, workspace};

/// Every file that belongs to the project, relative to the root: tracked, or new and not ignored.
pub(crate) fn tracked() -> Result<Vec<String>> {
    let args = ["ls-files", "--cached", "--others", "--exclude-standard"];
    let listed = shell::output(&mut shell::command("git", args))
        .context("the checks need a git checkout")?;
    Ok(listed
        .lines()
        .filter(|file| workspace::root().join(file).is_file())
        .map(str::to_owned)
        .collect())
}
