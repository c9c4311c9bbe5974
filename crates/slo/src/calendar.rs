//! Windows that begin with the day, week, month, quarter or year of a place.

use std::fmt;

use chrono::{Datelike as _, Duration, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use observation::{MILLIS_PER_MINUTE, UnixMillis, vocabulary};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Window;

vocabulary! {
    /// What a calendar window is one of.
    #[derive(JsonSchema)]
    Period {
        /// From midnight on.
        Day => "day",
        /// From Monday on (ISO 8601).
        Week => "week",
        /// From the first of the month on.
        Month => "month",
        /// From the first of January, April, July or October on.
        Quarter => "quarter",
        /// From the first of January on.
        Year => "year",
    }
}

impl Period {
    /// Its usual length, to which burn rates and rules are scaled.
    #[must_use]
    pub const fn usual(self) -> Window {
        match self {
            Self::Day => Window::days(1),
            Self::Week => Window::days(7),
            Self::Month => Window::days(30),
            Self::Quarter => Window::days(91),
            Self::Year => Window::days(365),
        }
    }

    /// Longer than any of them, also where clocks are set back.
    #[must_use]
    pub const fn longest(self) -> Window {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 31,
            Self::Quarter => 92,
            Self::Year => 366,
        };
        Window::hours(days * 24 + 1)
    }

    fn first(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Day => Some(date),
            Self::Week => {
                let since = date.weekday().num_days_from_monday();
                date.checked_sub_signed(Duration::days(i64::from(since)))
            }
            Self::Month => date.with_day(1),
            Self::Quarter => date.with_day(1)?.with_month(date.month0() / 3 * 3 + 1),
            Self::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1),
        }
    }
}

/// A time zone of the IANA database, such as `Europe/Berlin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

/// A name that is not time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time zone such as Europe/Berlin or UTC; not {0}")]
pub struct InvalidZone(pub String);

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl TryFrom<String> for Zone {
    type Error = InvalidZone;
    fn try_from(name: String) -> Result<Self, InvalidZone> {
        name.parse().map(Self).map_err(|_| InvalidZone(name))
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0.name().to_owned()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl JsonSchema for Zone {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Zone".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "time zone, such as Europe/Berlin"})
    }
}

/// A window of the calendar: its budget is whole again when the next one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub period: Period,
    /// Where it begins at midnight.
    #[serde(default)]
    pub time_zone: Zone,
}

impl Calendar {
    /// When the one that lasts at `at` began.
    #[must_use]
    pub fn begins_at(self, at: UnixMillis) -> UnixMillis {
        let zone = self.time_zone.0;
        let begin = || {
            let date = zone.timestamp_millis_opt(at.0).single()?.date_naive();
            let first = self.period.first(date)?;
            // Where clocks are set forward at midnight the day begins an hour later.
            let mut begins = (0..=2).filter_map(|hour| {
                zone.from_local_datetime(&first.and_hms_opt(hour, 0, 0)?)
                    .earliest()
            });
            begins
                .next()
                .map(|time| UnixMillis(time.timestamp_millis()))
        };
        begin().unwrap_or(at).min(at)
    }

    /// `minutes` after midnight by the clocks of the place, on the day that lasts at `day`.
    #[must_use]
    pub fn time_of_day(self, day: UnixMillis, minutes: i64) -> UnixMillis {
        let zone = self.time_zone.0;
        let time = || {
            let date = zone.timestamp_millis_opt(day.0).single()?.date_naive();
            let time = date.and_hms_opt(0, 0, 0)? + Duration::minutes(minutes);
            // A time that clocks are set forward over comes an hour later.
            let later = time + Duration::hours(1);
            let found = zone.from_local_datetime(&time).earliest();
            let found = found.or_else(|| zone.from_local_datetime(&later).earliest())?;
            Some(UnixMillis(found.timestamp_millis()))
        };
        time().unwrap_or_else(|| day.plus(minutes * MILLIS_PER_MINUTE))
    }

    /// The day that lasts at `at`: `2026-11-23`.
    #[must_use]
    pub fn day(self, at: UnixMillis) -> String {
        let time = self.time_zone.0.timestamp_millis_opt(at.0).single();
        time.map_or_else(String::new, |time| time.date_naive().to_string())
    }

    /// The minutes since then, the one that lasts included.
    #[must_use]
    pub fn elapsed(self, at: UnixMillis) -> Window {
        let since = at.minute().0 - self.begins_at(at).0;
        Window::minutes(u64::try_from(since / MILLIS_PER_MINUTE).unwrap_or_default())
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.period, self.time_zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> UnixMillis {
        let time = chrono::DateTime::parse_from_rfc3339(text).expect("a time");
        UnixMillis(time.timestamp_millis())
    }

    #[test]
    fn a_period_begins_at_midnight_of_its_first_day_there() {
        use Period::{Day, Month, Quarter, Week, Year};
        for (period, zone, at, begins) in [
            (Month, "UTC", "2026-11-29T12:00:00Z", "2026-11-01T00:00:00Z"),
            // In Berlin it is December already.
            (
                Month,
                "Europe/Berlin",
                "2026-11-30T23:30:00Z",
                "2026-12-01T00:00:00+01:00",
            ),
            (
                Month,
                "America/New_York",
                "2026-12-01T03:00:00Z",
                "2026-11-01T00:00:00-04:00",
            ),
            (
                Week,
                "Asia/Kolkata",
                "2026-11-29T12:00:00Z",
                "2026-11-23T00:00:00+05:30",
            ),
            (
                Quarter,
                "UTC",
                "2026-11-29T12:00:00Z",
                "2026-10-01T00:00:00Z",
            ),
            (Year, "UTC", "2026-11-29T12:00:00Z", "2026-01-01T00:00:00Z"),
            // Clocks go forward at midnight: the day begins at one.
            (
                Day,
                "America/Asuncion",
                "2024-10-06T12:00:00Z",
                "2024-10-06T01:00:00-03:00",
            ),
        ] {
            let calendar = Calendar {
                period,
                time_zone: zone.to_owned().try_into().expect(zone),
            };
            assert_eq!(
                calendar.begins_at(millis(at)),
                millis(begins),
                "{calendar} {at}"
            );
            let elapsed = calendar.elapsed(millis(at));
            assert_eq!(elapsed.as_millis(), millis(at).0 - millis(begins).0);
            assert!(elapsed <= period.longest() && period.usual() <= period.longest());
        }
        let error = serde_json::from_str::<Zone>("\"Berlin\"").expect_err("no zone");
        assert!(
            error.to_string().contains("such as Europe/Berlin"),
            "{error}"
        );
    }

    #[test]
    fn a_time_of_the_day_is_by_the_clocks_of_the_place() {
        for (zone, day, minutes, time, date) in [
            (
                "UTC",
                "2026-11-29T23:59:59Z",
                450,
                "2026-11-29T07:30:00Z",
                "2026-11-29",
            ),
            (
                "Europe/Berlin",
                "2026-11-29T23:30:00Z",
                450,
                "2026-11-30T07:30:00+01:00",
                "2026-11-30",
            ),
            // Clocks go forward over half past two, and back over it.
            (
                "Europe/Berlin",
                "2026-03-29T12:00:00Z",
                150,
                "2026-03-29T03:30:00+02:00",
                "2026-03-29",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T12:00:00Z",
                150,
                "2026-10-25T02:30:00+02:00",
                "2026-10-25",
            ),
            // There is no midnight.
            (
                "America/Asuncion",
                "2024-10-06T12:00:00Z",
                0,
                "2024-10-06T01:00:00-03:00",
                "2024-10-06",
            ),
        ] {
            let calendar = Calendar {
                period: Period::Day,
                time_zone: zone.to_owned().try_into().expect(zone),
            };
            let found = calendar.time_of_day(millis(day), minutes);
            assert_eq!(found, millis(time), "{calendar} {day}");
            assert_eq!(calendar.day(millis(day)), date, "{calendar}");
        }
    }

    #[test]
    fn beyond_every_calendar_time_is_counted() {
        let calendar = Calendar {
            period: Period::Week,
            time_zone: Zone::default(),
        };
        let never = UnixMillis(9_000_000_000_000_000);
        assert_eq!(calendar.time_of_day(never, 2), never.plus(120_000));
        assert_eq!(calendar.day(never), "");
        assert_eq!(calendar.to_string(), "week (UTC)");
    }

    #[test]
    fn the_longest_of_each_and_an_hour_that_clocks_are_set_back() {
        let hours = |period: Period| period.longest().as_millis() / 3_600_000;
        use Period::{Day, Month, Quarter, Week, Year};
        let all = [Day, Week, Month, Quarter, Year].map(hours);
        assert_eq!(all, [25, 169, 745, 2209, 8785]);
    }

    #[test]
    fn a_zone_is_written_as_it_is_read() {
        let zone: Zone = serde_json::from_str("\"Asia/Kolkata\"").expect("a zone");
        assert_eq!(
            serde_json::to_string(&zone).expect("JSON"),
            "\"Asia/Kolkata\""
        );
        assert_eq!(zone.to_string(), "Asia/Kolkata");
        let schema = schemars::schema_for!(Zone).to_value();
        assert_eq!(schema["type"], "string", "{schema}");
    }
}
