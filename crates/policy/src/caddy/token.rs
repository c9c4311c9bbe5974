//! Words of a Caddyfile and its tree.

use crate::place::{Problem, SourceLocation, problem};
use crate::source::Source;

/// Blocks stand no deeper in each other.
const DEPTH: usize = 64;

/// A line with its block.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) words: Vec<String>,
    pub(crate) block: Option<Vec<Self>>,
    pub(crate) place: SourceLocation,
}

impl Line {
    pub(crate) fn word(&self, number: usize) -> &str {
        self.words.get(number).map_or("", String::as_str)
    }

    /// The lines of its block.
    pub(crate) fn inside(&self) -> &[Self] {
        self.block.as_deref().unwrap_or_default()
    }
}

/// Reads a text to a tree of lines.
pub(crate) fn tree(source: &Source<'_>, problems: &mut Vec<Problem>) -> Vec<Line> {
    let lines = words(source.text);
    let mut reader = Reader {
        lines: &lines,
        at: 0,
        source,
        problems,
    };
    reader.block(0)
}

struct Reader<'a, 'b> {
    lines: &'a [(usize, Vec<(String, Quoted)>)],
    at: usize,
    source: &'a Source<'a>,
    problems: &'b mut Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoted {
    Yes,
    No,
}

impl Reader<'_, '_> {
    /// The lines up to the `}` of the block.
    fn block(&mut self, depth: usize) -> Vec<Line> {
        let mut found = Vec::new();
        while let Some((number, words)) = self.lines.get(self.at) {
            let place = self.source.place(*number);
            self.at += 1;
            let is = |at: Option<&(String, Quoted)>, what: &str| {
                at.is_some_and(|(word, quoted)| word == what && *quoted == Quoted::No)
            };
            if is(words.first(), "}") {
                if depth == 0 {
                    problem(self.problems, &place, "a `}` closes nothing");
                    continue;
                }
                return found;
            }
            let opens = is(words.last(), "{");
            let count = words.len() - usize::from(opens);
            let texts = words[..count]
                .iter()
                .map(|(word, _)| word.clone())
                .collect();
            let block = opens.then(|| {
                if depth >= DEPTH {
                    problem(self.problems, &place, "blocks stand too deep in each other");
                    self.at = self.lines.len();
                    return Vec::new();
                }
                self.block(depth + 1)
            });
            found.push(Line {
                words: texts,
                block,
                place,
            });
        }
        if depth > 0 {
            let last = self.lines.last().map_or(1, |(number, _)| *number);
            problem(self.problems, &self.source.place(last), "a `}` is missing");
        }
        found
    }
}

/// The words of each line (`caddyconfig/caddyfile/lexer.go`): quotes, back quotes, comments, lines
/// that go on behind a backslash.
fn words(text: &str) -> Vec<(usize, Vec<(String, Quoted)>)> {
    let mut lines: Vec<(usize, Vec<(String, Quoted)>)> = Vec::new();
    let mut words: Vec<(String, Quoted)> = Vec::new();
    let (mut number, mut start) = (1, 1);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\n' => {
                if !words.is_empty() {
                    lines.push((start, std::mem::take(&mut words)));
                }
                number += 1;
                start = number;
            }
            '\\' if rest.peek() == Some(&'\n') => {
                rest.next();
                number += 1;
            }
            c if c.is_whitespace() => {}
            '#' => {
                while rest.peek().is_some_and(|c| *c != '\n') {
                    rest.next();
                }
            }
            '"' | '`' => {
                let mut word = String::new();
                while let Some(inner) = rest.next() {
                    match inner {
                        end if end == c => break,
                        '\\' if c == '"' && rest.peek() == Some(&'"') => {
                            rest.next();
                            word.push('"');
                        }
                        other => {
                            number += usize::from(other == '\n');
                            word.push(other);
                        }
                    }
                }
                words.push((word, Quoted::Yes));
            }
            c => {
                let mut word = String::from(c);
                while let Some(inner) = rest.peek().copied().filter(|c| !c.is_whitespace()) {
                    rest.next();
                    word.push(inner);
                }
                words.push((word, Quoted::No));
            }
        }
    }
    if !words.is_empty() {
        lines.push((start, words));
    }
    lines
}
