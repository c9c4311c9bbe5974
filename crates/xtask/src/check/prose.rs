//! What no file of the project says, whatever its language: paths of one machine, open ends.

use anyhow::Result;

use crate::{git, workspace};

/// A text that must not stand, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("/work/", "a path of one machine"),
    ("/root/", "a path of one machine"),
    ("/home/", "a path of one machine"),
    ("/Users/", "a path of one machine"),
    ("registry.npmjs.org", "the host of a package registry"),
    ("repo.maven.apache.org", "the host of a package registry"),
    ("repo1.maven.org", "the host of a package registry"),
    ("static.crates.io", "the host of a package registry"),
    ("index.crates.io", "the host of a package registry"),
    ("deb.debian.org", "the host of a package registry"),
    ("TODO", "an open end"),
    ("FIXME", "an open end"),
    ("XXX", "an open end"),
];

/// The file that holds the words it looks for, and the licence, which is not ours to word.
const EXEMPT: &[&str] = &["crates/xtask/src/check/prose.rs", "LICENSE"];

/// Every forbidden text, with its place.
pub(super) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in git::tracked()? {
        if EXEMPT.contains(&file.as_str()) {
            continue;
        }
        if let Some(text) = workspace::text(&file)? {
            problems.extend(in_file(&file, &text));
        }
    }
    Ok(problems)
}

fn in_file(file: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        // A hash of a lock file can spell anything.
        let is_hash = line.trim_start().starts_with("\"integrity\"");
        for (word, what) in FORBIDDEN.iter().filter(|_| !is_hash) {
            if line.contains(word) {
                problems.push(format!("{file}:{number}: {what} (`{word}`)"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_text_is_found_with_its_line() {
        let found = in_file("a.md", "fine\nsee /root/x\n");
        assert_eq!(found, ["a.md:2: a path of one machine (`/root/`)"]);
        assert!(in_file("a.json", "  \"integrity\": \"sha512-XXX\"").is_empty());
    }

    #[test]
    fn no_file_of_the_project_says_what_none_should() {
        assert_eq!(problems().expect("a checkout"), Vec::<String>::new());
    }
}
