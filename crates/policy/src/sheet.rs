//! The header lines of an answer while a server works on them.

use crate::doubt::Doubt;
use crate::place::SourceLocation;
use crate::prediction::Line;

/// Headers without which an answer is no answer to a question about CORS.
pub(crate) fn matters(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("access-control-") || name == "location"
}

/// What a header's value turned out to be: a text, or why no one knows.
pub(crate) type Value = Result<String, Doubt>;

/// The lines in order; names in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sheet(pub(crate) Vec<Line>);

impl Sheet {
    /// Whether there is a line of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|line| is(line, name))
    }

    /// Adds a line.
    pub(crate) fn add(
        &mut self,
        name: &str,
        value: impl Into<String>,
        place: Option<&SourceLocation>,
    ) {
        self.0.push(Line {
            name: name.to_owned(),
            value: value.into(),
            place: place.cloned(),
        });
    }

    /// Makes it the only line of that name.
    pub(crate) fn set(
        &mut self,
        name: &str,
        value: impl Into<String>,
        place: Option<&SourceLocation>,
    ) {
        self.remove(name);
        self.add(name, value, place);
    }

    /// Takes every line of that name away.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|line| !is(line, name));
    }

    /// Lengthens the first line of that name, or adds one.
    pub(crate) fn append(&mut self, name: &str, value: &str, place: Option<&SourceLocation>) {
        match self.0.iter_mut().find(|line| is(line, name)) {
            Some(line) => line.value = format!("{}, {value}", line.value),
            None => self.add(name, value, place),
        }
    }

    /// Lengthens the first line of that name where no element of it is the value already.
    pub(crate) fn merge(&mut self, name: &str, value: &str, place: Option<&SourceLocation>) {
        let there = self.0.iter().find(|line| is(line, name));
        let is_there =
            there.is_some_and(|line| line.value.split(',').any(|part| part.trim() == value));
        if !is_there {
            self.append(name, value, place);
        }
    }

    /// Changes every value of that name.
    pub(crate) fn change(&mut self, name: &str, change: impl Fn(&str) -> String) {
        for line in self.0.iter_mut().filter(|line| is(line, name)) {
            line.value = change(&line.value);
        }
    }
}

/// Whether a line has that name.
pub(crate) fn is(line: &Line, name: &str) -> bool {
    line.name.eq_ignore_ascii_case(name)
}
