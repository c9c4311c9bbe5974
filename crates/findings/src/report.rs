//! The whole of a run.

use std::time::Duration;

use crate::finding::{Finding, Level, Rule, SourceLocation};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name, unique in its suite.
    pub name: String,
    /// Where it is written.
    pub place: SourceLocation,
    /// How long it took.
    pub took: Duration,
    /// What was found; nothing where all is well.
    pub findings: Vec<Finding>,
    /// What someone decided to live with, each with the reason.
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
    /// Findings someone decided to live with.
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
}
