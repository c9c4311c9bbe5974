//! Policy files and what they include.

use std::path::{Path, PathBuf};

use policy::{Form, Policy, Source};

use crate::exit::Failure;
use crate::repository;

/// A policy file is no larger, nor is one that it includes.
const MOST_BYTES: u64 = 8 << 20;

/// Files that one pattern of `include` may stand for.
const MOST_FILES: usize = 500;

/// Reads a policy and prints what cannot be read of it; the second value is how much that is.
pub(crate) fn read(file: &Path, form: Option<Form>) -> Result<(Policy, usize), Failure> {
    let text =
        text(file).map_err(|error| Failure::Input(format!("{}: {error}", file.display())))?;
    let name = repository::path(file);
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let load = |pattern: &str| load(&folder, pattern);
    let source = Source {
        name: &name,
        text: &text,
        load: &load,
    };
    let form = form.unwrap_or_else(|| Form::of(&source));
    let (policy, problems) = Policy::read(form, &source);
    for problem in &problems {
        eprintln!("{problem}");
    }
    Ok((policy, problems.len()))
}

fn text(file: &Path) -> Result<String, String> {
    let size = std::fs::metadata(file)
        .map_err(|error| error.to_string())?
        .len();
    if size > MOST_BYTES {
        return Err("the file is too large for a policy".to_owned());
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

/// The files that a name or a pattern stands for; a relative one starts at the folder of the file that
/// that is not there is looked for below it by its name, as a repository keeps `/etc/nginx`.
fn load(folder: &Path, pattern: &str) -> Result<Vec<(String, String)>, String> {
    let path = Path::new(pattern);
    let (parent, name) = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (folder.join(parent), name.to_string_lossy().into_owned()),
        _ => return Err("this is not the name of a file".to_owned()),
    };
    let found = if name.contains('*') {
        matching(&parent, &name)
    } else {
        Ok(vec![parent.join(&name)])
    };
    let mut files = Vec::new();
    for file in found? {
        let text = text(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        files.push((repository::path(&file), text));
    }
    Ok(files)
}

/// The files of a folder that fit a pattern with `*` in it, by name.
fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.is_file())
        .filter(|file| {
            file.file_name()
                .is_some_and(|name| fits(pattern, &name.to_string_lossy()))
        })
        .collect();
    files.sort();
    if files.len() > MOST_FILES {
        return Err("the pattern stands for too many files".to_owned());
    }
    Ok(files)
}

fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
