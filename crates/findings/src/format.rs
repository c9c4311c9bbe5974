//! The formats of a report.

use std::io::{self, Write};

use printable::{Guard, Notation};

use crate::{Report, annotations, json, junit, sarif, text};

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people.
    Text,
    /// For programs; the same members as the text has words.
    Json,
    /// For CI servers that show test results.
    Junit,
    /// For code scanning (SARIF 2.1.0).
    Sarif,
    /// For a job's log on GitHub: workflow commands that mark lines of the change.
    Github,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Json,
        Self::Junit,
        Self::Sarif,
        Self::Github,
    ];

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Github => "github",
        }
    }

    /// The format of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|format| format.as_str() == text)
    }
}

impl Report {
    /// Writes the report. Whatever a server said, it neither speaks to a terminal nor commands a build
    /// system.
    ///
    /// # Errors
    /// What `output` says.
    pub fn write(&self, format: Format, output: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Text => text::write(self, &mut Guard::new(output, Notation::Text)),
            Format::Json => json::write(self, &mut Guard::new(output, Notation::Json)),
            Format::Junit => junit::write(self, &mut Guard::new(output, Notation::Xml)),
            Format::Sarif => sarif::write(self, &mut Guard::new(output, Notation::Json)),
            // The one that writes commands, and keeps what others say out of them.
            Format::Github => annotations::write(self, output),
        }
    }
}
