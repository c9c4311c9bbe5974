//! An incident as the first draft of a post-mortem.

use std::fmt::Write as _;

use crate::suspect::suspected;
use crate::view::Detail;

/// The document. Text of pages and servers is data in it: nothing of it is read as markup.
#[must_use]
pub fn markdown(detail: &Detail) -> String {
    let listed = &detail.listed;
    let mut text = format!("# {}\n\n", plain(&listed.title));
    let _ = writeln!(text, "{}\n", plain(&detail.description));
    facts(&mut text, detail);
    if let Some(impact) = &listed.impact {
        let _ = writeln!(text, "## Impact\n\n{}\n", plain(&impact.text));
        list(&mut text, "Endpoints", &listed.endpoints);
        list(&mut text, "Pages", &detail.evidence.page_origins);
        list(&mut text, "Affected", &detail.evidence.affected);
        list(&mut text, "Still healthy", &detail.evidence.healthy);
    }
    cause(&mut text, detail);
    changes(&mut text, detail);
    let _ = writeln!(text, "## Timeline\n\n| time | what | |\n|---|---|---|");
    for entry in &detail.timeline {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            entry.at,
            entry.what,
            plain(&entry.text)
        );
    }
    notifications(&mut text, detail);
    let _ = writeln!(
        text,
        "\n## Alerts\n\n| app | objective | rule | severity | since | measured |\n|---|---|---|---|---|---|"
    );
    for alert in &listed.alerts {
        let cells = [
            &alert.app,
            &alert.slo,
            &alert.rule,
            &alert.severity,
            &alert.since,
            &alert.measured,
        ];
        let cells: Vec<_> = cells.iter().map(|cell| plain(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    gap(&mut text, detail);
    let _ = writeln!(text, "\n## Steps\n");
    for step in &detail.runbook {
        let tick = if step.done { "x" } else { " " };
        let _ = writeln!(text, "- [{tick}] {}", plain(&step.text));
    }
    text
}

fn facts(text: &mut String, detail: &Detail) {
    let listed = &detail.listed;
    let closed = match (&listed.closed_at, &listed.closed_as) {
        (Some(at), Some(how)) => format!("{at} ({how})"),
        _ => "still open".to_owned(),
    };
    let _ = writeln!(text, "| | |\n|---|---|");
    let times = &detail.times;
    let optional = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    for (name, value) in [
        ("id", listed.id.clone()),
        ("severity", listed.severity.clone()),
        ("apps", listed.apps.join(", ")),
        ("service", optional(&listed.service)),
        ("owner", optional(&listed.owner)),
        ("opened", listed.opened_at.clone()),
        ("closed", closed),
        ("time to detect", times.to_detect.clone()),
        ("time to page", optional(&times.to_notify)),
        ("time to fix", optional(&times.to_fix)),
        ("previous incident", optional(&detail.previous)),
    ] {
        let _ = writeln!(text, "| {name} | {} |", plain(&value));
    }
    text.push('\n');
}

fn cause(text: &mut String, detail: &Detail) {
    text.push_str("## Cause\n\n");
    let Some(cause) = &detail.listed.cause else {
        text.push_str("No replay reproduced the failure.\n\n");
        return;
    };
    let parameter = detail.listed.parameter.as_deref().unwrap_or_default();
    let _ = writeln!(
        text,
        "{} {}\n\n{}\n",
        plain(cause),
        plain(parameter),
        plain(&detail.evidence.diagnosis)
    );
    if !detail.evidence.headers.is_empty() {
        text.push_str("The answer that decided:\n\n");
        for header in &detail.evidence.headers {
            let _ = writeln!(text, "    {}", printable::line(header));
        }
        text.push('\n');
    }
    if !detail.evidence.fix.is_empty() {
        let _ = writeln!(text, "Fix: {}\n", plain(&detail.evidence.fix));
    }
    for change in &detail.evidence.changes {
        let _ = writeln!(text, "Between {} and {}:\n", change.from, change.to);
        for (sign, value) in [('-', &change.before), ('+', &change.after)] {
            if !value.is_empty() {
                let line = printable::line(value);
                let _ = writeln!(
                    text,
                    "    {sign} {}: {line}",
                    printable::line(&change.header)
                );
            }
        }
        text.push('\n');
    }
}

fn changes(text: &mut String, detail: &Detail) {
    text.push_str("## Changes\n\n");
    if detail.listed.suspects.is_empty() {
        text.push_str("No change that is known explains it.\n\n");
        return;
    }
    text.push_str("| likely | kind | change | at | why | undo |\n|---|---|---|---|---|---|\n");
    for suspect in &detail.listed.suspects {
        let _ = writeln!(
            text,
            "| {:.0} % | {} | {} | {} | {} | {} |",
            suspect.score * 100.0,
            suspect.kind,
            plain(suspected(&suspect.id)),
            suspect.at,
            plain(&suspect.why),
            plain(&suspect.undo)
        );
    }
    text.push('\n');
}

fn notifications(text: &mut String, detail: &Detail) {
    let notified = detail
        .timeline
        .iter()
        .filter(|entry| entry.what == "notified")
        .count();
    let _ = writeln!(text, "\nReceivers were told {notified} times.");
}

/// What would have shown it earlier.
fn gap(text: &mut String, detail: &Detail) {
    text.push_str("\n## Coverage\n\n");
    let missing = if detail.listed.cause.is_none() {
        "No replay reproduced it: allow the target in `prober.services`, so that the next page names the rule. "
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "{missing}It was found by what users met. A contract for these endpoints (`corswatch check`) in the pipeline, \
         or a scheduled test, would show it before: {}.",
        plain(&detail.listed.endpoints.join(", "))
    );
}

fn list(text: &mut String, name: &str, values: &[String]) {
    if values.is_empty() {
        return;
    }
    let _ = writeln!(text, "{name}:\n");
    for value in values {
        let _ = writeln!(text, "- {}", plain(value));
    }
    text.push('\n');
}

/// One line in which no character is markup.
#[must_use]
pub fn unmarked(text: &str) -> String {
    plain(text)
}

fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in printable::line(text).chars() {
        if "\\`*_[]<>|#!".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers_is_no_markup() {
        for (text, expect) in [
            ("PUT /cart/:id", "PUT /cart/:id"),
            ("[x](javascript:1)", "\\[x\\](javascript:1)"),
            ("<script>|", "\\<script\\>\\|"),
            ("![a](b)", "\\!\\[a\\](b)"),
        ] {
            assert_eq!(plain(text), expect);
        }
        assert!(!plain("a\nb").contains('\n'));
    }
}
