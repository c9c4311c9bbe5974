//! A time of each day.

use std::str::FromStr;

use observation::UnixMillis;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;

/// A time of each day in UTC: `03:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(i64);

/// A text is not a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time of day in UTC from 00:00 to 23:59 is expected: write \"03:30\", or \"\" for never")]
pub struct NotATimeOfDay;

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, NotATimeOfDay> {
        let two = |part: &str, below: i64| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| part.parse::<i64>().ok()).flatten();
            number.filter(|number| *number < below).ok_or(NotATimeOfDay)
        };
        let (hours, minutes) = text.split_once(':').ok_or(NotATimeOfDay)?;
        Ok(Self((two(hours, 24)? * 60 + two(minutes, 60)?) * MINUTE))
    }
}

impl TimeOfDay {
    /// Minutes since midnight.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.0 / MINUTE
    }

    /// The first such time after `now`.
    #[must_use]
    pub const fn next_after(self, now: UnixMillis) -> UnixMillis {
        let today = now.0.div_euclid(DAY) * DAY + self.0;
        UnixMillis(if today > now.0 { today } else { today + DAY })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_comes_once_a_day_and_anything_else_is_refused() {
        let time: TimeOfDay = "03:30".parse().expect("a time of day");
        let at = 210 * MINUTE;
        for (now, next) in [
            (0, at),
            (at - 1, at),
            (at, at + DAY),
            (5 * DAY + at, 6 * DAY + at),
        ] {
            assert_eq!(time.next_after(UnixMillis(now)).0, next, "{now}");
        }
        for text in [
            "", "3:30", "24:00", "03:60", "03.30", "0330", "+3:30", "03:30:00",
        ] {
            assert_eq!(text.parse::<TimeOfDay>(), Err(NotATimeOfDay), "{text}");
        }
    }
}
