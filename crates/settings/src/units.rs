//! Spans of time and sizes, written as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A span of time: `"250ms"`, `"15s"`, `"5m"`, `"30d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(Duration);

impl Span {
    /// A span of whole milliseconds.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// A span of whole seconds.
    #[must_use]
    pub const fn secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// As the standard library has it.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// In milliseconds; saturates.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = humantime::parse_duration(text).map(Self);
        read.map_err(|_| {
            "a number with its unit is expected, such as \"250ms\", \"15s\" or \"30d\"".to_owned()
        })
    }
}

impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As people say them: the library counts in months and years of a mean length.
        let seconds = self.0.as_secs();
        let (days, rest) = (seconds / 86_400, seconds % 86_400);
        let below = u64::from(self.0.subsec_nanos());
        let parts = [
            (days, if days == 1 { "day" } else { "days" }),
            (rest / 3600, "h"),
            (rest % 3600 / 60, "m"),
            (rest % 60, "s"),
            (below / 1_000_000, "ms"),
            (below / 1000 % 1000, "us"),
            (below % 1000, "ns"),
        ];
        if self.0.is_zero() {
            return f.write_str("0s");
        }
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count}{unit}")?;
        }
        Ok(())
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "duration, such as 15s"})
    }
}

/// A number of bytes: `"128KiB"`, `"8GiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(u64);

impl Size {
    /// A number of KiB.
    #[must_use]
    pub const fn kib(kib: u64) -> Self {
        Self(kib * 1024)
    }

    /// A number of MiB.
    #[must_use]
    pub const fn mib(mib: u64) -> Self {
        Self::kib(mib * 1024)
    }

    /// A number of bytes.
    #[must_use]
    pub const fn of_bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// In bytes, for lengths in memory; saturates.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        bytesize::ByteSize::from_str(text)
            .map(|size| Self(size.as_u64()))
            .map_err(|_| {
                "a number with its unit is expected, such as \"128KiB\" or \"8GiB\"".to_owned()
            })
    }
}

impl TryFrom<String> for Size {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Display of the library rounds; what is shown must read back as the same number.
        match self.0 {
            bytes if bytes >= 1 << 30 && bytes.trailing_zeros() >= 30 => {
                write!(f, "{}GiB", bytes >> 30)
            }
            bytes if bytes >= 1 << 20 && bytes.trailing_zeros() >= 20 => {
                write!(f, "{}MiB", bytes >> 20)
            }
            bytes if bytes >= 1 << 10 && bytes.trailing_zeros() >= 10 => {
                write!(f, "{}KiB", bytes >> 10)
            }
            bytes => write!(f, "{bytes}B"),
        }
    }
}

impl JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "size, such as 128KiB"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_read_back_as_shown() {
        for text in [
            "0s", "250ms", "15s", "1s500ms", "5m", "1h24m", "16h48m", "1day", "1day12h", "30days",
            "90days", "400days", "7us", "1ns",
        ] {
            assert_eq!(text.parse::<Span>().expect(text).to_string(), text);
        }
        for text in ["128KiB", "8GiB", "1MiB", "1000B"] {
            assert_eq!(text.parse::<Size>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_number_without_a_unit_says_how_to_write_it() {
        let error = serde_json::from_str::<Span>("\"15\"")
            .expect_err("no unit")
            .to_string();
        assert!(error.contains("15s"), "{error}");
    }
}
