//! The report for people.

use std::io::{self, Write};

use printable::line;

use crate::finding::Finding;
use crate::report::{Case, Report};

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    for suite in &report.suites {
        writeln!(output, "{}", line(&suite.name))?;
        for case in &suite.cases {
            write_case(report, case, output)?;
        }
    }
    let total = report.total();
    let (passed, failed) = (total.passed, total.failed);
    write!(output, "{passed} passed, {failed} failed")?;
    if total.findings > 0 {
        let noun = if total.findings == 1 {
            "finding"
        } else {
            "findings"
        };
        write!(output, ", {} {noun}", total.findings)?;
    }
    if total.suppressed > 0 {
        write!(output, ", {} suppressed", total.suppressed)?;
    }
    writeln!(output)
}

fn write_case(report: &Report, case: &Case, output: &mut impl Write) -> io::Result<()> {
    let word = if report.fails(case) { "FAIL" } else { "ok" };
    let millis = case.took.as_millis();
    writeln!(output, "  {word:<4} {} ({millis} ms)", line(&case.name))?;
    for finding in &case.findings {
        write_finding(case, finding, output)?;
    }
    for (finding, reason) in &case.suppressed {
        let (rule, reason) = (finding.rule.id, line(reason));
        writeln!(output, "       suppressed: {rule}: {reason}")?;
    }
    Ok(())
}

fn write_finding(case: &Case, finding: &Finding, output: &mut impl Write) -> io::Result<()> {
    let (level, rule) = (finding.level, finding.rule.id);
    let place = finding.place.as_ref().unwrap_or(&case.place);
    writeln!(output, "       {level}: {rule} ({place})")?;
    for text in lines(&finding.message) {
        writeln!(output, "         {text}")?;
    }
    if let Some(affected) = finding.affects {
        writeln!(output, "         ({})", affected.text())?;
    }
    for evidence in &finding.evidence {
        writeln!(output, "         | {}", line(evidence))?;
    }
    for fix in &finding.fix {
        for (at, text) in lines(fix).iter().enumerate() {
            let mark = if at == 0 { "fix:" } else { "    " };
            writeln!(output, "         {mark} {text}")?;
        }
    }
    Ok(())
}

/// The lines of a text that was put together here. A line end with a carriage return is none of ours:
/// a server sent it inside a header.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\\u{d}\\u{a}");
    text.split('\n').map(line).collect()
}
