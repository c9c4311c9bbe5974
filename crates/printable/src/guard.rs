//! The guard before an output.

use std::io::{self, Write};

use crate::{Notation, is_hidden};

/// Lets lines pass without what would make them a command. A line waits here until it is complete or
/// the guard is flushed.
#[derive(Debug)]
pub struct Guard<W: Write> {
    output: W,
    notation: Notation,
    line: Vec<u8>,
    /// The start of the waiting line has been let pass already.
    is_continued: bool,
}

impl<W: Write> Guard<W> {
    /// A guard before `output`, which is written in `notation`.
    pub const fn new(output: W, notation: Notation) -> Self {
        Self {
            output,
            notation,
            line: Vec::new(),
            is_continued: false,
        }
    }

    fn pass(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line);
        let safe = harmless(&text, self.notation, self.is_continued);
        self.line.clear();
        self.output.write_all(safe.as_bytes())
    }
}

impl<W: Write> Write for Guard<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(bytes.len());
        self.line.extend_from_slice(&bytes[..taken]);
        if end.is_none() {
            return Ok(taken);
        }
        self.pass()?;
        self.is_continued = false;
        self.output.write_all(b"\n")?;
        Ok(taken + 1)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            self.pass()?;
            self.is_continued = true;
        }
        self.output.flush()
    }
}

/// One line without its end.
fn harmless(line: &str, notation: Notation, is_continued: bool) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let start = line.trim_start();
    if !is_continued && start.starts_with("::") {
        push(&line[..line.len() - start.len()], notation, &mut out);
        notation.escape(':', &mut out);
        rest = &start[1..];
    }
    while let Some(at) = rest.find("##") {
        let (before, mark) = rest.split_at(at + 1);
        push(before, notation, &mut out);
        let is_command =
            mark[1..].starts_with(|next: char| next == '[' || next.is_ascii_alphabetic());
        if is_command {
            notation.escape('#', &mut out);
            rest = &mark[1..];
        } else {
            rest = mark;
        }
    }
    push(rest, notation, &mut out);
    out
}

fn push(text: &str, notation: Notation, out: &mut String) {
    for character in text.chars() {
        if character != '\t' && is_hidden(character) {
            notation.escape(character, out);
        } else {
            out.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str, notation: Notation) -> String {
        let mut bytes = Vec::new();
        let mut guard = Guard::new(&mut bytes, notation);
        // In pieces that end anywhere.
        for piece in text.as_bytes().chunks(3) {
            guard.write_all(piece).expect("memory takes it");
        }
        guard.flush().expect("memory takes it");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn no_line_starts_a_command() {
        for (text, expected) in [
            ("plain: a::b # c ## d\n", "plain: a::b # c ## d\n"),
            ("::error::x\n", "\\u{3a}:error::x\n"),
            (
                "ok\n \t\u{a0}::add-mask::x\n",
                "ok\n \t\u{a0}\\u{3a}:add-mask::x\n",
            ),
            ("a ##[add-mask]b\n", "a #\\u{23}[add-mask]b\n"),
            (
                "###[x]##vso[y]##teamcity[z]\n",
                "##\\u{23}[x]#\\u{23}vso[y]#\\u{23}teamcity[z]\n",
            ),
            ("10\r::warning::x\n", "10\\u{d}::warning::x\n"),
            ("\u{202e}::x \u{1b}[2J\n", "\\u{202e}::x \\u{1b}[2J\n"),
            ("unfinished ##[x]", "unfinished #\\u{23}[x]"),
        ] {
            assert_eq!(passed(text, Notation::Text), expected);
        }
    }

    #[test]
    fn formats_keep_their_meaning() {
        assert_eq!(
            passed("{\"a\": \"##[x] \u{202e}\u{e0041}\"}\n", Notation::Json),
            "{\"a\": \"#\\u0023[x] \\u202e\\udb40\\udc41\"}\n"
        );
        assert_eq!(
            passed("<a b=\"##[x]\">\n::c \u{202e}</a>\n", Notation::Xml),
            "<a b=\"#&#x23;[x]\">\n&#x3a;:c &#x202e;</a>\n"
        );
    }

    #[test]
    fn a_flushed_line_goes_on_as_the_same_line() {
        let mut bytes = Vec::new();
        let mut guard = Guard::new(&mut bytes, Notation::Text);
        for piece in ["name", "::x\n", "::y\n"] {
            guard.write_all(piece.as_bytes()).expect("memory takes it");
            guard.flush().expect("memory takes it");
        }
        drop(guard);
        assert_eq!(bytes, b"name::x\n\\u{3a}:y\n");
    }
}
