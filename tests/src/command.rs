//! The commands of `corswatch` that end.

use std::path::Path;
use std::process::{Command, Output};

use testkit::checkout;

/// Runs `corswatch ARGS` in `folder`, with `TOKEN_OF_TEST` as a variable that files may name; answers
/// with the exit code and what was printed and complained about.
///
/// # Panics
/// When it cannot be run or prints what is not text.
#[must_use]
pub fn corswatch(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(checkout::corswatch())
        .args(args)
        .env("TOKEN_OF_TEST", "secret")
        .current_dir(folder)
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}
