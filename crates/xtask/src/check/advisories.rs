//! Known weaknesses of npm packages, as the registry tells them. Those of crates are told by cargo-deny in the
//! workflow: its database is a download.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::{shell, workspace};

/// From this severity on a weakness is a problem.
const SEVERITIES: [&str; 3] = ["moderate", "high", "critical"];

/// What the registry said about the packages of a lock file.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// Weaknesses, one a line; none where there is nothing to do.
    Known(Vec<String>),
    /// Nothing: it cannot be reached, or has no such service. Why.
    Silent(String),
}

/// Every weakness of a package that is used. A registry that cannot be asked (offline, a mirror without this
/// service) is said, and no problem: the packages are those of the lock files all the same.
pub(super) fn problems() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for folder in workspace::npm_packages()? {
        let lock = workspace::root().join(&folder).join("package-lock.json");
        if !lock.exists() {
            continue;
        }
        let mut audit = shell::npm(&folder, ["audit", "--json", "--package-lock-only"]);
        let output = audit.stderr(Stdio::null()).output().context("npm audit")?;
        match answer(&String::from_utf8_lossy(&output.stdout)) {
            Answer::Known(found) => {
                problems.extend(found.into_iter().map(|one| format!("{folder}: {one}")));
            }
            Answer::Silent(why) => eprintln!("    {folder}: the registry was not asked: {why}"),
        }
    }
    Ok(problems)
}

/// Reads what `npm audit --json` prints.
fn answer(text: &str) -> Answer {
    let report: Value = serde_json::from_str(text).unwrap_or_default();
    let Some(packages) = report["vulnerabilities"].as_object() else {
        let why = report["message"]
            .as_str()
            .or(report["error"]["summary"].as_str());
        let why = why.filter(|why| !why.is_empty());
        return Answer::Silent(why.unwrap_or("npm audit printed no report").to_owned());
    };
    let weak = packages.iter().filter_map(|(name, about)| {
        let severity = about["severity"].as_str()?;
        if !SEVERITIES.contains(&severity) {
            return None;
        }
        let titles = about["via"]
            .as_array()?
            .iter()
            .filter_map(|via| via["title"].as_str());
        let titles: Vec<&str> = titles.collect();
        Some(format!("{name}: {severity}: {}", titles.join("; ")))
    });
    let mut weak: Vec<String> = weak.collect();
    weak.sort();
    Answer::Known(weak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weakness_is_told_from_a_registry_that_does_not_answer() {
        let weak = r#"{"auditReportVersion": 2, "vulnerabilities": {
            "left": {"severity": "high", "via": [{"title": "Prototype pollution"}]},
            "above": {"severity": "high", "via": ["left"]},
            "small": {"severity": "low", "via": [{"title": "Slow"}]}
        }}"#;
        let known = ["above: high: ", "left: high: Prototype pollution"].map(str::to_owned);
        for (text, expected) in [
            (weak, Answer::Known(known.to_vec())),
            (
                r#"{"auditReportVersion": 2, "vulnerabilities": {}}"#,
                Answer::Known(Vec::new()),
            ),
            (
                r#"{"message": "405 Method Not Allowed", "error": {"summary": ""}}"#,
                Answer::Silent("405 Method Not Allowed".to_owned()),
            ),
            (
                r#"{"error": {"summary": "request failed, reason: getaddrinfo ENOTFOUND"}}"#,
                Answer::Silent("request failed, reason: getaddrinfo ENOTFOUND".to_owned()),
            ),
            ("", Answer::Silent("npm audit printed no report".to_owned())),
        ] {
            assert_eq!(answer(text), expected, "{text}");
        }
    }
}
