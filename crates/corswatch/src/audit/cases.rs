//! What was audited and how it is told.

use std::process::ExitCode;
use std::time::Duration;

use findings::{Case, Finding, Report, SourceLocation, Suite};
use url::Url;

use crate::cli::Audit;
use crate::exit::Failure;
use crate::reports;

/// A URL to look at, and where it is written.
pub(crate) struct AuditedUrl {
    pub(crate) url: Url,
    pub(crate) place: SourceLocation,
}

/// Tells what came of the cases.
pub(crate) fn tell(
    args: &Audit,
    cases: Vec<(Url, Case)>,
    unread: usize,
) -> Result<ExitCode, Failure> {
    let report = Report {
        tool: "audit",
        rules: ::audit::RULES,
        fail_on: args.fail_on,
        suites: suites(cases),
    };
    reports::tell(&report, ::audit::NO_ANSWER, unread, &args.reporting)
}

pub(crate) fn case(
    name: &str,
    place: SourceLocation,
    took: Duration,
    findings: Vec<Finding>,
) -> Case {
    Case {
        name: name.to_owned(),
        place,
        took,
        findings,
        suppressed: Vec::new(),
    }
}

/// One suite a server, in the order in which they first appear.
fn suites(cases: Vec<(Url, Case)>) -> Vec<Suite> {
    let mut suites: Vec<Suite> = Vec::new();
    for (url, case) in cases {
        let name = url.origin().ascii_serialization();
        match suites.iter_mut().find(|suite| suite.name == name) {
            Some(suite) => suite.cases.push(case),
            None => suites.push(Suite {
                name,
                cases: vec![case],
            }),
        }
    }
    suites
}
