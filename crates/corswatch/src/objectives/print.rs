//! Objectives and reports, written for people and machines.

use aggregator::{Firing, Report, Slo, SloSummary};
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
    let counts = |alert: &&Firing| exit == Some(ExitOn::Ticket) || alert.severity == Severity::Page;
    let failing = |slo: &SloSummary| -> Vec<&Firing> {
        let own = report.alerts.iter().filter(|alert| alert.slo == slo.name);
        own.filter(counts).collect()
    };
    let failures = report
        .slos
        .iter()
        .filter(|slo| !failing(slo).is_empty())
        .count();
    let tests = report.slos.len();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"corswatch slo backtest\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n  \
         <testsuite name=\"{} to {}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n",
        report.from, report.to
    );
    for slo in &report.slos {
        let name = findings::xml(&slo.name);
        out.push_str(&format!(
            "    <testcase name=\"{name}\" classname=\"{}\"",
            findings::xml(&slo.app)
        ));
        let alerts = failing(slo);
        if alerts.is_empty() {
            out.push_str("/>\n");
            continue;
        }
        let lines: Vec<_> = alerts.iter().map(|alert| line(alert)).collect();
        out.push_str(&format!(
            ">\n      <failure message=\"{} alerts would have fired\" type=\"alert\">{}</failure>\n    </testcase>\n",
            alerts.len(),
            findings::xml(&lines.join("\n"))
        ));
    }
    out.push_str("  </testsuite>\n</testsuites>");
    out
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
