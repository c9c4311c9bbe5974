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

/// The files that a name or a pattern stands for; a relative one starts at `folder`.
fn load(folder: &Path, pattern: &str) -> Result<Vec<(String, String)>, String> {
    let found = if pattern.contains(['*', '?', '[']) {
        matching(folder, pattern)?
    } else {
        vec![folder.join(pattern)]
    };
    let mut files = Vec::new();
    for file in found {
        let text = text(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        files.push((repository::path(&file), text));
    }
    Ok(files)
}

/// The files that fit a pattern as `glob(3)` reads it, by name.
fn matching(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let folder = glob::Pattern::escape(&folder.to_string_lossy());
    let pattern = Path::new(&folder).join(pattern);
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(&pattern.to_string_lossy(), options)
        .map_err(|error| format!("{}: {error}", pattern.display()))?;
    let files: Vec<PathBuf> = found
        .filter_map(Result::ok)
        .filter(|file| file.is_file())
        .take(MOST_FILES + 1)
        .collect();
    if files.len() > MOST_FILES {
        return Err("the pattern stands for too many files".to_owned());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_the_files_that_fit_it_by_name() {
        let folder = tempfile::tempdir().expect("a directory");
        // A folder that looks like a pattern is none.
        let site = folder.path().join("[site]");
        std::fs::create_dir_all(site.join("conf.d")).expect("made");
        for name in ["b.conf", "a1.conf", ".a2.conf", "a10.conf", "a.txt"] {
            std::fs::write(site.join("conf.d").join(name), name).expect("written");
        }
        let cases: [(&str, &[&str]); 4] = [
            ("conf.d/*.conf", &["a1.conf", "a10.conf", "b.conf"]),
            ("conf.d/a?.conf", &["a1.conf"]),
            ("*/b.conf", &["b.conf"]),
            ("conf.d/z*.conf", &[]),
        ];
        for (pattern, expected) in cases {
            let found = load(&site, pattern).expect("it can be read");
            let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, expected, "{pattern}");
        }
        let missing = load(&site, "conf.d/z.conf").expect_err("a name must stand for a file");
        assert!(missing.contains("z.conf"), "{missing}");
        assert!(load(&site, "conf.d/[a").is_err(), "not a pattern");
    }
}
