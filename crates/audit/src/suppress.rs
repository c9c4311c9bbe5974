//! Findings that someone decided to live with: until a day, for a reason.

use findings::{Case, Finding};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::value::Datetime;

use crate::rules::{self, RULES};

/// A day of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: i64,
    month: u8,
    day: u8,
}

impl Day {
    /// The day of a moment, given in milliseconds since 1970.
    #[must_use]
    pub fn of_unix_millis(millis: i64) -> Self {
        // Days to a date of the proleptic Gregorian calendar, counted in eras of 400 years that
        // start in March (H. Hinnant, "chrono-compatible low-level date algorithms").
        let days = millis.div_euclid(86_400_000) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let small = |number: i64| u8::try_from(number).expect("a month or a day");
        Self {
            year,
            month: small(month),
            day: small(day),
        }
    }

    fn of(datetime: &Datetime) -> Option<Self> {
        let date = datetime.date?;
        Some(Self {
            year: i64::from(date.year),
            month: date.month,
            day: date.day,
        })
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSuppression {
    rule: Spanned<String>,
    url: String,
    reason: Spanned<String>,
    until: Spanned<Datetime>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Suppression {
    rule: String,
    url: String,
    reason: String,
    until: Day,
}

/// What someone decided to live with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppressions(Vec<Suppression>);

impl Suppressions {
    /// Reads a file of `[[suppress]]` tables.
    ///
    /// # Errors
    /// Everything that is wrong, each with its line, beside what can be read.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<(usize, String)>) {
        let line = |at: usize| {
            1 + text.as_bytes()[..at.min(text.len())]
                .iter()
                .filter(|b| **b == b'\n')
                .count()
        };
        let (root, errors) = DeTable::parse_recoverable(text);
        let mut problems: Vec<(usize, String)> = errors
            .iter()
            .map(|error| {
                (
                    line(error.span().unwrap_or_default().start),
                    error.message().replace('\n', " "),
                )
            })
            .collect();
        let mut read = Self::default();
        if !problems.is_empty() {
            return (read, problems);
        }
        let mut table = root.into_inner();
        let tables = match table.remove("suppress").map(Spanned::into_inner) {
            Some(DeValue::Array(tables)) => tables,
            Some(_) => {
                return (
                    read,
                    vec![(
                        1,
                        "`suppress` is a list of tables: `[[suppress]]`".to_owned(),
                    )],
                );
            }
            None => Default::default(),
        };
        for (key, _) in &table {
            problems.push((
                line(key.span().start),
                format!(
                    "unknown field `{}`: only `[[suppress]]` stands here",
                    key.get_ref()
                ),
            ));
        }
        for table in tables {
            let start = table.span().start;
            let written =
                RawSuppression::deserialize(ValueDeserializer::from(table)).map_err(|error| {
                    (
                        error.span().map_or(start, |span| span.start),
                        error.message().replace('\n', " "),
                    )
                });
            match written.and_then(Suppression::read) {
                Ok(suppression) => read.0.push(suppression),
                Err((at, reason)) => problems.push((line(at), reason)),
            }
        }
        problems.sort();
        (read, problems)
    }

    /// Takes what is suppressed out of the findings of a case about `url`. An expired suppression
    /// suppresses nothing and is a finding itself.
    pub fn apply(&self, case: &mut Case, url: &str, today: Day) {
        let mut expired: Vec<&Suppression> = Vec::new();
        let all = std::mem::take(&mut case.findings);
        for finding in all {
            let matching = |s: &&Suppression| s.rule == finding.rule.id && matches(&s.url, url);
            match self.0.iter().filter(matching).max_by_key(|s| s.until) {
                Some(suppression) if today <= suppression.until => {
                    case.suppressed.push((finding, suppression.reason.clone()));
                }
                Some(suppression) => {
                    if !expired.contains(&suppression) {
                        expired.push(suppression);
                    }
                    case.findings.push(finding);
                }
                None => case.findings.push(finding),
            }
        }
        for suppression in expired {
            let (rule, until, reason) = (&suppression.rule, suppression.until, &suppression.reason);
            let message = format!("The suppression of `{rule}` expired on {until} ({reason}).");
            case.findings
                .push(Finding::new(rules::EXPIRED, message).keyed(rule.as_str()));
        }
    }
}

impl Suppression {
    fn read(written: RawSuppression) -> Result<Self, (usize, String)> {
        let rule = written.rule.get_ref();
        if !RULES.iter().any(|known| known.id == rule) {
            return Err((
                written.rule.span().start,
                format!("there is no rule `{rule}`"),
            ));
        }
        if written.reason.get_ref().trim().is_empty() {
            return Err((
                written.reason.span().start,
                "`reason` is empty: say why it is suppressed".to_owned(),
            ));
        }
        let until = Day::of(written.until.get_ref()).ok_or_else(|| {
            (
                written.until.span().start,
                "`until` is a day such as 2027-01-31".to_owned(),
            )
        })?;
        Ok(Self {
            rule: written.rule.into_inner(),
            url: written.url,
            reason: written.reason.into_inner(),
            until,
        })
    }
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_its_day() {
        for (millis, day) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400_000, "2000-02-29"),
            (1_798_761_599_999, "2026-12-31"),
            (1_798_761_600_000, "2027-01-01"),
        ] {
            assert_eq!(Day::of_unix_millis(millis).to_string(), day, "{millis}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("https://a.test/", "https://a.test/", true),
            ("https://a.test/", "https://a.test/x", false),
            ("https://a.test/*", "https://a.test/x/y", true),
            ("*/health", "https://a.test/health", true),
            ("https://*.test/*/x", "https://a.test/b/x", true),
            ("https://*.test/*/x", "https://a.test/x", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
