//! Alerts in plain words, with numbers.

use std::collections::BTreeMap;

use alert::{AlertText, Graded, Reason, Transition, Witnesses};
use slo::{Judgement, RowReading, Rule, Severity};
use store::SliFilter;

use crate::Reading;
use crate::numbers::{count, lasts, many, percent, share};

/// Everything that is known about an alert.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) rule: &'a Rule,
    pub(crate) judgement: &'a Judgement,
    /// The transition that is told; none for how it stands.
    pub(crate) transition: Option<Transition>,
    /// What is left of the severity, where a page was wanted.
    pub(crate) graded: Option<(Graded, Witnesses)>,
    pub(crate) severity: Severity,
    pub(crate) external_url: &'a str,
}

impl Facts<'_> {
    /// What is said.
    pub(crate) fn words(&self) -> AlertText {
        let url = dashboard_url(self.external_url, &self.filter());
        let slo = &self.reading.slo;
        let annotations = [
            ("summary", self.summary()),
            ("description", self.description()),
            ("next_steps", slo.sli.definition().next_steps.to_owned()),
            ("runbook_url", slo.runbook.clone()),
            ("dashboard_url", url.clone()),
        ];
        AlertText::new(self.labels(), annotations, url)
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
        if let Some(Transition::Resolved(reason)) = self.transition {
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
        let mut text = self.measured_now();
        push(&mut text, &self.left());
        push(&mut text, &undecided(self.reading));
        if let (true, Some((_, witnesses))) = (self.is_suspicious(), self.graded) {
            let (sessions, networks) = (witnesses.sessions, witnesses.networks);
            push(
                &mut text,
                &format!(
                    "Only {} in {} of {} saw it, so the reports may be forged: a ticket instead of a page.",
                    many(sessions, "page load"),
                    many(networks, "known network"),
                    count(witnesses.all_networks),
                ),
            );
        }
        text
    }

    /// What the worst row measures, in sentences.
    pub(crate) fn measured_now(&self) -> String {
        self.worst()
            .map(|row| self.measured(row))
            .unwrap_or_default()
    }

    fn measured(&self, row: &RowReading) -> String {
        let slo = &self.reading.slo;
        let allowed = share(slo.objective.allowance());
        let burn = row.long_burn.unwrap_or(0.0);
        format!(
            "In the last {}, {} of {} {} ({}; {allowed} is allowed), in the last {} it was {} of {}. \
             Burn rate {burn:.1} (limit {:.1}).",
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

    /// How long the budget lasts, and what is left of it.
    pub(crate) fn left(&self) -> String {
        let slo = &self.reading.slo;
        let (window, text) = (slo.window, slo.window_text());
        let Some(budget) = self.reading.budget else {
            return match slo.calendar {
                Some(_) => format!("Nothing was measured in {text}."),
                None => format!("Nothing was measured in the last {text}."),
            };
        };
        let worst = self.worst();
        let burn = worst.and_then(|row| row.long_burn).unwrap_or(0.0);
        if budget.remaining <= 0.0 {
            // At this rate all of it goes within the long window: that is when it went.
            let within = worst.is_some_and(|row| slo::spent(burn, row.row.long, window) >= 1.0);
            return if within {
                format!(
                    "The budget for {text} was spent in {}.",
                    lasts(1.0 / burn, window)
                )
            } else {
                format!("The budget for {text} is exhausted.")
            };
        }
        let left = format!(
            "{:.0} % of the budget for {text} is left",
            budget.remaining * 100.0
        );
        if burn <= 1.0 || matches!(self.transition, Some(Transition::Resolved(_))) {
            return left + ".";
        }
        let lasts = lasts(budget.remaining / burn, window);
        format!("At this rate the budget is exhausted in {lasts}: {left}.")
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
        slo.window_text(),
        percent(band.low),
        percent(band.high),
    )
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
pub(crate) fn retired(mut words: AlertText, reason: Reason) -> AlertText {
    let text = format!("Resolved. {}", reason.in_words());
    for name in ["summary", "description"] {
        words.annotations.insert(name.to_owned(), text.clone());
    }
    words
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
