//! Browser tests are Node.js scripts that drive a real Chromium; this runs them.

use std::path::Path;
use std::process::{Command, Output};

use crate::checkout;

/// Runs `script` (a path in the checkout) with `args`. Its folder's npm packages are at hand.
///
/// # Panics
/// When node cannot be started, and with all that the script said when it fails.
#[must_use]
pub fn run(script: impl AsRef<Path>, args: &[&str]) -> Output {
    let script = checkout::root().join(script);
    let folder = script.parent().unwrap_or(checkout::root());
    let output = Command::new("node")
        .arg(&script)
        .args(args)
        .current_dir(folder)
        .output()
        .expect("node can be started: run `cargo xtask setup`");
    assert!(
        output.status.success(),
        "{} failed ({})\n{}{}",
        script.display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// As [`run`], for a script that prints one JSON value.
///
/// # Panics
/// As [`run`], and when what it printed is not JSON.
#[must_use]
pub fn json(script: impl AsRef<Path>, args: &[&str]) -> serde_json::Value {
    let output = run(script, args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let said = String::from_utf8_lossy(&output.stdout);
        panic!("not JSON ({error}): {said}")
    })
}

/// The Chromium of the system.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn chromium() -> &'static str {
    const CHROMIUM: &str = "/usr/bin/chromium";
    assert!(
        Path::new(CHROMIUM).exists(),
        "{CHROMIUM} is not there: run `cargo xtask setup debian`"
    );
    CHROMIUM
}
