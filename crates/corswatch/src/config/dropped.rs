//! What was taken out of a configuration because it could not be read, so that the rest can be.
//!
//! Entries of lists move up when one before them is taken out; people count as the file does. And
//! what is said about the rest must not be a mere consequence of something that was taken out.

use std::collections::{BTreeMap, BTreeSet};

use settings::Problem;

/// A path in parts: names, and `[2]` for entries of lists.
pub(crate) type Path = Vec<String>;

/// What was taken out, by paths as the file has them.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    paths: Vec<Path>,
    /// What was probably meant by names that are not known.
    meant: Vec<Path>,
    /// The entries that were taken out of each list.
    entries: BTreeMap<Path, BTreeSet<usize>>,
}

impl Dropped {
    /// The path in the file of what now lies at `path`.
    pub(crate) fn in_file(&self, path: &[String]) -> Path {
        let mut found = Path::new();
        for part in path {
            let part = match (index(part), self.entries.get(&found)) {
                (Some(now), Some(gone)) => format!("[{}]", before(now, gone)),
                _ => part.clone(),
            };
            found.push(part);
        }
        found
    }

    /// Notes that what `path` (in the file) names is gone.
    pub(crate) fn note(&mut self, path: Path) {
        if let Some((last, list)) = path.split_last()
            && let Some(index) = index(last)
        {
            self.entries.entry(list.to_vec()).or_default().insert(index);
        }
        self.paths.push(path);
    }

    /// Notes that someone probably meant `path`.
    pub(crate) fn note_meant(&mut self, path: Path) {
        self.meant.push(path);
    }

    /// Whether `path` (in the file) itself is gone.
    pub(crate) fn holds(&self, path: &[String]) -> bool {
        self.paths.iter().any(|gone| gone == path)
    }

    /// Whether something in the section `name` is gone.
    fn touches(&self, name: &str) -> bool {
        let all = self.paths.iter().chain(&self.meant);
        all.into_iter()
            .any(|gone| gone.first().is_some_and(|first| first == name))
    }

    /// Whether a problem at `path` (in the file) may be there only because something is gone: that
    /// value, one in it, the list that it stood in, or what the value refers to.
    pub(crate) fn explains(&self, path: &[String]) -> bool {
        let mut all = self.paths.iter().chain(&self.meant);
        let of_same = all.any(|gone| path.starts_with(gone) || gone.starts_with(path));
        let refers = |to: &str| self.touches(to);
        let last = path.last().map(String::as_str);
        let first = path.first().map(String::as_str);
        let of_other = match (first, last) {
            (Some("slo"), Some("app")) => refers("apps"),
            (Some("prober"), _) => refers("services"),
            _ => false,
        };
        of_same || of_other
    }
}

impl Dropped {
    /// What of `problems`, which are about what is left, is a problem of its own; with places as the
    /// file has them.
    pub(crate) fn own(&self, problems: Vec<Problem>) -> Vec<Problem> {
        let own = problems.into_iter().filter_map(|problem| {
            let path = self.in_file(&parts(&problem.path));
            let reason = self.places_in(&problem.reason);
            (!self.explains(&path)).then(|| Problem {
                path: text(&path),
                reason,
                ..problem
            })
        });
        own.collect()
    }

    /// A sentence that may name places: `is there already in apps[0].keys[1]`.
    fn places_in(&self, sentence: &str) -> String {
        let is_place = |word: &str| {
            let start = word.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '_');
            start.len() < word.len() && start.starts_with('[') && word.contains(']')
        };
        let words = sentence.split(' ').map(|word| match is_place(word) {
            true => text(&self.in_file(&parts(word))),
            false => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// The index of `[2]`.
pub(crate) fn index(part: &str) -> Option<usize> {
    part.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// The index that entry `now` had before the entries `gone` were taken out.
fn before(now: usize, gone: &BTreeSet<usize>) -> usize {
    gone.iter()
        .fold(now, |at, gone| if *gone <= at { at + 1 } else { at })
}

/// `slo[1].rules[0].long` in parts.
pub(crate) fn parts(text: &str) -> Path {
    let mut parts = Path::new();
    for name in text.split('.') {
        let mut rest = name;
        while let Some(at) = rest.find('[') {
            let (before, list) = rest.split_at(at);
            if !before.is_empty() {
                parts.push(before.to_owned());
            }
            let end = list.find(']').map_or(list.len(), |end| end + 1);
            parts.push(list[..end].to_owned());
            rest = &list[end..];
        }
        if !rest.is_empty() {
            parts.push(rest.to_owned());
        }
    }
    parts
}

/// The text of a path.
pub(crate) fn text(path: &[String]) -> String {
    let mut text = String::new();
    for part in path.iter().filter(|part| !part.is_empty()) {
        if !text.is_empty() && !part.starts_with('[') {
            text.push('.');
        }
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_as_the_file_has_them() {
        let mut dropped = Dropped::default();
        for gone in ["slo[1]", "slo[2]", "slo[4].rules[0]"] {
            dropped.note(parts(gone));
        }
        for (now, file) in [
            ("slo[0].app", "slo[0].app"),
            ("slo[1].app", "slo[3].app"),
            ("slo[2].rules[0].long", "slo[4].rules[1].long"),
            ("apps[1].keys[0]", "apps[1].keys[0]"),
            (
                "journal.kafka.properties.sasl.mechanism",
                "journal.kafka.properties.sasl.mechanism",
            ),
        ] {
            assert_eq!(text(&dropped.in_file(&parts(now))), file);
        }
    }

    #[test]
    fn what_follows_from_something_that_is_gone_is_no_problem_of_its_own() {
        let mut dropped = Dropped::default();
        dropped.note(parts("apps[0].key"));
        dropped.note_meant(parts("apps[0].keys"));
        dropped.note(parts("apps[1].page_origins[0]"));
        for (path, explained) in [
            ("apps[0].keys", true),
            ("apps[0].name", false),
            ("apps[1].page_origins", true),
            ("apps[1].page_origins[1]", false),
            ("slo[0].app", true),
            ("slo[0].window", false),
            ("prober.dangerously_allow_private_networks[0]", false),
        ] {
            assert_eq!(dropped.explains(&parts(path)), explained, "{path}");
        }
    }
}
