//! Times as the API writes and reads them.

use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use observation::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A time: RFC 3339 in UTC with milliseconds, such as `2026-01-31T12:00:00.000Z`. Milliseconds
/// since 1970 are understood too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(into = "String", try_from = "String")]
#[schema(value_type = String, format = DateTime)]
pub(crate) struct Timestamp(pub UnixMillis);

/// A text that is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970")]
pub(crate) struct NotATime;

// 1970 to 9999: what RFC 3339 can write.
const LAST: i64 = 253_402_300_799_999;

impl FromStr for Timestamp {
    type Err = NotATime;
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let millis = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().map_err(|_| NotATime)?
        } else {
            let since = humantime::parse_rfc3339(text).map_err(|_| NotATime)?;
            let since = since.duration_since(UNIX_EPOCH).map_err(|_| NotATime)?;
            i64::try_from(since.as_millis()).map_err(|_| NotATime)?
        };
        if (0..=LAST).contains(&millis) {
            Ok(Self(UnixMillis(millis)))
        } else {
            Err(NotATime)
        }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = NotATime;
    fn try_from(text: String) -> Result<Self, NotATime> {
        text.parse()
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = u64::try_from(self.0.0.clamp(0, LAST)).unwrap_or_default();
        let time = UNIX_EPOCH + Duration::from_millis(millis);
        write!(f, "{}", humantime::format_rfc3339_millis(time))
    }
}

impl From<Timestamp> for String {
    fn from(stamp: Timestamp) -> Self {
        stamp.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_both_ways_and_written_in_one() {
        for (text, written) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"),
            ("2026-01-31T12:00:00.250Z", "2026-01-31T12:00:00.250Z"),
            ("1700000000000", "2023-11-14T22:13:20.000Z"),
        ] {
            assert_eq!(text.parse::<Timestamp>().expect(text).to_string(), written);
        }
        for text in [
            "",
            "yesterday",
            "-5",
            "99999999999999999",
            "2026-01-31",
            "1e3",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(NotATime), "{text}");
        }
    }
}
