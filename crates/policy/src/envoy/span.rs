//! Spans of time as Go writes them.

use crate::place::{Problem, SourceLocation, problem};
use crate::yaml::Node;

/// The member `maxAge` of a policy in seconds, and where it is written.
pub(crate) fn max_age(
    node: &Node,
    problems: &mut Vec<Problem>,
) -> Option<(String, SourceLocation)> {
    let found = node.get("maxAge")?;
    let read = found.text().and_then(seconds);
    if read.is_none() {
        let reason = "`maxAge` is a span such as `24h` or `600s`";
        problem(problems, &found.place, reason);
    }
    Some((read?.to_string(), found.place.clone()))
}

/// Whole seconds of a span such as `24h`, `1h30m`, `600s` or `600`.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut rest = text;
    let mut millis: u64 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(end);
        let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
        let (unit, size) = units.iter().find(|(unit, _)| behind.starts_with(unit))?;
        millis = millis.checked_add(number.parse::<u64>().ok()?.checked_mul(*size)?)?;
        rest = &behind[unit.len()..];
    }
    (!text.is_empty()).then_some(millis / 1000)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn spans_of_go_are_seconds() {
        let cases = [
            ("24h", Some(86_400)),
            ("1h30m", Some(5_400)),
            ("600s", Some(600)),
            ("1500ms", Some(1)),
            ("600", Some(600)),
            ("soon", None),
            ("1d", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
