//! Alerts in plain words, with numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use alert::{Graded, Reason, Transition, Witnesses, Words};
use observation::Stage;
use slo::{Judgement, RowReading, Rule, Severity};
use store::{DiagnosisRow, Failure, SliFilter};

use crate::Reading;
use crate::numbers::{count, lasts, many, percent, share};

/// The annotation that tells what a replay showed.
pub(crate) const DIAGNOSIS: &str = "diagnosis";
/// Changes of a target that are told.
const TOLD_CHANGES: usize = 3;

/// Everything that is known about a transition.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) rule: &'a Rule,
    pub(crate) judgement: &'a Judgement,
    pub(crate) transition: Transition,
    /// What is left of the severity, where a page was wanted.
    pub(crate) graded: Option<(Graded, Witnesses)>,
    pub(crate) severity: Severity,
    pub(crate) culprit: Option<&'a Failure>,
    /// What replaying the culprit showed.
    pub(crate) diagnosis: Option<&'a DiagnosisRow>,
    pub(crate) external_url: &'a str,
}

impl Facts<'_> {
    /// What is said.
    pub(crate) fn words(&self) -> Words {
        let url = dashboard_url(self.external_url, &self.filter());
        let mut annotations = BTreeMap::new();
        let mut note = |name: &str, text: String| {
            if !text.is_empty() {
                annotations.insert(name.to_owned(), text);
            }
        };
        note("summary", self.summary());
        note("description", self.description());
        if let Some(diagnosis) = self.diagnosis {
            note(DIAGNOSIS, diagnosed(diagnosis));
            note("cause", diagnosis.cause.clone());
            note("fix", fix(diagnosis));
        }
        note(
            "next_steps",
            self.reading.slo.sli.definition().next_steps.to_owned(),
        );
        note("runbook_url", self.reading.slo.runbook.clone());
        note("dashboard_url", url.clone());
        Words {
            labels: self.labels(),
            annotations,
            url,
        }
    }

    fn filter(&self) -> SliFilter {
        self.reading.slo.filter_of(self.reading.group.as_deref())
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let slo = &self.reading.slo;
        let mut labels = slo.labels.clone();
        let filter = self.filter();
        let own = [
            (
                "alertname",
                format!("corswatch_{}_{}", slo.sli, self.rule.name),
            ),
            ("app", slo.app.clone()),
            ("slo", slo.name.clone()),
            ("sli", slo.sli.to_string()),
            ("rule", self.rule.name.clone()),
            ("severity", self.severity.to_string()),
            ("service", filter.service.unwrap_or_default()),
            ("endpoint", filter.endpoint.unwrap_or_default()),
            ("environment", filter.environment.unwrap_or_default()),
        ];
        let own = own.into_iter().filter(|(_, value)| !value.is_empty());
        labels.extend(own.map(|(name, value)| (name.to_owned(), value)));
        if self.is_suspicious() {
            labels.insert("suspicious_source".to_owned(), "true".to_owned());
        }
        labels
    }

    fn is_suspicious(&self) -> bool {
        self.severity < self.rule.severity && self.graded.is_some()
    }

    fn summary(&self) -> String {
        let slo = &self.reading.slo;
        let who = subject(self.reading);
        if let Transition::Resolved(reason) = self.transition {
            return format!("{who}: resolved. {}", reason.in_words());
        }
        let Some(row) = self.worst() else {
            return format!("{who}: {} is beyond its objective", slo.sli);
        };
        let suspicious = if self.is_suspicious() {
            " (suspicious source)"
        } else {
            ""
        };
        format!(
            "{who}: {} of {} {} in the last {}{suspicious}",
            percent(row.long),
            count(row.long.total),
            slo.sli.definition().subject,
            row.row.long,
        )
    }

    /// The row to speak of: the worst that is exceeded, or the first.
    fn worst(&self) -> Option<&RowReading> {
        self.judgement
            .worst()
            .or_else(|| self.judgement.rows.first())
    }

    fn description(&self) -> String {
        let mut text = String::new();
        if let Some(row) = self.worst() {
            push(&mut text, &self.measured(row));
        }
        push(&mut text, &self.left());
        push(&mut text, &undecided(self.reading));
        if matches!(self.transition, Transition::Resolved(_)) {
            return text;
        }
        if let Some(failure) = self.culprit {
            push(&mut text, &culprit(failure));
        }
        if let (true, Some((_, witnesses))) = (self.is_suspicious(), self.graded) {
            let Witnesses { sessions, networks } = witnesses;
            push(
                &mut text,
                &format!(
                    "Only {} in {} saw it, so the reports may be forged: a ticket instead of a page.",
                    many(sessions, "page load"),
                    many(networks, "known network"),
                ),
            );
        }
        text
    }

    fn measured(&self, row: &RowReading) -> String {
        let slo = &self.reading.slo;
        let allowed = share(slo.objective.allowance());
        let burn = row.long_burn.unwrap_or(0.0);
        format!(
            "In the last {}, {} of {} {} ({}; {allowed} is allowed), in the last {} it was {} of {}. \
             The error budget burns {burn:.1} times as fast as it may (limit {:.1}).",
            row.row.long,
            count(row.long.bad),
            count(row.long.total),
            slo.sli.definition().bad_events,
            percent(row.long),
            row.row.short,
            count(row.short.bad),
            count(row.short.total),
            row.row.burn,
        )
    }

    fn left(&self) -> String {
        let slo = &self.reading.slo;
        let Some(budget) = self.reading.budget else {
            return format!("Nothing was measured in the last {}.", slo.window);
        };
        if budget.remaining <= 0.0 {
            return format!(
                "The budget of {} for {} is spent {:.1} times over.",
                share(slo.objective.allowance()),
                slo.window,
                budget.consumed,
            );
        }
        let burn = self.worst().and_then(|row| row.long_burn).unwrap_or(0.0);
        let mut text = format!(
            "{:.0} % of the budget of {} is left",
            budget.remaining * 100.0,
            slo.window,
        );
        if burn > 0.0 && !matches!(self.transition, Transition::Resolved(_)) {
            let _ = write!(
                text,
                ", at this rate for {}",
                lasts(budget.remaining / burn, slo.window)
            );
        }
        text + "."
    }
}

fn push(text: &mut String, sentence: &str) {
    if !text.is_empty() && !sentence.is_empty() {
        text.push(' ');
    }
    text.push_str(sentence);
}

fn subject(reading: &Reading) -> String {
    let slo = &reading.slo;
    match (&reading.group, slo.group_by.label()) {
        (Some(group), Some(label)) if group.is_empty() => format!("{}, no {label}", slo.name),
        (Some(group), Some(label)) => format!("{}, {label} {group}", slo.name),
        _ => slo.name.clone(),
    }
}

fn undecided(reading: &Reading) -> String {
    let slo = &reading.slo;
    let Some(band) = slo.sli.band(&reading.sums, slo.filter.source) else {
        return String::new();
    };
    let undecided = band.high.bad - band.low.bad;
    if undecided == 0 {
        return String::new();
    }
    format!(
        "{} more failed for an unknown reason: with them the {} of {} lies between {} and {}.",
        count(undecided),
        slo.sli.as_str().replace('_', " "),
        slo.window,
        percent(band.low),
        percent(band.high),
    )
}

fn culprit(failure: &Failure) -> String {
    let mut text = format!(
        "Most often: {} {}{}",
        failure.method, failure.target_origin, failure.endpoint
    );
    if let Some(page) = failure.page_origins.first() {
        let _ = write!(text, " from {page}");
    }
    match failure.stage {
        Some(Stage::Preflight) => text.push_str(", at the preflight"),
        Some(Stage::Response) => text.push_str(", at the response"),
        Some(Stage::Redirect) => text.push_str(", at a redirect"),
        Some(Stage::Unknown) | None => {}
    }
    if !failure.cause.is_empty() {
        let _ = write!(text, ", {}", failure.cause);
    }
    if !failure.parameter.is_empty() {
        let _ = write!(text, ", headers: {}", failure.parameter);
    }
    let _ = write!(text, " ({} times).", count(failure.count));
    text
}

/// What a replay showed, in one paragraph.
fn diagnosed(row: &DiagnosisRow) -> String {
    let time = |at: observation::UnixMillis| {
        let at = UNIX_EPOCH + Duration::from_millis(at.0.max(0).unsigned_abs());
        humantime::format_rfc3339_seconds(at)
    };
    let mut text = format!(
        "{} Reproduced at {} with {} {} from {}. {}",
        row.explanation,
        time(row.at),
        row.signature.method,
        row.url,
        row.signature.page_origin,
        row.detail,
    );
    for change in row.changes.iter().take(TOLD_CHANGES) {
        let _ = write!(
            text,
            " Changed between {} and {}: {}.",
            time(change.from),
            time(change.to),
            change.what
        );
    }
    text
}

/// The first change that lets the request pass.
fn fix(row: &DiagnosisRow) -> String {
    let Some(fix) = row.fixes.first() else {
        return String::new();
    };
    if fix.header.is_empty() {
        return fix.change.clone();
    }
    format!("{}: {}. {}", fix.header, fix.value, fix.change)
}

/// The dashboard with the alert's filters; empty without an address.
pub(crate) fn dashboard_url(external_url: &str, filter: &SliFilter) -> String {
    let Ok(mut url) = url::Url::parse(external_url) else {
        return String::new();
    };
    let parts = [
        (
            "app",
            Some(filter.app.as_str()).filter(|app| !app.is_empty()),
        ),
        ("service", filter.service.as_deref()),
        ("environment", filter.environment.as_deref()),
        ("release", filter.release.as_deref()),
    ];
    for (name, value) in parts {
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url.to_string()
}

/// What is said when an alert ends because there is nothing left to measure it by.
pub(crate) fn retired(mut words: Words, reason: Reason) -> Words {
    let text = format!("Resolved. {}", reason.in_words());
    for name in ["summary", "description"] {
        words.annotations.insert(name.to_owned(), text.clone());
    }
    words
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
