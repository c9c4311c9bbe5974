//! Remembers from which inputs an output was made, so that nothing is made twice.

use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::workspace;

/// An output and the inputs that it is made from.
pub(crate) struct Stamp {
    file: PathBuf,
    output: PathBuf,
    inputs: Vec<PathBuf>,
}

impl Stamp {
    /// `output` is made from `inputs` (files, or folders with all they hold); what is known about
    /// it is kept in `folder`.
    pub(crate) fn new(folder: &Path, output: PathBuf, inputs: Vec<PathBuf>) -> Self {
        let name = output.to_string_lossy().replace('/', "-");
        Self {
            file: folder.join(name.trim_matches('-')),
            output,
            inputs,
        }
    }

    /// Makes the output unless it is there and its inputs are as they were. Returns whether it was
    /// made.
    pub(crate) fn refresh(&self, make: impl FnOnce() -> Result<()>) -> Result<bool> {
        let now = hash(&self.inputs)?;
        if self.output.exists() && std::fs::read_to_string(&self.file).is_ok_and(|was| was == now) {
            return Ok(false);
        }
        // A run that fails half-way must not look finished.
        if self.file.exists() {
            std::fs::remove_file(&self.file)?;
        }
        make()?;
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.file, now)
            .with_context(|| format!("cannot write {}", self.file.display()))?;
        Ok(true)
    }
}

fn hash(inputs: &[PathBuf]) -> Result<String> {
    let mut files = Vec::new();
    for input in inputs {
        collect(input, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        let content =
            std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        hasher.write_usize(content.len());
        hasher.write(&content);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if !workspace::OUTPUTS
            .iter()
            .any(|output| entry.file_name() == *output)
        {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = workspace::target().join("xtask-tests").join(name);
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(path.join("src")).expect("a folder of our own");
            std::fs::write(path.join("src/a"), "one").expect("write");
            Self(path)
        }

        fn stamp(&self) -> Stamp {
            Stamp::new(
                &self.0.join("stamps"),
                self.0.join("out"),
                vec![self.0.join("src")],
            )
        }

        fn make(&self) -> Result<()> {
            Ok(std::fs::write(self.0.join("out"), "made")?)
        }
    }

    #[test]
    fn an_output_is_made_once_and_again_when_an_input_changes_or_it_is_gone() {
        let folder = Folder::new("refresh");
        let refresh = || folder.stamp().refresh(|| folder.make()).expect("refresh");
        assert!(refresh());
        assert!(!refresh());
        std::fs::write(folder.0.join("src/a"), "two").expect("write");
        assert!(refresh());
        assert!(!refresh());
        std::fs::remove_file(folder.0.join("out")).expect("remove");
        assert!(refresh());
    }

    #[test]
    fn a_failed_run_does_not_look_finished() {
        let folder = Folder::new("failed");
        folder.stamp().refresh(|| folder.make()).expect("first");
        std::fs::write(folder.0.join("src/a"), "two").expect("write");
        let failed = folder.stamp().refresh(|| anyhow::bail!("half-way"));
        assert!(failed.is_err());
        std::fs::write(folder.0.join("src/a"), "one").expect("write");
        assert!(folder.stamp().refresh(|| folder.make()).expect("again"));
    }
}
