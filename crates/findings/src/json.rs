//! The report for programs. Members are added, never renamed.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::finding::{Affected, Finding};
use crate::fingerprint::Fingerprints;
use crate::report::{Case, Report, Suite};

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let suites: Vec<Value> = report
        .suites
        .iter()
        .map(|suite| {
            let cases: Vec<Value> = suite
                .cases
                .iter()
                .map(|case| write_case(report, suite, case, &mut fingerprints))
                .collect();
            json!({"name": suite.name, "cases": cases})
        })
        .collect();
    let total = report.total();
    let value = json!({
        "tool": report.tool,
        "passed": total.passed,
        "failed": total.failed,
        "findings": total.findings,
        "suppressed": total.suppressed,
        "suites": suites,
    });
    writeln!(output, "{value:#}")
}

fn write_case(
    report: &Report,
    suite: &Suite,
    case: &Case,
    fingerprints: &mut Fingerprints,
) -> Value {
    let mut finding = |finding: &Finding| {
        json!({
            "rule": finding.rule.id,
            "level": finding.level.as_str(),
            "message": finding.message,
            "evidence": finding.evidence,
            "fix": finding.fix,
            "affects": finding.affects.map(Affected::as_str),
            "fingerprint": fingerprints.of(suite, case, finding),
            "file": finding.place.as_ref().unwrap_or(&case.place).file,
            "line": finding.place.as_ref().unwrap_or(&case.place).line,
        })
    };
    let findings: Vec<Value> = case.findings.iter().map(&mut finding).collect();
    let suppressed: Vec<Value> = case
        .suppressed
        .iter()
        .map(|(found, reason)| {
            let mut value = finding(found);
            value["reason"] = json!(reason);
            value
        })
        .collect();
    json!({
        "name": case.name,
        "file": case.place.file,
        "line": case.place.line,
        "outcome": if report.fails(case) { "failed" } else { "passed" },
        "took_ms": u64::try_from(case.took.as_millis()).unwrap_or(u64::MAX),
        "findings": findings,
        "suppressed": suppressed,
    })
}
