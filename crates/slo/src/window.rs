//! Rolling windows of whole minutes.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use settings::Span;

const MINUTES_PER_HOUR: u64 = 60;
const MINUTES_PER_DAY: u64 = 24 * MINUTES_PER_HOUR;

/// A rolling window that ends where it is evaluated: `"5m"`, `"1h"`, `"30d"`. Rollups are kept by
/// the minute, so a window has whole minutes, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Span", into = "String")]
pub struct Window(u64);

/// A span that is not a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a window has whole minutes, at least 1m; not {0}")]
pub struct InvalidWindow(pub Span);

impl Window {
    /// A window of whole minutes; of one minute for 0.
    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self(if minutes == 0 { 1 } else { minutes })
    }

    /// A window of whole hours.
    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self::minutes(hours * MINUTES_PER_HOUR)
    }

    /// A window of whole days.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self::minutes(days * MINUTES_PER_DAY)
    }

    /// How many minutes.
    #[must_use]
    pub const fn as_minutes(self) -> u64 {
        self.0
    }

    /// How many milliseconds; saturates.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        i64::try_from(self.0.saturating_mul(60_000)).unwrap_or(i64::MAX)
    }

    /// How many of `self` fit into `other`, as a fraction.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "minutes of any real window")]
    pub fn fits_into(self, other: Self) -> f64 {
        other.0 as f64 / self.0 as f64
    }

    /// `self * part / whole`, to the nearest whole minute, at least one.
    #[must_use]
    pub const fn scaled(self, part: Self, whole: Self) -> Self {
        let product = self.0.saturating_mul(part.0);
        Self::minutes(product.saturating_add(whole.0 / 2) / whole.0)
    }

    /// A twelfth, the short window that the SRE workbook pairs with a long one.
    #[must_use]
    pub const fn twelfth(self) -> Self {
        self.scaled(Self(1), Self(12))
    }
}

impl TryFrom<Span> for Window {
    type Error = InvalidWindow;
    fn try_from(span: Span) -> Result<Self, InvalidWindow> {
        let millis = span.as_millis();
        match u64::try_from(millis / 60_000) {
            Ok(minutes) if minutes > 0 && millis % 60_000 == 0 => Ok(Self(minutes)),
            _ => Err(InvalidWindow(span)),
        }
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours, minutes) = (
            self.0 / MINUTES_PER_DAY,
            self.0 % MINUTES_PER_DAY / MINUTES_PER_HOUR,
            self.0 % MINUTES_PER_HOUR,
        );
        for (count, unit) in [(days, 'd'), (hours, 'h'), (minutes, 'm')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

impl JsonSchema for Window {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Window".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "window of whole minutes, such as 5m or 30d"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_read_back_as_shown_and_have_whole_minutes() {
        for text in ["1m", "5m", "1h24m", "1h", "16h48m", "1d15h12m", "3d", "30d"] {
            let window: Window = serde_json::from_str(&format!("\"{text}\"")).expect(text);
            assert_eq!(window.to_string(), text);
            let written = serde_json::to_string(&window).expect("JSON");
            assert_eq!(written, format!("\"{text}\""));
        }
        for text in ["0s", "30s", "90s", "5500ms"] {
            let error = serde_json::from_str::<Window>(&format!("\"{text}\"")).expect_err(text);
            assert!(error.to_string().contains("whole minutes"), "{error}");
        }
    }

    #[test]
    fn a_window_is_as_long_in_every_unit() {
        for (window, minutes, millis) in [
            (Window::minutes(0), 1, 60_000),
            (Window::minutes(90), 90, 5_400_000),
            (Window::hours(2), 120, 7_200_000),
            (Window::days(3), 4320, 259_200_000),
            (Window::minutes(u64::MAX), u64::MAX, i64::MAX),
        ] {
            assert_eq!(window.as_minutes(), minutes, "{window}");
            assert_eq!(window.as_millis(), millis, "{window}");
        }
        assert_eq!(Window::hours(6).fits_into(Window::days(30)), 120.0);
    }

    #[test]
    fn scaling_rounds_to_minutes_and_never_to_none() {
        let month = Window::days(30);
        for (base, whole, scaled) in [
            (Window::hours(1), Window::days(30), Window::hours(1)),
            (Window::hours(1), Window::days(7), Window::minutes(14)),
            (Window::hours(1), Window::days(1), Window::minutes(2)),
            (Window::minutes(5), Window::days(1), Window::minutes(1)),
            (Window::hours(6), Window::days(28), Window::minutes(336)),
            (Window::minutes(50), Window::days(1), Window::minutes(2)),
        ] {
            assert_eq!(base.scaled(whole, month), scaled, "{base} of {whole}");
        }
        assert_eq!(Window::hours(1).twelfth(), Window::minutes(5));
        assert_eq!(Window::days(7).twelfth(), Window::hours(14));
    }
}
