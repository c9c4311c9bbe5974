//! Spans and times as people say them.

use std::time::{Duration, UNIX_EPOCH};

use observation::UnixMillis;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A span in its two greatest units: `45s`, `20m`, `16h48m`, `3d4h`.
#[must_use]
pub fn span(millis: i64) -> String {
    let seconds = millis.max(0).unsigned_abs().div_ceil(1000);
    let two = |great: u64, unit: char, small: u64, sub: char| {
        let (whole, rest) = (seconds / great, seconds % great / small);
        if rest == 0 {
            format!("{whole}{unit}")
        } else {
            format!("{whole}{unit}{rest}{sub}")
        }
    };
    match seconds {
        0..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => two(HOUR, 'h', MINUTE, 'm'),
        _ => two(DAY, 'd', HOUR, 'h'),
    }
}

/// A time as RFC 3339 in UTC, to the second.
#[must_use]
pub fn time(at: UnixMillis) -> String {
    let millis = at.0.clamp(0, 253_402_300_799_999).unsigned_abs();
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(millis)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_their_two_greatest_units() {
        for (seconds, text) in [
            (0, "0s"),
            (45, "45s"),
            (60, "1m"),
            (1199, "19m"),
            (3600, "1h"),
            (60_480, "16h48m"),
            (86_400, "1d"),
            (273_600, "3d4h"),
        ] {
            assert_eq!(span(seconds * 1000), text);
        }
        assert_eq!(span(-5), "0s");
        assert_eq!(time(UnixMillis(1_700_049_600_000)), "2023-11-15T12:00:00Z");
    }
}
