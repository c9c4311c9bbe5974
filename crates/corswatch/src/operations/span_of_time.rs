//! Points in time on the command line.

use std::str::FromStr;
use std::time::UNIX_EPOCH;

use observation::UnixMillis;
use settings::Span;

/// A point in time: absolute, or so long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// `2026-11-22T10:00:00Z`.
    At(UnixMillis),
    /// `2h`.
    Ago(Span),
}

impl When {
    pub(crate) fn before(self, now: UnixMillis) -> UnixMillis {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now.plus(-span.as_millis()),
        }
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(span) = text.parse::<Span>() {
            return Ok(Self::Ago(span));
        }
        let at = humantime::parse_rfc3339_weak(text).map_err(|_| {
            "expected a time such as 2026-11-22T10:00:00Z, or how long ago, such as 2h".to_owned()
        })?;
        let millis = at.duration_since(UNIX_EPOCH).map_err(|e| e.to_string())?;
        let millis = i64::try_from(millis.as_millis()).map_err(|e| e.to_string())?;
        Ok(Self::At(UnixMillis(millis)))
    }
}

/// A time as people read it.
pub(super) fn rfc3339(at: UnixMillis) -> String {
    let since = std::time::Duration::from_millis(at.0.max(0).unsigned_abs());
    humantime::format_rfc3339_millis(UNIX_EPOCH + since).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_absolute_or_so_long_ago() {
        let now = UnixMillis(1_795_341_600_000);
        for (text, before) in [
            ("2h", Some(now.plus(-7_200_000))),
            ("2026-11-22T10:00:00Z", Some(now)),
            ("2026-11-22 10:00:00", Some(now)),
            ("yesterday", None),
        ] {
            let parsed = text.parse::<When>().ok().map(|when| when.before(now));
            assert_eq!(parsed, before, "{text}");
        }
    }
}
