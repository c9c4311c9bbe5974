//! The report as SARIF 2.1.0, with what GitHub's code scanning asks for beyond the format: a rule
//! with texts for each result, a location inside the repository, and a fingerprint
//! (<https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>).

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::finding::{Finding, Rule, SourceLocation};
use crate::fingerprint::Fingerprints;
use crate::report::{Case, Report};

/// GitHub takes no more results of one run.
const MAX_SARIF_RESULTS: usize = 25_000;

pub(crate) fn write(report: &Report, output: &mut impl Write) -> io::Result<()> {
    let mut fingerprints = Fingerprints::default();
    let mut results = Vec::new();
    // What someone decided to live with is left out: code scanning would raise an alert for it.
    for (suite, case) in report.cases() {
        for finding in &case.findings {
            let fingerprint = fingerprints.of(suite, case, finding);
            results.push((finding.level, result(report, case, finding, &fingerprint)));
        }
    }
    // Over the limit the worst are kept.
    results.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
    let results: Vec<Value> = results
        .into_iter()
        .take(MAX_SARIF_RESULTS)
        .map(|(_, r)| r)
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "corswatch",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": report.rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("corswatch/{}/", report.tool)},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    writeln!(output, "{log:#}")
}

fn rule(rule: &Rule) -> Value {
    let mut properties = json!({"tags": ["cors"], "precision": "high"});
    if let Some(score) = rule.security {
        properties["tags"] = json!(["cors", "security"]);
        properties["security-severity"] = json!(score);
    }
    json!({
        "id": rule.id,
        "name": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": rule.description},
        "defaultConfiguration": {"level": rule.level.as_str()},
        "properties": properties,
    })
}

fn result(report: &Report, case: &Case, finding: &Finding, fingerprint: &str) -> Value {
    let index = report
        .rules
        .iter()
        .position(|rule| rule.id == finding.rule.id);
    let mut text = format!("{}: {}", case.name, finding.message);
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
        text.push_str("\nFix: ");
        text.push_str(fix);
    }
    let mut result = json!({
        "ruleId": finding.rule.id,
        "level": finding.level.as_str(),
        "message": {"text": text},
        "locations": [location(finding.place.as_ref().unwrap_or(&case.place))],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    result
}

/// A path from the root of the repository: GitHub refuses a location that is an http URL.
fn location(place: &SourceLocation) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": reference(&place.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": place.line.max(1)},
    }})
}

/// A path as a relative URI reference (RFC 3986, section 4.2): a colon in the first segment would
/// make it absolute.
fn reference(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
