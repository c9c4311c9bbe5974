//! The formats of a report.

use std::io::{self, Write};

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
    /// Writes the report.
    ///
    /// # Errors
    /// What `output` says.
    pub fn write(&self, format: Format, output: &mut impl Write) -> io::Result<()> {
        match format {
            Format::Text => text::write(self, output),
            Format::Json => json::write(self, output),
            Format::Junit => junit::write(self, output),
            Format::Sarif => sarif::write(self, output),
            Format::Github => annotations::write(self, output),
        }
    }
}
