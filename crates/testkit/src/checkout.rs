//! The checkout that the tests run in.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The root of the checkout.
///
/// # Panics
/// Never: this crate lies two folders below the root.
#[must_use]
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(find);
    &ROOT
}

/// That of the test which runs, as several checkouts may share one folder for what they build.
fn find() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = package
        .ancestors()
        .find(|dir| dir.join("Cargo.lock").is_file());
    root.expect("a package of the workspace lies below its lock file")
        .to_owned()
}

/// Where cargo puts what it builds, and `cargo xtask setup` what it installs.
///
/// # Panics
/// Never: what runs was built by cargo.
#[must_use]
pub fn target() -> PathBuf {
    let own = std::env::current_exe().expect("what runs is a file");
    target_of(&own)
        .expect("cargo builds below a folder")
        .to_owned()
}

/// The folder that cargo built `binary` in: `debug/deps/test-...` and `debug/examples/...` lie two folders below
/// it, `debug/bench` one.
fn target_of(binary: &Path) -> Option<&Path> {
    let beside = binary.parent()?;
    let has_folder_of_its_own = beside.ends_with("deps") || beside.ends_with("examples");
    let profile = if has_folder_of_its_own {
        beside.parent()?
    } else {
        beside
    };
    profile.parent()
}

/// The library of the embedded engine, as `cargo xtask setup engine` installs it.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn engine_library() -> PathBuf {
    installed(
        "engine/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so",
        "engine",
    )
}

/// The folder with the jars of the Kafka broker, as `cargo xtask setup kafka` installs them.
///
/// # Panics
/// When it is not installed.
#[must_use]
pub fn kafka_libs() -> PathBuf {
    installed("kafka-libs", "kafka")
}

fn installed(path: &str, part: &str) -> PathBuf {
    let path = target().join(path);
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
    let path = target().join(profile).join("corswatch");
    assert!(
        path.exists(),
        "{} is not there: run `cargo build -p corswatch`, with `--release` for an optimised test",
        path.display()
    );
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_examples_and_binaries_are_built_below_the_same_folder() {
        for binary in [
            "/built/debug/deps/api-0123456789abcdef",
            "/built/release/examples/measure",
            "/built/release/corswatch-benches",
        ] {
            let found = target_of(Path::new(binary));
            assert_eq!(found, Some(Path::new("/built")), "{binary}");
        }
    }
}
