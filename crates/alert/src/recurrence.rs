//! Windows that come back: an `RRULE` of RFC 5545, section 3.3.10.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeZone as _, Utc};
use observation::UnixMillis;
use rrule::{Frequency, RRule, RRuleSet, Tz, Unvalidated};

const MAX_TEXT: usize = 512;
/// The longest window that comes back, in milliseconds: it may not outlast a week.
pub(crate) const MAX_WINDOW: i64 = 7 * 86_400_000;

/// When a window is open.
#[derive(Debug)]
pub(crate) enum Schedule {
    Once { from: UnixMillis, to: UnixMillis },
    Recurring(Box<Recurring>),
}

/// A window that comes back.
#[derive(Debug)]
pub(crate) struct Recurring {
    rule: RRuleSet,
    /// How long each one is, in milliseconds.
    length: i64,
    /// The last one that was looked up, and the time up to which that answer holds.
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    /// The time that was asked for.
    asked: i64,
    /// The first window that ends after it; none where there is no more.
    window: Option<(i64, i64)>,
}

impl Schedule {
    /// The window from `from` to `to`, again by `rrule` (empty: once), whose days and hours are those of
    /// `time_zone` (empty: UTC).
    ///
    /// # Errors
    /// What is wrong with the rule or the zone.
    pub(crate) fn new(
        (from, to): (UnixMillis, UnixMillis),
        rrule: &str,
        time_zone: &str,
    ) -> Result<Self, String> {
        if rrule.is_empty() {
            return Ok(Self::Once { from, to });
        }
        if rrule.len() > MAX_TEXT {
            return Err(format!("at most {MAX_TEXT} bytes"));
        }
        let text = rrule.strip_prefix("RRULE:").unwrap_or(rrule);
        if text.contains(['\n', '\r', ':']) {
            return Err("one rule, such as `FREQ=WEEKLY;BYDAY=SU`".to_owned());
        }
        let rule: RRule<Unvalidated> = text
            .parse()
            .map_err(|error| format!("is not a rule of RFC 5545: {error}"))?;
        if matches!(rule.get_freq(), Frequency::Secondly | Frequency::Minutely) {
            return Err("permitted for FREQ: HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY".to_owned());
        }
        let zone = zone(time_zone)?;
        let start = Utc
            .timestamp_millis_opt(from.0)
            .single()
            .ok_or("the window starts at no time that calendars have")?;
        let rule = rule
            .build(start.with_timezone(&zone))
            .map_err(|error| format!("is not a rule for that start: {error}"))?;
        let length = to.0 - from.0;
        if length > MAX_WINDOW {
            return Err("a window that comes back is 7 days long at most".to_owned());
        }
        Ok(Self::Recurring(Box::new(Recurring {
            rule,
            length,
            known: Mutex::new(None),
        })))
    }

    /// The window that is open at `now`, else the next one.
    pub(crate) fn window(&self, now: UnixMillis) -> Option<(UnixMillis, UnixMillis)> {
        match self {
            Self::Once { from, to } => (now < *to).then_some((*from, *to)),
            Self::Recurring(recurring) => recurring.window(now.0),
        }
    }

    /// Whether a window is open.
    pub(crate) fn is_open(&self, now: UnixMillis) -> bool {
        self.window(now).is_some_and(|(from, _)| from <= now)
    }
}

impl Recurring {
    fn window(&self, now: i64) -> Option<(UnixMillis, UnixMillis)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let holds =
            known.filter(|known| known.asked <= now && known.window.is_none_or(|(_, to)| now < to));
        let window = match holds {
            Some(known) => known.window,
            None => {
                let window = self.look_up(now);
                *known = Some(Known { asked: now, window });
                window
            }
        };
        window.map(|(from, to)| (UnixMillis(from), UnixMillis(to)))
    }

    fn look_up(&self, now: i64) -> Option<(i64, i64)> {
        // A window that began up to its length ago is still open.
        let after = at(now.saturating_sub(self.length).saturating_add(1))?;
        let found = self.rule.clone().after(after).all(1);
        let from = found.dates.first()?.timestamp_millis();
        Some((from, from + self.length))
    }
}

fn at(millis: i64) -> Option<DateTime<Tz>> {
    let at = Utc.timestamp_millis_opt(millis).single()?;
    Some(at.with_timezone(&Tz::UTC))
}

fn zone(name: &str) -> Result<Tz, String> {
    if name.is_empty() {
        return Ok(Tz::UTC);
    }
    let zone: chrono_tz::Tz = name
        .parse()
        .map_err(|_| format!("{name:?} is not a time zone, such as `Europe/Berlin`"))?;
    Ok(zone.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    /// Monday, 2026-03-23, 01:00 UTC.
    const MONDAY: i64 = 1_774_227_600_000;

    fn schedule(rrule: &str, zone: &str) -> Schedule {
        let window = (UnixMillis(MONDAY), UnixMillis(MONDAY + 2 * HOUR));
        Schedule::new(window, rrule, zone).expect("usable")
    }

    #[test]
    fn a_window_is_open_when_the_rule_says_so() {
        for (rrule, zone, hours_later, is_open) in [
            ("", "", 0, true),
            ("", "", -1, false),
            ("", "", 2, false),
            ("FREQ=DAILY", "", 24 * 30 + 1, true),
            ("FREQ=DAILY", "", 24 * 30 + 2, false),
            ("RRULE:FREQ=WEEKLY;BYDAY=MO", "", 24 * 7, true),
            ("FREQ=WEEKLY;BYDAY=MO", "", 24 * 6, false),
            ("FREQ=DAILY;COUNT=2", "", 24, true),
            ("FREQ=DAILY;COUNT=2", "", 48, false),
            // Clocks in Berlin go forward on 2026-03-29: 02:00 there is then 00:00 UTC.
            ("FREQ=DAILY", "Europe/Berlin", 24 * 7 - 1, true),
            ("FREQ=DAILY", "Europe/Berlin", 24 * 7 + 1, false),
        ] {
            let at = UnixMillis(MONDAY + hours_later * HOUR);
            assert_eq!(
                schedule(rrule, zone).is_open(at),
                is_open,
                "{rrule} {zone} {hours_later}"
            );
        }
    }

    #[test]
    fn asking_for_later_and_earlier_times_in_any_order_gives_the_same_answers() {
        let one = schedule("FREQ=DAILY;COUNT=5", "");
        let times: Vec<i64> = (-10..140).map(|hours| MONDAY + hours * HOUR).collect();
        let fresh = |at| schedule("FREQ=DAILY;COUNT=5", "").is_open(UnixMillis(at));
        for &at in times.iter().chain(times.iter().rev()) {
            assert_eq!(
                one.is_open(UnixMillis(at)),
                fresh(at),
                "{}",
                (at - MONDAY) / HOUR
            );
        }
        assert_eq!(times.iter().filter(|at| fresh(**at)).count(), 10);
    }

    #[test]
    fn a_rule_that_cannot_be_used_says_why() {
        for (rrule, zone, length, reason) in [
            ("FREQ=SECONDLY", "", HOUR, "HOURLY"),
            ("FREQ=SOMETIMES", "", HOUR, "not a rule"),
            ("every day", "", HOUR, "not a rule"),
            ("FREQ=DAILY\nEXDATE:20260101", "", HOUR, "one rule"),
            ("FREQ=DAILY", "Berlin", HOUR, "not a time zone"),
            ("FREQ=MONTHLY", "", 8 * DAY, "7 days"),
        ] {
            let window = (UnixMillis(MONDAY), UnixMillis(MONDAY + length));
            let error = Schedule::new(window, rrule, zone).expect_err(rrule);
            assert!(error.contains(reason), "{rrule}: {error}");
        }
    }
}
