//! Where the reports of `check` and `audit` go.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use findings::{Finding, Report, Rule};

use crate::cli::Reporting;
use crate::exit::Failure;

/// Servers that did not answer, where nothing else is wrong, end a command with this code.
const NO_ANSWER: u8 = 3;

/// Prints the report, writes the files that were asked for, and says how the process ends: what
/// could not be read weighs more than what was found, and that more than what was not answered.
/// `no_answer` is the rule of that.
pub(crate) fn tell(
    report: &Report,
    no_answer: &Rule,
    unread: usize,
    reporting: &Reporting,
) -> Result<ExitCode, Failure> {
    let mut output = BufWriter::new(io::stdout());
    report
        .write(reporting.format, &mut output)
        .and_then(|()| output.flush())
        .context("writing the report")?;
    for (format, path) in &reporting.reports {
        let writing = || format!("writing {}", path.display());
        let mut file = BufWriter::new(File::create(path).with_context(writing)?);
        report
            .write(*format, &mut file)
            .and_then(|()| file.flush())
            .with_context(writing)?;
    }
    let is_silent = |finding: &Finding| finding.rule.id == no_answer.id;
    let mut failing = report.cases().flat_map(|(_, case)| {
        let failing = |finding: &&Finding| finding.level >= report.fail_on;
        case.findings.iter().filter(failing)
    });
    Ok(match (unread, report.total().failed) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) if failing.all(is_silent) => ExitCode::from(NO_ANSWER),
        (0, _) => ExitCode::from(1),
        _ => ExitCode::from(2),
    })
}
