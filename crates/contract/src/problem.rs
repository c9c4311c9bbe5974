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
        let line = self.of(&error.span().unwrap_or_else(|| otherwise.clone()));
        // The reader's texts go over several lines where they list what was expected.
        let said = error.message().replace('\n', " ");
        Problem {
            line,
            reason: self.of_another_kind(line, &said).unwrap_or(said),
        }
    }

    /// A value of another kind, with its name and a line that can be written.
    fn of_another_kind(self, line: usize, said: &str) -> Option<String> {
        let (_, expected) = said
            .strip_prefix("invalid type: ")?
            .split_once(", expected ")?;
        let (name, _) = self.0.lines().nth(line - 1)?.split_once('=')?;
        let name = name.trim();
        let (kind, value) = match expected {
            "a map" => ("a table", "{ name = \"value\" }"),
            "a string" => ("a text", "\"..\""),
            "a sequence" => ("a list", "[\"..\"]"),
            "a boolean" => ("true or false", "true"),
            _ => return None,
        };
        Some(format!(
            "`{name}`: {kind} is expected: write `{name} = {value}`"
        ))
    }
}
