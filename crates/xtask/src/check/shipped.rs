//! What ships the product and is no Rust: workflows, the container file, the units.

use anyhow::Result;

use crate::setup::linters::{self, Linter};
use crate::{git, shell};

const DOCKERFILE: &str = "deploy/Dockerfile";
const UNITS: &str = "deploy/systemd/";

/// The workflows, as actionlint reads them.
pub(super) fn workflows() -> Result<()> {
    linters::install()?;
    shell::run(&mut linters::command(Linter::Actionlint, []))
}

/// The container file, as hadolint reads it.
pub(super) fn containers() -> Result<()> {
    linters::install()?;
    shell::run(&mut linters::command(Linter::Hadolint, [DOCKERFILE]))
}

/// What `systemd-analyze verify` finds in the units; that the product is not installed here says nothing.
pub(super) fn units() -> Result<Vec<String>> {
    let files = git::tracked()?;
    let units = files.iter().filter(|file| file.starts_with(UNITS));
    let mut verify = shell::command("systemd-analyze", ["verify", "--man=no"]);
    verify.args(units);
    let output = verify.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let complaints = said
        .lines()
        .filter(|line| line.contains("corswatch") && !line.contains("is not executable"));
    Ok(complaints.map(str::to_owned).collect())
}
