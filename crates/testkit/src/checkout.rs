//! The checkout that the tests run in.

use std::path::{Path, PathBuf};

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

/// The product's binary, as `cargo xtask test` builds it before the tests.
///
/// # Panics
/// When it is not built.
#[must_use]
pub fn corswatch() -> PathBuf {
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let path = root().join("target").join(profile).join("corswatch");
    assert!(
        path.exists(),
        "{} is not there: run `cargo build -p corswatch`, with `--release` for an optimised test",
        path.display()
    );
    path
}
