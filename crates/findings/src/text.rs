//! The report for people.

use std::io::{self, Write};

use crate::finding::Finding;
use crate::report::{Case, Report};

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    for suite in &report.suites {
        writeln!(output, "{}", visible(&suite.name))?;
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
    writeln!(output, "  {word:<4} {} ({millis} ms)", visible(&case.name))?;
    for finding in &case.findings {
        write_finding(case, finding, output)?;
    }
    for (finding, reason) in &case.suppressed {
        let (rule, reason) = (finding.rule.id, visible(reason));
        writeln!(output, "       suppressed: {rule}: {reason}")?;
    }
    Ok(())
}

fn write_finding(case: &Case, finding: &Finding, output: &mut impl Write) -> io::Result<()> {
    let (level, rule) = (finding.level, finding.rule.id);
    let place = finding.place.as_ref().unwrap_or(&case.place);
    writeln!(output, "       {level}: {rule} ({place})")?;
    for line in finding.message.lines() {
        writeln!(output, "         {}", visible(line))?;
    }
    for line in &finding.evidence {
        writeln!(output, "         | {}", visible(line))?;
    }
    for fix in &finding.fix {
        let mut lines = fix.lines();
        let first = lines.next().unwrap_or_default();
        writeln!(output, "         fix: {}", visible(first))?;
        for line in lines {
            writeln!(output, "              {}", visible(line))?;
        }
    }
    Ok(())
}

/// What a server sent cannot speak to the terminal: control characters are written out.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => out.push(' '),
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}
