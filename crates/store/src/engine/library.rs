//! Where the engine's library is.

use std::path::{Path, PathBuf};

const FILE: &str = "libchdb.so";
/// Where the package manager puts the library, below the directory that holds its lock file.
const PACKAGE: &str = "node_modules/@chdb/lib-linux-x64-gnu";

/// How far above the executable cargo's folder may lie: `debug/deps/test` below that of a target platform.
const LEVELS: usize = 4;

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
    let installed = beside
        .ancestors()
        .take(LEVELS)
        .map(|dir| dir.join("engine").join(PACKAGE).join(FILE));
    [beside.join(FILE)].into_iter().chain(installed).collect()
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
