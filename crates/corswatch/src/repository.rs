//! Paths as a repository knows them.

use std::path::{Component, Path, PathBuf};

/// The path of `file` from the root of the repository that it lies in, with `/`; outside of one,
/// from the current directory; and its bare name where that does not lead to it either.
pub(crate) fn path(file: &Path) -> String {
    let Ok(full) = file.canonicalize() else {
        return plain(file);
    };
    let inside = root_above(&full)
        .or_else(|| std::env::current_dir().ok()?.canonicalize().ok())
        .and_then(|root| full.strip_prefix(root).ok().map(Path::to_owned));
    match (inside, full.file_name()) {
        (Some(inside), _) => plain(&inside),
        (None, Some(name)) => plain(Path::new(name)),
        (None, None) => plain(file),
    }
}

fn root_above(file: &Path) -> Option<PathBuf> {
    file.ancestors()
        .skip(1)
        .find(|folder| folder.join(".git").exists())
        .map(Path::to_owned)
}

fn plain(path: &Path) -> String {
    let parts: Vec<_> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(part) => Some(part.to_string_lossy()),
            _ => None,
        })
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_at_the_root_of_its_repository() {
        let folder = tempfile::tempdir().expect("a directory");
        let below = folder.path().join("ci/contracts");
        std::fs::create_dir_all(&below).expect("made");
        let file = below.join("shop.toml");
        std::fs::write(&file, "").expect("written");
        assert_eq!(path(&file), "shop.toml", "no repository, not below here");
        std::fs::create_dir(folder.path().join(".git")).expect("made");
        assert_eq!(path(&file), "ci/contracts/shop.toml");
        assert_eq!(
            path(&below.join("../contracts/shop.toml")),
            "ci/contracts/shop.toml"
        );
        assert_eq!(path(Path::new("./gone/shop.toml")), "gone/shop.toml");
    }
}
