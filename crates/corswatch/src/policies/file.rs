//! Policy files and what they include.

use std::cell::Cell;
use std::path::{Component, Path, PathBuf};

use policy::{Form, Policy, Source};

use crate::exit::Failure;
use crate::repository;

/// A policy file is no larger, nor is one that it includes.
const MOST_BYTES: u64 = 8 << 20;

/// All files of a policy together are no larger.
const MOST_BYTES_IN_ALL: u64 = 64 << 20;

/// Files that one pattern of `include` may stand for.
const MOST_FILES: usize = 500;

/// Places of all files together at which a regular expression looks around or back. Each may cost as
/// many steps as one match has, for every request that is predicted.
const MOST_COSTLY: usize = 500;

/// Reads a policy and prints what cannot be read of it; the second value is how much that is. What it
/// includes lies below its folder or below one of `allowed`: a file of a stranger names no other.
pub(crate) fn read(
    file: &Path,
    form: Option<Form>,
    allowed: &[PathBuf],
) -> Result<(Policy, usize), Failure> {
    let unusable = |reason: String| Failure::Input(format!("{}: {reason}", file.display()));
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let files = Files::of(folder.unwrap_or(Path::new(".")), allowed).map_err(unusable)?;
    let text = files.text(file).map_err(unusable)?;
    let name = repository::path(file);
    let load = |pattern: &str| files.load(pattern);
    let source = Source {
        name: &name,
        text: &text,
        load: &load,
    };
    let form = match form {
        Some(form) => form,
        None => Form::of(&source).map_err(unusable)?,
    };
    let (policy, problems) = Policy::read(form, &source);
    for problem in &problems {
        complain!("{}", printable::line(&problem.to_string()));
    }
    Ok((policy, problems.len()))
}

/// The files of one policy: where they may lie, and what they may still cost.
struct Files {
    folder: PathBuf,
    /// Real folders.
    roots: Vec<PathBuf>,
    bytes: Cell<u64>,
    costly: Cell<usize>,
}

impl Files {
    fn of(folder: &Path, allowed: &[PathBuf]) -> Result<Self, String> {
        let real = |folder: &Path| {
            let found = folder.canonicalize();
            found.map_err(|error| format!("{}: {error}", folder.display()))
        };
        let allowed = allowed.iter().map(PathBuf::as_path);
        Ok(Self {
            folder: folder.to_owned(),
            roots: std::iter::once(folder)
                .chain(allowed)
                .map(real)
                .collect::<Result<_, _>>()?,
            bytes: Cell::new(MOST_BYTES_IN_ALL),
            costly: Cell::new(MOST_COSTLY),
        })
    }

    fn text(&self, file: &Path) -> Result<String, String> {
        let (text, _) = crate::file::text(file, MOST_BYTES.min(self.bytes.get()))?;
        self.bytes.set(self.bytes.get() - text.len() as u64);
        let costly = costly(&text);
        let left = self.costly.get().checked_sub(costly).ok_or_else(|| {
            format!(
                "more than {MOST_COSTLY} places at which regular expressions look around or back: that \
                 costs too much to predict from"
            )
        })?;
        self.costly.set(left);
        Ok(text)
    }

    /// The files that a name or a pattern stands for; a relative one starts at the policy's folder.
    fn load(&self, pattern: &str) -> Result<Vec<(String, String)>, String> {
        let found = if pattern.contains(['*', '?', '[']) {
            self.within(&self.folder.join(fixed(Path::new(pattern))))?;
            matching(&self.folder, pattern)?
        } else {
            vec![self.folder.join(pattern)]
        };
        let mut files = Vec::new();
        for file in found {
            self.within(&file)?;
            let text = self
                .text(&file)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            files.push((repository::path(&file), text));
        }
        Ok(files)
    }

    /// Refuses what lies elsewhere, wherever links lead.
    fn within(&self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        let real = path
            .canonicalize()
            .map_err(|error| format!("{shown}: cannot be read: {error}"))?;
        if self.roots.iter().any(|root| real.starts_with(root)) {
            return Ok(());
        }
        Err(format!(
            "{shown}: lies outside of the policy's folder; `--allow-include DIR` permits another one"
        ))
    }
}

/// The folder above the first part of a pattern that is not a plain name.
fn fixed(pattern: &Path) -> PathBuf {
    let is_plain =
        |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']);
    pattern.components().take_while(is_plain).collect()
}

/// How often expressions in a text look around or back: only those are matched by trying.
fn costly(text: &str) -> usize {
    let around = ["(?=", "(?!", "(?<=", "(?<!", "(?>"];
    let back = text
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0] == b'\\' && pair[1].is_ascii_digit())
        .count();
    around
        .iter()
        .map(|mark| text.matches(mark).count())
        .sum::<usize>()
        + back
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
        let files = Files::of(&site, &[]).expect("it is there");
        let cases: [(&str, &[&str]); 4] = [
            ("conf.d/*.conf", &["a1.conf", "a10.conf", "b.conf"]),
            ("conf.d/a?.conf", &["a1.conf"]),
            ("*/b.conf", &["b.conf"]),
            ("conf.d/z*.conf", &[]),
        ];
        for (pattern, expected) in cases {
            let found = files.load(pattern).expect("it can be read");
            let texts: Vec<&str> = found.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, expected, "{pattern}");
        }
        let missing = files
            .load("conf.d/z.conf")
            .expect_err("a name must stand for a file");
        assert!(missing.contains("z.conf"), "{missing}");
        assert!(files.load("conf.d/[a").is_err(), "not a pattern");
    }

    #[test]
    fn what_lies_elsewhere_is_not_included_whatever_leads_there() {
        let folder = tempfile::tempdir().expect("a directory");
        let at = |name: &str| folder.path().join(name);
        for name in ["site/conf.d", "shared", "secret"] {
            std::fs::create_dir_all(at(name)).expect("made");
        }
        for name in ["site/conf.d/a.conf", "shared/b.conf", "secret/c.conf"] {
            std::fs::write(at(name), "hush").expect("written");
        }
        std::os::unix::fs::symlink(at("secret/c.conf"), at("site/conf.d/link.conf")).expect("made");
        let outside = at("secret/c.conf").display().to_string();
        let shared = at("shared/b.conf").display().to_string();
        let files = |allowed: &[PathBuf]| Files::of(&at("site"), allowed).expect("it is there");
        for pattern in [
            outside.as_str(),
            "../secret/c.conf",
            "../secret/*.conf",
            "conf.d/../../secret/c.conf",
            "conf.d/link.conf",
            "conf.d/l*.conf",
            "/etc/passwd",
            "/etc/pass*",
            "/dev/zero",
        ] {
            let refused = files(&[]).load(pattern).expect_err(pattern);
            assert!(
                refused.contains("--allow-include") && !refused.contains("hush"),
                "{pattern}: {refused}"
            );
        }
        assert!(files(&[]).load("conf.d/a.conf").is_ok());
        assert!(files(&[]).load(&shared).is_err());
        assert!(files(&[at("shared")]).load(&shared).is_ok());
        assert!(files(&[at("shared")]).load("../shared/*.conf").is_ok());
        assert!(
            files(&[Path::new("/dev").to_owned()])
                .load("/dev/zero")
                .is_err()
        );
    }

    #[test]
    fn all_files_of_a_policy_share_one_budget() {
        let folder = tempfile::tempdir().expect("a directory");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(
            at("a.conf"),
            "location ~ (?=x)\\1 {}\n".repeat(MOST_COSTLY / 4),
        )
        .expect("written");
        let files = Files::of(folder.path(), &[]).expect("it is there");
        assert!(files.load("a.conf").is_ok() && files.load("a.conf").is_ok());
        let refused = files.load("a.conf").expect_err("spent");
        assert!(refused.contains("look around or back"), "{refused}");
    }
}
