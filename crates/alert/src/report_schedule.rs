//! When reports are sent, and to whom.

use std::collections::BTreeSet;

use observation::{UnixMillis, vocabulary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problems;
use slo::{Calendar, Period, Zone};

use crate::TimeOfDay;

/// Schedules at most.
const MAX_SCHEDULES: usize = 100;

vocabulary! {
    /// What a report is about.
    #[derive(Default, JsonSchema)]
    ReportPeriod {
        /// From Monday to Sunday; sent on the Monday after it.
        #[default]
        Week => "week",
        /// Sent on the first of the next one.
        Month => "month",
    }
}

/// A report that is sent by mail again and again.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// The app that it is about.
    pub app: String,
    /// `week`: from Monday to Sunday, sent on the Monday after it; `month`: sent on the first of the next one.
    pub period: ReportPeriod,
    /// Time of that day at which it is sent: `08:00`.
    pub at: String,
    /// Where that time is read, and where weeks and months begin.
    pub time_zone: Zone,
    /// Names of `[[alert.email]]` that it is sent to; all of them where left out.
    pub receivers: Vec<String>,
}

impl Default for ReportConfig {
    fn default() -> Self {
        Self {
            app: String::new(),
            period: ReportPeriod::default(),
            at: "08:00".to_owned(),
            time_zone: Zone::default(),
            receivers: Vec::new(),
        }
    }
}

/// A report whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueReport {
    /// Since when it is due.
    pub at: UnixMillis,
    /// Start of what it is about.
    pub from: UnixMillis,
    /// Its end.
    pub to: UnixMillis,
}

impl ReportConfig {
    /// The latest report that is due at `now`; none where the time of day cannot be read.
    #[must_use]
    pub fn due(&self, now: UnixMillis) -> Option<DueReport> {
        let time: TimeOfDay = self.at.parse().ok()?;
        let calendar = self.calendar();
        let mut to = calendar.begins_at(now);
        let mut at = calendar.time_of_day(to, time.minutes());
        if at > now {
            to = calendar.begins_at(to.plus(-1));
            at = calendar.time_of_day(to, time.minutes());
        }
        let from = calendar.begins_at(to.plus(-1));
        Some(DueReport { at, from, to })
    }

    /// What it is called: names all that tells it from another report, app, period, the first day of what it is about,
    /// and the time zone of that day where it is not UTC.
    #[must_use]
    pub fn title(&self, due: DueReport) -> String {
        let day = self.calendar().day(due.from);
        let title = format!("CORS of {}: {} of {day}", self.app, self.period);
        if self.time_zone == Zone::default() {
            title
        } else {
            format!("{title} ({})", self.time_zone)
        }
    }

    const fn calendar(&self) -> Calendar {
        Calendar {
            period: match self.period {
                ReportPeriod::Week => Period::Week,
                ReportPeriod::Month => Period::Month,
            },
            time_zone: self.time_zone,
        }
    }
}

pub(crate) fn problems(reports: &[ReportConfig], mails: &[String], problems: &mut Problems<'_>) {
    if reports.len() > MAX_SCHEDULES {
        let reason = format!("at most {MAX_SCHEDULES}");
        problems.report("reports", reports.len(), reason);
    }
    let names: BTreeSet<&str> = mails.iter().map(String::as_str).collect();
    let listed = names.iter().copied().collect::<Vec<_>>().join(", ");
    for (at, report) in reports.iter().enumerate() {
        let mut problems = problems.section(format!("reports[{at}]"));
        if report.app.is_empty() {
            problems.report("app", "", "the name of an app");
        }
        if let Err(reason) = report.at.parse::<TimeOfDay>() {
            let reason = reason.to_string().replace(" in UTC", "");
            problems.report("at", &report.at, reason);
        }
        if names.is_empty() {
            let reason = "none is configured; add one: `[[alert.email]]`";
            problems.report("receivers", "", reason);
        }
        for receiver in &report.receivers {
            if !names.contains(receiver.as_str()) && !names.is_empty() {
                let reason = format!("the name of an `[[alert.email]]`: {listed}");
                problems.report("receivers", receiver, reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
        UnixMillis(time.timestamp_millis())
    }

    #[test]
    fn a_report_is_due_at_its_time_of_the_first_day_after_what_it_is_about() {
        for (period, now, due, from, to) in [
            // A Wednesday, and the Monday itself before and at the time.
            (
                "week",
                "2026-11-25T12:00:00Z",
                "2026-11-23T07:00:00Z",
                "2026-11-15T23:00:00Z",
                "2026-11-22T23:00:00Z",
            ),
            (
                "week",
                "2026-11-23T06:59:59Z",
                "2026-11-16T07:00:00Z",
                "2026-11-08T23:00:00Z",
                "2026-11-15T23:00:00Z",
            ),
            (
                "week",
                "2026-11-23T07:00:00Z",
                "2026-11-23T07:00:00Z",
                "2026-11-15T23:00:00Z",
                "2026-11-22T23:00:00Z",
            ),
            // A week in which clocks are set back, and the month of it.
            (
                "week",
                "2026-10-26T09:00:00Z",
                "2026-10-26T07:00:00Z",
                "2026-10-18T22:00:00Z",
                "2026-10-25T23:00:00Z",
            ),
            (
                "month",
                "2026-11-29T12:00:00Z",
                "2026-11-01T07:00:00Z",
                "2026-09-30T22:00:00Z",
                "2026-10-31T23:00:00Z",
            ),
            (
                "month",
                "2026-01-01T06:00:00Z",
                "2025-12-01T07:00:00Z",
                "2025-10-31T23:00:00Z",
                "2025-11-30T23:00:00Z",
            ),
        ] {
            let config = ReportConfig {
                app: "shop".to_owned(),
                period: period.parse().expect("a period"),
                time_zone: "Europe/Berlin".to_owned().try_into().expect("a zone"),
                ..ReportConfig::default()
            };
            let wanted = DueReport {
                at: at(due),
                from: at(from),
                to: at(to),
            };
            assert_eq!(config.due(at(now)), Some(wanted), "{period} {now}");
        }
    }

    #[test]
    fn its_title_has_the_day_as_people_there_say_it_and_tells_it_from_those_of_other_time_zones() {
        for (zone, title) in [
            (
                "Europe/Berlin",
                "CORS of shop: week of 2026-11-16 (Europe/Berlin)",
            ),
            (
                "America/Lima",
                "CORS of shop: week of 2026-11-16 (America/Lima)",
            ),
            ("UTC", "CORS of shop: week of 2026-11-16"),
        ] {
            let config = ReportConfig {
                app: "shop".to_owned(),
                time_zone: zone.to_owned().try_into().expect("a zone"),
                ..ReportConfig::default()
            };
            let due = config.due(at("2026-11-25T12:00:00Z")).expect("due");
            assert_eq!(config.title(due), title);
        }
    }

    #[test]
    fn every_mistake_is_reported_together() {
        let wrong = ReportConfig {
            at: "8".to_owned(),
            receivers: vec!["nobody".to_owned()],
            ..ReportConfig::default()
        };
        let reported = |mails: &[String]| {
            let mut found = Vec::new();
            problems(
                std::slice::from_ref(&wrong),
                mails,
                &mut Problems::at("alert", &mut found),
            );
            let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
            texts.join("\n")
        };
        let all = reported(&["mail".to_owned()]);
        for part in [
            "reports[0].app",
            "reports[0].at",
            "reports[0].receivers",
            "nobody",
            "mail",
        ] {
            assert!(all.contains(part), "{part}: {all}");
        }
        assert!(
            reported(&[]).contains("[[alert.email]]"),
            "{}",
            reported(&[])
        );
    }
}
