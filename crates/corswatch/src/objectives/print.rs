//! Objectives and reports, written for people and machines.

use aggregator::{Firing, Report, Slo, SloSummary};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use serde_json::json;
use slo::Severity;

use crate::cli::ExitOn;

pub(super) fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report is plain data")
}

pub(super) fn text(report: &Report) {
    say!("Replayed {} to {}", report.from, report.to);
    for note in &report.notes {
        say!("note: {note}");
    }
    say!(
        "{} pages and {} tickets would have fired",
        report.pages,
        report.tickets
    );
    for alert in &report.alerts {
        say!("  {}", line(alert));
    }
    say!("\nOBJECTIVE\tBAD\tEVENTS\tBUDGET SPENT\tPAGES\tTICKETS");
    for slo in &report.slos {
        let spent = slo
            .budget_consumed
            .map_or_else(|| "no events".to_owned(), percent);
        say!(
            "{}\t{}\t{}\t{spent} of {}\t{}\t{}",
            printable::line(&slo.name),
            slo.bad,
            slo.total,
            slo.window,
            slo.pages,
            slo.tickets
        );
    }
}

fn line(alert: &Firing) -> String {
    let group = alert
        .group
        .as_ref()
        .map(|group| format!(" ({})", printable::line(group)));
    let end = match &alert.resolved_at {
        Some(at) => format!("until {at}"),
        None => "still firing at the end".to_owned(),
    };
    let start = if alert.from_the_start {
        " or earlier"
    } else {
        ""
    };
    format!(
        "{} {} {}{}: from {}{start} {end}, {}; burn rate {:.1} in {} ({} of {} events); budget {} spent, {} at its end",
        alert.severity,
        printable::line(&alert.slo),
        alert.rule,
        group.unwrap_or_default(),
        alert.fired_at,
        lasted(alert.lasted_seconds),
        alert.burn_rate,
        alert.long,
        alert.bad,
        alert.total,
        percent(alert.budget_consumed),
        percent(alert.budget_consumed_at_end),
    )
}

fn lasted(seconds: i64) -> String {
    let span = settings::Span::secs(seconds.max(0).unsigned_abs());
    format!("for {span}")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A case for each objective; it fails where an alert of the severity that `exit` names would have fired, or a
/// page where none is named.
pub(super) fn junit(report: &Report, exit: Option<ExitOn>) -> String {
    let mut suite = TestSuite::new(format!("{} to {}", report.from, report.to));
    suite.add_test_cases(report.slos.iter().map(|slo| test_case(report, slo, exit)));
    let mut junit = quick_junit::Report::new("corswatch slo backtest");
    junit.add_test_suite(suite);
    let text = junit.to_string().expect("memory takes it");
    text.trim_end().to_owned()
}

fn test_case(report: &Report, slo: &SloSummary, exit: Option<ExitOn>) -> TestCase {
    let counts = |alert: &&Firing| exit == Some(ExitOn::Ticket) || alert.severity == Severity::Page;
    let own = report.alerts.iter().filter(|alert| alert.slo == slo.name);
    let lines: Vec<_> = own.filter(counts).map(line).collect();
    let mut status = TestCaseStatus::success();
    if !lines.is_empty() {
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_message(format!("{} alerts would have fired", lines.len()))
            .set_type("alert")
            .set_description(lines.join("\n"));
    }
    let mut case = TestCase::new(printable::line(&slo.name), status);
    case.set_classname(printable::line(&slo.app));
    case
}

pub(super) fn objectives_json(slos: &[Slo]) -> String {
    let slos: Vec<_> = slos
        .iter()
        .map(|slo| {
            json!({
                "name": slo.name,
                "app": slo.app,
                "sli": slo.sli,
                "objective": slo.objective.share(),
                "window": slo.window,
                "calendar": slo.calendar,
                "group_by": slo.group_by,
                "rules": slo.rules,
                "guards": slo.guards,
                "runbook": slo.runbook,
                "labels": slo.labels,
            })
        })
        .collect();
    serde_json::to_string_pretty(&slos).expect("plain data")
}

pub(super) fn objectives_text(slos: &[Slo]) {
    for slo in slos {
        say!(
            "{} ({}): {} of {} over {}",
            printable::line(&slo.name),
            printable::line(&slo.app),
            slo.objective,
            slo.sli,
            match slo.calendar {
                Some(calendar) => format!("each {calendar}"),
                None => slo.window.to_string(),
            }
        );
        for rule in &slo.rules {
            for row in &rule.rows {
                say!(
                    "  {} {}: {:.2} times in {} and {}",
                    rule.severity,
                    rule.name,
                    row.burn,
                    row.long,
                    row.short
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(severity: &str) -> Report {
        let report = json!({
            "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z",
            "pages": 0, "tickets": 0, "notes": [],
            "slos": [
                {"name": "quiet", "app": "shop", "sli": "block_rate", "objective": 0.999, "window": "30d",
                 "bad": 0, "total": 9, "budget_consumed": 0.0, "pages": 0, "tickets": 0},
                {"name": "burns", "app": "<shop>", "sli": "block_rate", "objective": 0.999, "window": "30d",
                 "bad": 9, "total": 9, "budget_consumed": 1.0, "pages": 0, "tickets": 0},
            ],
            "alerts": [
                {"slo": "burns", "app": "<shop>", "sli": "block_rate", "rule": "fast", "group": "\u{1b}[2J & co",
                 "severity": severity, "fired_at": "2026-01-01T01:00:00Z", "from_the_start": false,
                 "escalated_at": null, "resolved_at": null, "lasted_seconds": 60, "long": "1h",
                 "burn_rate": 14.4, "bad": 9, "total": 9, "budget_consumed": 0.1,
                 "budget_consumed_at_end": 0.2, "support": "counted"},
            ],
        });
        serde_json::from_value(report).expect("a report")
    }

    #[test]
    fn a_case_of_junit_fails_where_an_alert_that_counts_would_have_fired() {
        for (severity, exit, failures) in [
            ("page", None, 1),
            ("ticket", None, 0),
            ("ticket", Some(ExitOn::Page), 0),
            ("ticket", Some(ExitOn::Ticket), 1),
        ] {
            let text = junit(&report(severity), exit);
            let read = quick_junit::Report::deserialize_from_str(&text).expect("JUnit");
            assert_eq!(
                (read.tests, read.failures),
                (2, failures),
                "{severity} {text}"
            );
            let cases = &read.test_suites[0].test_cases;
            assert_eq!(
                cases[1].classname.as_ref().map(|name| name.as_str()),
                Some("<shop>")
            );
            assert_eq!(
                text.contains("(\\u{1b}[2J &amp; co)"),
                failures == 1,
                "{text}"
            );
        }
    }
}
