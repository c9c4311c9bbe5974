//! The window of an objective of OpenSLO.

use serde_json::Value;
use slo::{Calendar, Window};

use super::import::{Reader, of};
use crate::SloConfig;

impl Reader<'_> {
    pub(super) fn window(&mut self, spec: &Value, slo: &mut SloConfig) {
        let windows = spec["timeWindow"].as_array().map_or(&[][..], Vec::as_slice);
        let Some(window) = windows.first() else {
            self.added("no timeWindow: 30d");
            return;
        };
        if windows.len() > 1 {
            self.lost("every timeWindow but the first");
        }
        let duration = of(window, "duration");
        let calendar = &window["calendar"];
        let rolls = window["isRolling"].as_bool().unwrap_or(calendar.is_null());
        if !rolls {
            self.calendar(duration, calendar, slo);
            return;
        }
        match rolling(duration) {
            Some(window) => {
                slo.window = window;
                if duration.ends_with(['M', 'Q', 'Y']) {
                    self.lost(format!("a rolling window of {duration} is one of {window}"));
                }
            }
            None => self.problem(
                "spec.timeWindow[0].duration",
                duration,
                "such as 30d, 4w, 1h",
            ),
        }
    }

    fn calendar(&mut self, duration: &str, calendar: &Value, slo: &mut SloConfig) {
        let path = "spec.timeWindow[0]";
        let Some(period) = period(duration) else {
            let reason = "permitted of a calendar: 1d, 1w, 1M, 1Q, 1Y";
            self.problem(&format!("{path}.duration"), duration, reason);
            return;
        };
        let zone = of(calendar, "timeZone");
        let time_zone = match zone {
            "" => {
                self.added("time zone UTC");
                Ok(slo::Zone::default())
            }
            zone => zone.to_owned().try_into(),
        };
        match time_zone {
            Ok(time_zone) => slo.calendar = Some(Calendar { period, time_zone }),
            Err(error) => {
                let error: slo::InvalidZone = error;
                self.problem(
                    &format!("{path}.calendar.timeZone"),
                    zone,
                    error.to_string(),
                );
            }
        }
        let starts = of(calendar, "startTime");
        let begins = match period {
            slo::Period::Day | slo::Period::Week => starts.ends_with("00:00:00"),
            slo::Period::Month => starts.ends_with("-01 00:00:00"),
            slo::Period::Quarter | slo::Period::Year => starts.ends_with("-01-01 00:00:00"),
        };
        if !starts.is_empty() && !begins {
            self.lost(format!(
                "startTime {starts}: a {period} of corswatch begins with the calendar's"
            ));
        }
    }
}

/// A duration of OpenSLO: a number and one of m, h, d, w, M, Q, Y.
pub(super) fn rolling(duration: &str) -> Option<Window> {
    let (number, unit) = duration.split_at_checked(duration.len().checked_sub(1)?)?;
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        "w" => 7 * 24 * 60,
        "M" => 30 * 24 * 60,
        "Q" => 91 * 24 * 60,
        "Y" => 365 * 24 * 60,
        _ => return None,
    };
    match number.parse::<u64>() {
        Ok(number) if number > 0 => number.checked_mul(minutes).map(Window::minutes),
        // Such as 1h30m.
        _ => serde_json::from_value(Value::String(duration.to_owned())).ok(),
    }
}

fn period(duration: &str) -> Option<slo::Period> {
    use slo::Period::{Day, Month, Quarter, Week, Year};
    Some(match duration {
        "1d" | "24h" => Day,
        "1w" | "7d" => Week,
        "1M" => Month,
        "1Q" | "3M" => Quarter,
        "1Y" | "12M" => Year,
        _ => return None,
    })
}
