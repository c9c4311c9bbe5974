//! The report as JUnit XML, as Jenkins, GitLab and others read it.

use std::io::{self, Write};
use std::time::Duration;

use crate::finding::Finding;
use crate::report::{Case, Report};

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    writeln!(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let total = report.total();
    let numbers = |passed: usize, failed: usize, took: Duration| {
        let tests = passed + failed;
        format!(
            "tests=\"{tests}\" failures=\"{failed}\" errors=\"0\" time=\"{}\"",
            seconds(took)
        )
    };
    writeln!(
        output,
        "<testsuites name=\"corswatch {}\" {}>",
        report.tool,
        numbers(total.passed, total.failed, total.took)
    )?;
    for suite in &report.suites {
        let tally = report.tally(&suite.cases);
        writeln!(
            output,
            "  <testsuite name=\"{}\" {} skipped=\"0\">",
            escape(&suite.name),
            numbers(tally.passed, tally.failed, tally.took)
        )?;
        for case in &suite.cases {
            write_case(report, &suite.name, case, output)?;
        }
        writeln!(output, "  </testsuite>")?;
    }
    writeln!(output, "</testsuites>")
}

fn write_case(
    report: &Report,
    suite: &str,
    case: &Case,
    output: &mut impl Write,
) -> io::Result<()> {
    write!(
        output,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
        escape(&case.name),
        escape(suite),
        escape(&case.place.file),
        case.place.line,
        seconds(case.took)
    )?;
    if case.findings.is_empty() && case.suppressed.is_empty() {
        return writeln!(output, "/>");
    }
    writeln!(output, ">")?;
    let (failing, others): (Vec<&Finding>, Vec<&Finding>) = case
        .findings
        .iter()
        .partition(|finding| finding.level >= report.fail_on);
    // Readers of JUnit take one failure a case.
    if let Some(first) = failing.first() {
        let text: Vec<String> = failing.iter().map(|finding| words(finding)).collect();
        writeln!(
            output,
            "      <failure message=\"{}\" type=\"{}\">{}</failure>",
            escape(&first.message),
            first.rule.id,
            escape(&text.join("\n\n"))
        )?;
    }
    let notes: Vec<String> = others
        .iter()
        .map(|finding| words(finding))
        .chain(
            case.suppressed
                .iter()
                .map(|(finding, reason)| format!("suppressed: {}: {reason}", finding.rule.id)),
        )
        .collect();
    if !notes.is_empty() {
        let notes = escape(&notes.join("\n\n"));
        writeln!(output, "      <system-out>{notes}</system-out>")?;
    }
    writeln!(output, "    </testcase>")
}

fn words(finding: &Finding) -> String {
    let mut text = format!(
        "{}: {}\n{}",
        finding.level, finding.rule.id, finding.message
    );
    if let Some(affected) = finding.affects {
        text.push_str("\n(");
        text.push_str(affected.text());
        text.push(')');
    }
    for line in &finding.evidence {
        text.push_str("\n| ");
        text.push_str(line);
    }
    for fix in &finding.fix {
        text.push_str("\nfix: ");
        text.push_str(fix);
    }
    text
}

fn seconds(took: Duration) -> String {
    format!("{:.3}", took.as_secs_f64())
}

/// Text of an element or of an attribute. Characters that XML 1.0 cannot hold become U+FFFD
/// (<https://www.w3.org/TR/xml/#charsets>).
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
