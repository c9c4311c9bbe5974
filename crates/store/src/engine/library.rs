//! Where the engine's library is.

use std::path::{Path, PathBuf};

const FILE: &str = "libchdb.so";
/// Where the package manager puts the library, below the directory that holds its lock file.
const PACKAGE: &str = "node_modules/@chdb/lib-linux-x64-gnu";

/// Finds the library: as configured, beside the executable, or where `cargo xtask setup engine`
/// installs it (`engine` in cargo's folder, which is `target` where no other is named).
pub(super) fn find(configured: Option<&Path>, executable: &Path) -> Result<PathBuf, Vec<PathBuf>> {
    let candidates = configured.map_or_else(
        || candidates(executable),
        |path| vec![path.to_owned(), path.join(FILE)],
    );
    match candidates.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(candidates),
    }
}

fn candidates(executable: &Path) -> Vec<PathBuf> {
    let Some(beside) = executable.parent() else {
        return Vec::new();
    };
    let installed = built_in(beside).map(|target| target.join("engine").join(PACKAGE).join(FILE));
    [
        beside.join(FILE),
        beside.join("engine").join(PACKAGE).join(FILE),
    ]
    .into_iter()
    .chain(installed)
    .collect()
}

/// Cargo's folder, where the executable is one that cargo built: `debug/corswatch` or `debug/deps/test-..` below it.
/// No other folder above an executable is looked at, as others may write there.
fn built_in(beside: &Path) -> Option<&Path> {
    let profile = match beside.ends_with("deps") || beside.ends_with("examples") {
        true => beside.parent()?,
        false => beside,
    };
    let is_profile = profile.ends_with("debug") || profile.ends_with("release");
    profile.parent().filter(|_| is_profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_names_the_places_that_were_looked_at() {
        let looked = find(None, Path::new("/nowhere/target/debug/corswatch")).expect_err("missing");
        assert!(
            looked.contains(&PathBuf::from(format!(
                "/nowhere/target/engine/{PACKAGE}/{FILE}"
            ))),
            "{looked:?}"
        );
        for other in ["/nowhere/bin/corswatch", "/nowhere/corswatch"] {
            let looked = find(None, Path::new(other)).expect_err("missing");
            let above = Path::new("/nowhere/engine");
            let is_above = |path: &PathBuf| path.starts_with(above);
            let beside = Path::new(other).parent() == Some(Path::new("/nowhere"));
            assert_eq!(looked.iter().any(is_above), beside, "{looked:?}");
        }
        let looked =
            find(Some(Path::new("/nowhere/lib")), Path::new("/bin/x")).expect_err("missing");
        assert_eq!(looked[0], Path::new("/nowhere/lib"));
    }

    #[test]
    fn a_library_beside_the_executable_is_found_first() {
        let dir = tempfile::tempdir().expect("a directory");
        let library = dir.path().join(FILE);
        std::fs::write(&library, b"").expect("written");
        assert_eq!(
            find(None, &dir.path().join("corswatch")),
            Ok(library.clone())
        );
        assert_eq!(find(Some(dir.path()), Path::new("/bin/x")), Ok(library));
    }
}
