//! The report as workflow commands of GitHub Actions, which mark the lines of a change
//! (<https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>).

use std::io::{self, Write};

use crate::finding::Level;
use crate::report::Report;

/// GitHub shows ten of a kind a step; the rest would only fill the log.
const MAX_ANNOTATIONS: usize = 50;

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    let mut found: Vec<_> = report
        .cases()
        .flat_map(|(_, case)| case.findings.iter().map(move |finding| (case, finding)))
        .collect();
    found.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.level));
    for (case, finding) in found.iter().take(MAX_ANNOTATIONS) {
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let place = finding.place.as_ref().unwrap_or(&case.place);
        let mut message = finding.message.clone();
        if let Some(affected) = finding.affects {
            message.push_str("\n(");
            message.push_str(affected.text());
            message.push(')');
        }
        for fix in &finding.fix {
            message.push_str("\nfix: ");
            message.push_str(fix);
        }
        writeln!(
            output,
            "::{command} file={},line={},title={}::{}",
            property(&place.file),
            place.line,
            property(&format!("{}: {}", finding.rule.id, case.name)),
            data(&message)
        )?;
    }
    if let Some(more @ 1..) = found.len().checked_sub(MAX_ANNOTATIONS) {
        writeln!(output, "{more} more findings are not annotated")?;
    }
    let total = report.total();
    writeln!(output, "{} passed, {} failed", total.passed, total.failed)
}

/// The text behind `::`: what would end the line is escaped, so that no server writes a command, and
/// what is hidden is written out.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable::line).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property: also what would end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
