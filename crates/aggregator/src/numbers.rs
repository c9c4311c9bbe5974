//! Numbers as people read them.

use slo::{Ratio, Window};

pub(crate) fn percent(ratio: Ratio) -> String {
    ratio.share().map_or_else(|| "none".to_owned(), share)
}

/// A share with three significant digits: 1.44 %, 0.0123 %.
pub(crate) fn share(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = match percent {
        percent if percent >= 100.0 || percent <= 0.0 => 0,
        percent if percent >= 10.0 => 1,
        percent if percent >= 1.0 => 2,
        percent if percent >= 0.1 => 3,
        _ => 4,
    };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn many(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(number))
}

/// How long `windows` times the window is.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "minutes of any real window"
)]
pub(crate) fn lasts(windows: f64, window: Window) -> String {
    let millis = windows * window.as_minutes() as f64 * 60_000.0;
    incident::span(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_three_digits_and_counts_have_commas() {
        for (value, text) in [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.5, "50 %"),
            (0.0144, "1.44 %"),
            (0.001, "0.1 %"),
            (0.000_123, "0.0123 %"),
        ] {
            assert_eq!(share(value), text);
        }
        assert_eq!(percent(Ratio::default()), "none");
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(many(1, "page load"), "1 page load");
        assert_eq!(many(0, "page load"), "0 page loads");
    }

    #[test]
    fn how_long_it_lasts_is_told_as_people_say_it() {
        let month = Window::days(30);
        for (windows, text) in [
            (1.0, "30d"),
            (1.0 / 14.4, "2d2h"),
            (0.02, "14h24m"),
            (0.001, "43m"),
        ] {
            assert_eq!(lasts(windows, month), text);
        }
    }
}
