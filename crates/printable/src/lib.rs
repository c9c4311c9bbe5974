//! Text that servers, pages and files of others wrote, made harmless for terminals and build logs.
//!
//! **Promises.** Two layers: [`line`] writes one value of a stranger on one line; [`Guard`] stands before an output
//! and lets no line of it start a command of the build system that shows it, whatever was forgotten.
//! What is escaped: control characters (escape sequences, line ends), format characters (among them
//! those that reverse the direction of text), line and paragraph separators, what is not assigned,
//! and in a [`Guard`] also how commands begin:
//!
//! * `::command::` at the start of a line, which GitHub Actions obeys after white space too, and its
//!   older form `##[command]` anywhere in a line
//!   (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>);
//! * `##vso[..]` of Azure Pipelines and `##teamcity[..]` of TeamCity.
//!
//! ```
//! use std::io::Write as _;
//! use printable::{Guard, Notation, line};
//!
//! assert_eq!(line("red \u{1b}[31m, \u{202e}reversed"), "red \\u{1b}[31m, \\u{202e}reversed");
//! let mut log = Vec::new();
//! let mut guard = Guard::new(&mut log, Notation::Text);
//! writeln!(guard, "::warning::said by a server")?;
//! guard.flush()?;
//! drop(guard);
//! assert!(!String::from_utf8_lossy(&log).contains("::warning::"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! **Never.** It does not shorten, translate or drop text, and does no I/O of its own.
#![forbid(unsafe_code)]

mod guard;

use std::fmt::Write as _;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

pub use guard::Guard;

/// How an escaped character is written: so that the format around it stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// `\u{202e}`, for people.
    Text,
    /// `\u202e`, inside the strings of JSON: its readers get the character itself.
    Json,
    /// `&#x202e;`, in text and attributes of XML: its readers get the character itself.
    Xml,
}

impl Notation {
    fn escape(self, character: char, out: &mut String) {
        let _ = match self {
            Self::Text => write!(out, "{}", character.escape_unicode()),
            Self::Json => character
                .encode_utf16(&mut [0; 2])
                .iter()
                .try_for_each(|unit| write!(out, "\\u{unit:04x}")),
            Self::Xml => write!(out, "&#x{:x};", u32::from(character)),
        };
    }
}

/// Whether a character shows nothing itself, but changes how the text around it is shown or read.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
    )
}

/// `text` on one line, with everything that is hidden written out; a tab becomes a space.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push(' '),
            c if is_hidden(c) => Notation::Text.escape(c, &mut out),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_written_out_and_what_people_write_stays() {
        for (text, expected) in [
            ("a\tb", "a b"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("10\r\n ::warning::x", "10\\u{d}\\u{a} ::warning::x"),
            (
                "a\u{202e}b\u{2066}c\u{feff}d",
                "a\\u{202e}b\\u{2066}c\\u{feff}d",
            ),
            ("soft\u{ad}hyphen\u{200b}", "soft\\u{ad}hyphen\\u{200b}"),
            ("a\u{2028}b\u{2029}c\u{85}", "a\\u{2028}b\\u{2029}c\\u{85}"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            (
                "B\u{fc}cher \u{939}\u{93f} \u{4e2d} \u{1f600}",
                "B\u{fc}cher \u{939}\u{93f} \u{4e2d} \u{1f600}",
            ),
        ] {
            assert_eq!(line(text), expected);
        }
    }
}
