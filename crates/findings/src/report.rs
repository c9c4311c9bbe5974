//! The whole of a run.

use std::io::{self, Write};
use std::time::Duration;

use crate::finding::{Finding, Level, Place, Rule};
use crate::{annotations, json, junit, sarif, text};

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

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name, unique in its suite.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// How long it took.
    pub took: Duration,
    /// What was found; nothing where all is well.
    pub findings: Vec<Finding>,
    /// What somebody decided to live with, each with the reason.
    pub suppressed: Vec<(Finding, String)>,
}

/// Cases that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// A file or a host.
    pub name: String,
    /// Its cases, in the order in which they are written.
    pub cases: Vec<Case>,
}

/// The whole of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `check` or `audit`.
    pub tool: &'static str,
    /// Every rule that could have been broken.
    pub rules: &'static [Rule],
    /// A case fails with a finding this bad or worse.
    pub fail_on: Level,
    /// What was tried.
    pub suites: Vec<Suite>,
}

/// How a run went, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases without a finding that fails.
    pub passed: usize,
    /// The others.
    pub failed: usize,
    /// Findings of any level.
    pub findings: usize,
    /// Findings somebody decided to live with.
    pub suppressed: usize,
    /// Time spent, cases that ran side by side counted each.
    pub took: Duration,
}

impl Report {
    /// Every case with its suite.
    pub fn cases(&self) -> impl Iterator<Item = (&Suite, &Case)> {
        self.suites
            .iter()
            .flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)))
    }

    /// Whether a case fails.
    #[must_use]
    pub fn fails(&self, case: &Case) -> bool {
        case.findings
            .iter()
            .any(|finding| finding.level >= self.fail_on)
    }

    /// The numbers of these cases.
    pub fn tally<'a>(&self, cases: impl IntoIterator<Item = &'a Case>) -> Tally {
        let mut tally = Tally::default();
        for case in cases {
            if self.fails(case) {
                tally.failed += 1;
            } else {
                tally.passed += 1;
            }
            tally.findings += case.findings.len();
            tally.suppressed += case.suppressed.len();
            tally.took += case.took;
        }
        tally
    }

    /// The numbers of the run.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.tally(self.cases().map(|(_, case)| case))
    }

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
