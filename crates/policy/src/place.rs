//! Where something is written.

use std::sync::Arc;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceLocation {
    /// The file, as the caller named it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
}

impl std::fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Something in a policy file that cannot be read; the rest of the file is read all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it stands.
    pub place: SourceLocation,
    /// Why it cannot be read.
    pub reason: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// Reports what cannot be read.
pub(crate) fn problem(
    problems: &mut Vec<Problem>,
    place: &SourceLocation,
    reason: impl Into<String>,
) {
    problems.push(Problem {
        place: place.clone(),
        reason: reason.into(),
    });
}

/// Somewhere to knock: a URL's host and path that a part of the policy is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryUrl {
    /// Host; `None` where the part is about every host.
    pub host: Option<String>,
    /// Path.
    pub path: String,
    /// Where the part stands.
    pub place: SourceLocation,
}
