//! What cannot be read in a contract.

use std::ops::Range;

/// One thing that cannot be read; the rest of the file counts all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what is permitted.
    pub reason: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Lines of a text, by byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lines<'a>(pub(crate) &'a str);

impl Lines<'_> {
    /// The line in which a span starts, from 1.
    pub(crate) fn of(self, span: &Range<usize>) -> usize {
        let end = span.start.min(self.0.len());
        1 + self.0.as_bytes()[..end]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }

    /// An error of the TOML reader, at its line; `otherwise` where it knows none.
    pub(crate) fn problem(self, error: &toml::de::Error, otherwise: &Range<usize>) -> Problem {
        Problem {
            line: self.of(&error.span().unwrap_or_else(|| otherwise.clone())),
            // The reader's texts go over several lines where they list what was expected.
            reason: error.message().replace('\n', " "),
        }
    }
}
