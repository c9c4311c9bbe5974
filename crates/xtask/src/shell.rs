//! Runs other programs and says what was run when one fails.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::workspace;

/// A command that starts at the root of the checkout.
pub(crate) fn command<'a>(program: &str, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(workspace::root());
    command
}

/// Cargo, as if it were started by hand: the cargo that runs this program describes the program's
/// package in the environment, and build scripts that look at such variables (`ring`'s does) would
/// run again, with everything above them, each time someone takes turns between `cargo` and
/// `cargo xtask`.
pub(crate) fn cargo<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = command("cargo", args);
    for (name, _) in std::env::vars_os() {
        let is_of_package = ["CARGO_MANIFEST_", "CARGO_PKG_"]
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix));
        if is_of_package {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// An npm command in `folder` of the checkout.
pub(crate) fn npm<'a>(folder: &str, args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut npm = command("npm", args);
    npm.current_dir(workspace::root().join(folder));
    npm
}

/// The command as a person would type it.
pub(crate) fn words(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs with the terminal attached; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let text = words(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{text}`"))?;
    if !status.success() {
        bail!("`{text}` failed ({status})");
    }
    Ok(())
}

/// Runs and returns what it printed; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let text = words(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{text}`"))?;
    if !output.status.success() {
        bail!("`{text}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{text}` did not print UTF-8"))
}

/// Whether `program` can be started by name.
pub(crate) fn has(program: &str) -> bool {
    let mut look = command("sh", ["-c", "command -v \"$0\"", program]);
    look.stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
