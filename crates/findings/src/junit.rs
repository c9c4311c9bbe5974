//! The report as JUnit XML, as Jenkins, GitLab and others read it.

use std::io::{self, Write};

use printable::line;
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::finding::Finding;
use crate::report::{Case, Report};
use crate::text;

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    let mut junit = quick_junit::Report::new(format!("corswatch {}", report.tool));
    junit.set_time(report.total().took);
    for suite in &report.suites {
        let mut written = TestSuite::new(line(&suite.name));
        written.set_time(report.tally(&suite.cases).took);
        let cases = suite.cases.iter();
        written.add_test_cases(cases.map(|case| test_case(report, &suite.name, case)));
        junit.add_test_suite(written);
    }
    junit.serialize(output).map_err(io::Error::other)
}

fn test_case(report: &Report, suite: &str, case: &Case) -> TestCase {
    let (failing, others): (Vec<&Finding>, Vec<&Finding>) = case
        .findings
        .iter()
        .partition(|finding| finding.level >= report.fail_on);
    // Readers of JUnit take one failure a case.
    let status = failing
        .first()
        .map_or_else(TestCaseStatus::success, |first| {
            let text: Vec<String> = failing.iter().map(|finding| description(finding)).collect();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(lines(&first.message))
                .set_type(first.rule.id)
                .set_description(text.join("\n\n"));
            status
        });
    let mut written = TestCase::new(line(&case.name), status);
    written.set_classname(line(suite)).set_time(case.took);
    for (name, value) in [
        ("file", line(&case.place.file)),
        ("line", case.place.line.to_string()),
    ] {
        written.extra.insert(name.into(), value.into());
    }
    let notes: Vec<String> =
        others
            .iter()
            .map(|finding| description(finding))
            .chain(case.suppressed.iter().map(|(finding, reason)| {
                format!("suppressed: {}: {}", finding.rule.id, line(reason))
            }))
            .collect();
    if !notes.is_empty() {
        written.set_system_out(notes.join("\n\n"));
    }
    written
}

/// What is hidden is written out, as in the report for people: the library would drop it, and a control
/// character that a server sent is evidence.
fn lines(text: &str) -> String {
    text::lines(text).join("\n")
}

fn description(finding: &Finding) -> String {
    let mut text = format!(
        "{}: {}\n{}",
        finding.level,
        finding.rule.id,
        lines(&finding.message)
    );
    if let Some(affected) = finding.affects {
        text.push_str("\n(");
        text.push_str(affected.text());
        text.push(')');
    }
    for evidence in &finding.evidence {
        text.push_str("\n| ");
        text.push_str(&lines(evidence));
    }
    for fix in &finding.fix {
        text.push_str("\nfix: ");
        text.push_str(&lines(fix));
    }
    text
}
