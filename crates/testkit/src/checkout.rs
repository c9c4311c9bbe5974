//! The checkout that the tests run in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The root of the checkout.
///
/// # Panics
/// Never: this crate lies two folders below the root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/testkit lies two folders below the root")
}

/// The library of the embedded engine, as `cargo xtask setup engine` installs it.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn engine_library() -> PathBuf {
    installed(
        "target/engine/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so",
        "engine",
    )
}

/// The folder with the jars of the Kafka broker, as `cargo xtask setup kafka` installs them.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn kafka_libs() -> PathBuf {
    installed("target/kafka-libs", "kafka")
}

fn installed(path: &str, part: &str) -> PathBuf {
    let path = root().join(path);
    assert!(
        path.exists(),
        "{} is not there: run `cargo xtask setup {part}`",
        path.display()
    );
    path
}

/// The product's binary, built from the sources as they are. Builds once a process.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn corswatch() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let built = Command::new("cargo")
            .args(["build", "--quiet", "--locked", "-p", "corswatch"])
            .current_dir(root())
            .status()
            .expect("cargo can be started");
        assert!(built.success(), "corswatch does not compile");
        root().join("target/debug/corswatch")
    })
}
