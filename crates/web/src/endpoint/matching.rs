//! Paths against templates.

use super::{Part, Segment};

/// Whether `path` fits, in time that grows with the product of both lengths, whatever they hold.
pub(super) fn matches(segments: &[Segment], path: &str) -> bool {
    let mut reached = Reached::start(path.as_bytes());
    for segment in segments {
        reached.literal(b"/");
        for part in segment {
            match part {
                Part::Literal(text) => reached.literal(text.as_bytes()),
                Part::Parameter | Part::Embedded(_) => reached.within_segment(),
                Part::Rest => reached.rest(),
            }
        }
    }
    reached.end()
}

/// Up to which places of a path the parts so far may reach.
struct Reached<'a> {
    path: &'a [u8],
    /// One for each byte, and one for the end.
    at: Vec<bool>,
}

impl<'a> Reached<'a> {
    fn start(path: &'a [u8]) -> Self {
        let mut at = vec![false; path.len() + 1];
        at[0] = true;
        Self { path, at }
    }

    fn end(&self) -> bool {
        self.at[self.path.len()]
    }

    fn literal(&mut self, text: &[u8]) {
        let mut next = vec![false; self.at.len()];
        for (from, reached) in self.at.iter().enumerate() {
            if *reached && self.path[from..].starts_with(text) {
                next[from + text.len()] = true;
            }
        }
        self.at = next;
    }

    /// One byte or more that is not a slash.
    fn within_segment(&mut self) {
        let mut next = vec![false; self.at.len()];
        for (from, byte) in self.path.iter().enumerate() {
            next[from + 1] = *byte != b'/' && (self.at[from] || next[from]);
        }
        self.at = next;
    }

    fn rest(&mut self) {
        let first = self.at.iter().position(|reached| *reached);
        let first = first.unwrap_or(self.at.len());
        self.at[first..].fill(true);
    }
}
